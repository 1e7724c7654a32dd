/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "front/ctys.h"

const struct ctys_tool ctys_tools[] = {
	{ "ctys-plugins", "dTtlpP", "doctor", "drivers", NULL },
	{ "ctys-genmconf", "xrdlM", "facts", NULL, NULL },
	{ "ctys-vdbgen", "dTtlcC", "scan", NULL, NULL },
	{ "ctys-setupVDE", "uigbdsS", NULL, NULL, "there are no VDE switches (berth net makes bridges)" },
	{ "ctys-distribute", "FPd", NULL, NULL, "programs are not installed on other hosts" },
	{ "ctys-beamer", "RdL", NULL, NULL, "calls on other hosts are not made by this berth" },
	{ 0 },
};

const struct ctys_tool *ctys_tool_find(const char *program)
{
	for (const struct ctys_tool *t = ctys_tools; t->program; t++)
		if (!strcmp(t->program, program))
			return t;
	return NULL;
}

/* The words that are no options, and whether --quick... is among the others. */
static int targets(const struct ctys_tool *t, int argc, char **argv, struct words *out, bool *quick, struct arena *a, struct err *e)
{
	for (int i = 0; i < argc; i++) {
		const char *w = argv[i];

		if (*w != '-' || !w[1]) {
			words_add(out, a, w);
		} else if (w[1] == '-') {
			*quick |= str_starts(w, "--quick");
		} else if (strchr(t->with_value, w[1]) && !w[2]) {
			if (++i == argc)
				return err_set(e, ERR_USAGE, "'%s' needs a value", w);
		}
	}
	return 0;
}

static int all_here(int argc, const char *const *argv, const struct ctys_here *here, struct err *e)
{
	DEFER(ctys_done) struct ctys c = { 0 };

	if (ctys_parse(&c, argc, (char **)argv, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < c.requests.n; i++)
		if (!ctys_is_here(&c.requests.v[i], here))
			return err_set(e, ERR_UNSUPPORTED, "%s: calls on other hosts are not made by this berth", c.requests.v[i].host);
	return 0;
}

int ctys_tool_call(const struct ctys_tool *t, int argc, char **argv, const struct ctys_here *here, struct words *out, struct arena *a,
		   struct err *e)
{
	struct words hosts = { 0 };
	bool quick = false;

	if (!t->becomes)
		return err_set(e, ERR_UNSUPPORTED, "%s", t->why);
	if (targets(t, argc, argv, &hosts, &quick, a, e) < 0 || all_here((int)hosts.n, hosts.v, here, e) < 0)
		return -1;
	words_add(out, a, quick && t->quick ? t->quick : t->becomes);
	return 0;
}
