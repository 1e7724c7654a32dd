/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "front/ctys.h"

static void add_type(const char *type, struct str *out)
{
	str_addc(out, ' ');
	for (; *type; type++)
		str_addc(out, (char)tolower((unsigned char)*type));
}

static void add_action(const struct ctys_request *r, struct str *out)
{
	str_fmt(out, " %s", ctys_verb_word(r->verb));
	for (size_t i = 0; i < r->addresses.n; i++)
		str_fmt(out, " %s", r->addresses.v[i]);
	for (size_t i = 0; i < r->subs.n; i++)
		str_fmt(out, r->subs.v[i].value ? " %s:%s" : " %s", r->subs.v[i].key, r->subs.v[i].value);
}

void ctys_show(const struct ctys_request *r, struct str *out)
{
	const char *type = ctys_option(r, 't');

	if (r->stacked)
		str_fmt(out, "VMSTACK %d ", r->job);
	else if (r->job)
		str_fmt(out, "SUBTASK %d ", r->job);
	str_fmt(out, "%s%s%s%s%s%s", r->user ? r->user : "", r->user ? "@" : "", r->host, r->port ? ":" : "", r->port ? r->port : "",
		r->stack ? r->stack : "");
	if (type)
		add_type(type, out);
	if (r->acts)
		add_action(r, out);
	for (size_t i = 0; i < r->options.n; i++)
		if (!strchr("ta", r->options.v[i].letter))
			str_fmt(out, r->options.v[i].value ? " -%c %s" : " -%c", r->options.v[i].letter, r->options.v[i].value);
}
