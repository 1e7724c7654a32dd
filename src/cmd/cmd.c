/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X(name) extern const struct command cmd_##name;
#include "cmd/cmd.def"
#undef X

const struct command *const commands[] = {
#define X(name) &cmd_##name,
#include "cmd/cmd.def"
#undef X
	NULL,
};

extern const struct command cmd_reap;

/* What berth starts itself: found by its whole name, and listed nowhere. */
static const struct command *const internal[] = { &cmd_reap, NULL };

const struct opt common_options[] = {
	{ "help",    'h', NULL,   "what this command does, and how" },
	{ "quiet",   'q', NULL,   "say nothing but errors" },
	{ "verbose", 'v', NULL,   "say every step" },
	{ "json",    0,   NULL,   "answer as one JSON document" },
	{ "system",  0,   NULL,   "look at the guests of root, not at one's own (BERTH_SYSTEM=1)" },
	{ "resolve", 0,   "STEPS", "how guests are found: path,guests,inventory,scan, or some of these" },
	{ 0 },
};

const struct opt plan_options[] = {
	{ "dry-run", 'n', NULL,   "print the plan, step by step, and do nothing" },
	{ "sh",      0,   NULL,   "print the plan as a shell script that does the same" },
	{ "driver",  'D', "NAME", "use this driver, whatever the file says" },
	{ "accel",   0,   "NAME", "kvm, tcg or auto, whatever the file says" },
	{ "facts",   0,   "FILE", "plan for the host described there ('berth facts --json'); never acts" },
	{ 0 },
};

const struct opt table_options[] = {
	{ "output",    'o', "FIELDS",    "show these: 'name,address:15L'; 'help' lists them, 'all' is all" },
	{ "sort",      0,   "FIELDS",    "order by these; -FIELD the other way round" },
	{ "unique",    0,   "FIELDS",    "of rows alike in these, show the first" },
	{ "filter",    0,   "CONDITION", "rows where FIELD=GLOB, !=GLOB, ~REGEX or !~REGEX; may be repeated" },
	{ "no-titles", 0,   NULL,        "no line of titles" },
	{ "titles",    0,   "HOW",       "titles with the numbers of fields, or letters of columns: numbers, letters" },
	{ "lines",     0,   NULL,        "a line for each field, key=value" },
	{ "csv",       0,   NULL,        "comma-separated values" },
	{ "records",   0,   NULL,        "a line for each row, ';' between its fields" },
	{ "xml",       0,   NULL,        "one XML document" },
	{ 0 },
};

void command_options(const struct command *c, const struct opt *lists[5])
{
	size_t n = 0;

	if (c->options)
		lists[n++] = c->options;
	if (c->fields)
		lists[n++] = table_options;
	if (c->acts)
		lists[n++] = plan_options;
	lists[n++] = common_options;
	lists[n] = NULL;
}

const struct command *command_find(const char *name)
{
	const struct command *found = NULL;
	size_t n = strlen(name);

	for (const struct command *const *c = internal; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	for (const struct command *const *c = commands; *c; c++) {
		if (!strcmp((*c)->name, name))
			return *c;
		if (!strncmp((*c)->name, name, n)) {
			if (found)
				return NULL;
			found = *c;
		}
	}
	return found;
}

const char *call_option(const struct call *c, const char *name)
{
	size_t n = strlen(name);

	/* The last one wins, as everywhere on a command line. */
	for (size_t i = c->options.n; i-- > 0;) {
		const char *o = c->options.v[i];

		if (strncmp(o, name, n))
			continue;
		if (!o[n])
			return "";
		if (o[n] == '=')
			return o + n + 1;
	}
	return NULL;
}

int command_usage(const struct command *c, struct err *e)
{
	return err_set(e, ERR_USAGE, "usage: berth %s%s%s%s (see 'berth help %s')", c->name,
		       c->options || c->acts || c->fields ? " [OPTION]..." : "", *c->args ? " " : "", c->args, c->name);
}

static void help_options(const struct opt *o, struct str *out)
{
	for (; o->name; o++) {
		char letter[8] = "    ";
		char name[64];

		if (o->letter)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(name, sizeof name, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		str_fmt(out, "  %s%-22s %s\n", letter, name, o->help);
	}
}

static void help_overview(struct str *out)
{
	const char *group = "";

	str_add(out, "berth: describe a machine once; generate it, run it, reach it.\n\n"
		     "usage: berth COMMAND [OPTION]... [ARGUMENT]...\n");
	for (const struct command *const *c = commands; *c; c++) {
		if (strcmp(group, (*c)->group))
			str_fmt(out, "\n%s\n", group = (*c)->group);
		str_fmt(out, "  %-12s %s\n", (*c)->name, (*c)->summary);
	}
	str_add(out, "\n'berth help COMMAND' tells more; a unique beginning of a command is enough.\n");
}

static void help_text(const struct command *c, struct str *out)
{
	const struct opt *lists[5];

	if (!c) {
		help_overview(out);
		return;
	}
	str_fmt(out, "berth %s: %s\n\nusage: berth %s%s%s%s\n\n%s\n\nOptions:\n", c->name, c->summary,
		c->name, c->options || c->acts || c->fields ? " [OPTION]..." : "", *c->args ? " " : "", c->args, c->description);
	command_options(c, lists);
	for (const struct opt **l = lists; *l; l++)
		help_options(*l, out);
	if (c->example)
		str_fmt(out, "\nExample:\n  %s\n", c->example);
}

static void json_options(const struct opt *o, json_t *list)
{
	for (; o->name; o++) {
		const char letter[] = { o->letter, 0 };

		json_array_append_new(list, json_pack("{s:s, s:s*, s:s*, s:s}", "name", o->name,
						      "letter", o->letter ? letter : NULL, "arg", o->arg, "help", o->help));
	}
}

static json_t *command_json(const struct command *c)
{
	json_t *options = json_array();
	const struct opt *lists[5];

	command_options(c, lists);
	for (const struct opt **l = lists; *l; l++)
		json_options(*l, options);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:o}", "name", c->name, "group", c->group,
			 "args", c->args ? c->args : "", "summary", c->summary, "description", c->description,
			 "example", c->example, "options", options);
}

static json_t *help_json(const struct command *c)
{
	json_t *list = json_array();

	if (c)
		json_array_append_new(list, command_json(c));
	for (const struct command *const *all = commands; !c && *all; all++)
		json_array_append_new(list, command_json(*all));
	return json_pack("{s:o}", "commands", list);
}

void command_help(const struct command *c, bool json)
{
	DEFER(str_done) struct str s = { 0 };

	if (json) {
		out_json("berth.help/1", help_json(c));
		return;
	}
	help_text(c, &s);
	out_text(&s);
}

void out_text(const struct str *s)
{
	fwrite(str_text(s), 1, s->n, stdout);
}

void out_json(const char *schema, json_t *doc)
{
	json_t *o = json_object();
	char *text;

	json_object_set_new(o, "schema", json_string(schema));
	json_object_update(o, doc);
	json_decref(doc);
	text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	if (text)
		puts(text);
	free(text);
}
