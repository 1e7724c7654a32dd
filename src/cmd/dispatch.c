/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/rows.h"

enum { MAX_OPTIONS = 40, FIRST_LONG = 256 };

struct parser {
	const struct opt *rows[MAX_OPTIONS];
	struct option table[MAX_OPTIONS + 1];
	char letters[2 * MAX_OPTIONS + 2];
	size_t n;
};

/*
 * getopt's tables, from the rows. '+' leaves everything behind the first argument
 * alone, for commands that pass words on.
 */
static void parser_init(struct parser *p, const struct command *c)
{
	const struct opt *lists[5];
	char *l = p->letters;

	*p = (struct parser){ 0 };
	if (c->rest)
		*l++ = '+';
	*l++ = ':';
	command_options(c, lists);
	for (const struct opt **list = lists; *list; list++)
		for (const struct opt *o = *list; o->name && p->n < MAX_OPTIONS; o++) {
			p->table[p->n] = (struct option){ o->name, o->arg ? required_argument : no_argument,
							  NULL, FIRST_LONG + (int)p->n };
			p->rows[p->n++] = o;
			if (!o->letter)
				continue;
			*l++ = o->letter;
			if (o->arg)
				*l++ = ':';
		}
}

static const struct opt *row_of(const struct parser *p, int got)
{
	if (got >= FIRST_LONG)
		return p->rows[got - FIRST_LONG];
	for (size_t i = 0; i < p->n; i++)
		if (p->rows[i]->letter == got)
			return p->rows[i];
	return NULL;
}

static int bad_option(const struct command *c, int got, char **argv, struct err *e)
{
	const char *word = argv[optind - 1];

	if (got == ':')
		return err_set(e, ERR_USAGE, "option '%s' needs a value (see 'berth help %s')", word, c->name);
	return err_set(e, ERR_USAGE, "'%s' is no option of berth %s (see 'berth help %s')", word, c->name, c->name);
}

/* getopt takes the mark away, and puts what stood before it in front. */
static int behind_dashes(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			return argc - i - 1;
	return 0;
}

static int parse_options(struct call *c, int argc, char **argv, struct err *e)
{
	int behind = behind_dashes(argc, argv), got;
	struct parser p;

	parser_init(&p, c->command);
	opterr = 0;
	optind = 0;     /* begin afresh, with the order of arguments that these letters ask for */
	while ((got = getopt_long(argc, argv, p.letters, p.table, NULL)) != -1) {
		const struct opt *o = row_of(&p, got);

		if (!o)
			return bad_option(c->command, got, argv, e);
		words_add(&c->options, &c->mem,
			  o->arg ? arena_fmt(&c->mem, "%s=%s", o->name, optarg) : o->name);
	}
	c->argc = argc - optind;
	c->argv = argv + optind;
	c->behind = behind < c->argc ? behind : c->argc;
	return 0;
}

static void common(struct call *c)
{
	if (call_option(c, "system"))
		setenv("BERTH_SYSTEM", "1", 1);
	if (call_option(c, "resolve"))
		setenv("BERTH_RESOLVE", call_option(c, "resolve"), 1);
	c->json = call_option(c, "json");
	c->quiet = call_option(c, "quiet");
	c->verbose = call_option(c, "verbose");
	c->dry_run = call_option(c, "dry-run") || call_option(c, "sh");
	c->sh = call_option(c, "sh");
	c->driver = call_option(c, "driver");
	c->accel = call_option(c, "accel");
	c->facts_file = call_option(c, "facts");
}

static int run(struct call *c, int argc, char **argv, struct err *e)
{
	const struct command *cmd = c->command;

	if (parse_options(c, argc, argv, e) < 0)
		return -1;
	common(c);
	if (call_option(c, "help")) {
		command_help(cmd, c->json);
		return 0;
	}
	if (cmd->fields && str_eq(call_option(c, "output"), "help")) {
		command_fields(cmd, c->json);
		return 0;
	}
	if (c->argc < cmd->min || (cmd->max >= 0 && c->argc > cmd->max && !cmd->rest))
		return command_usage(cmd, e);
	return cmd->run(c, e);
}

/* `berth --version` and `berth --help` are the commands of that name. */
static const char *first_word(const char *word)
{
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return "version";
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return "help";
	return word;
}

/* "reboot, reset or resume": the commands that begin with the word; false when there is none. */
static bool beginning_with(const char *word, struct str *out)
{
	const char *fit[128];
	size_t n = 0;

	for (const struct command *const *c = commands; *c && n < sizeof fit / sizeof *fit; c++)
		if (str_starts((*c)->name, word))
			fit[n++] = (*c)->name;
	for (size_t i = 0; i < n; i++)
		str_fmt(out, "%s%s", !i ? "" : i + 1 < n ? ", " : " or ", fit[i]);
	return n > 0;
}

static int unknown(const char *word, struct err *e)
{
	DEFER(str_done) struct str fit = { 0 };
	const char *names[128];
	const char *near;
	size_t n = 0;

	/* Nothing is the beginning of everything, and no word to choose by. */
	if (*word && beginning_with(word, &fit))
		return err_set(e, ERR_AMBIGUOUS, "'%s' could be %s", word, str_text(&fit));
	for (const struct command *const *c = commands; *c && n < 128; c++)
		names[n++] = (*c)->name;
	near = str_nearest(word, names, n);
	if (near)
		return err_set(e, ERR_USAGE, "'%s' is no command (did you mean 'berth %s'?)", word, near);
	return err_set(e, ERR_USAGE, "'%s' is no command (see 'berth help')", word);
}

int dispatch(int argc, char **argv, struct err *e)
{
	struct call c = { 0 };
	int status;

	if (argc < 2)
		return err_set(e, ERR_USAGE, "what shall be done? (see 'berth help')");
	c.command = command_find(first_word(argv[1]));
	if (!c.command)
		return unknown(argv[1], e);
	status = run(&c, argc - 1, argv + 1, e);
	arena_done(&c.mem);
	return status;
}
