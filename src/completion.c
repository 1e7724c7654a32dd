/* SPDX-License-Identifier: ISC */
/*
 * Each script knows the commands, their options, and what the arguments of a command
 * are: the words of command.completes, one per position, the last for all that follow.
 * What can be listed at build time (verbs, drivers, commands) is written out; guests
 * are asked of berth when Tab is pressed, files of the shell.
 */
#include "completion.h"

#include <string.h>

#include "cmd/cmd.h"
#include "model/driver.h"
#include "model/key.h"
#include "model/verb.h"

/* Call f for every option of a command, the common ones last. */
static void each_option(const struct command *c, void (*f)(const struct command *, const struct opt *, struct str *),
			struct str *out)
{
	const struct opt *lists[5];

	command_options(c, lists);
	for (const struct opt **list = lists; *list; list++)
		for (const struct opt *o = *list; o->name; o++)
			f(c, o, out);
}

static void list_verbs(struct str *out)
{
	for (int v = 0; v < VERB_COUNT; v++)
		str_fmt(out, "%s%s", v ? " " : "", verb_word(v));
}

static void list_drivers(struct str *out)
{
	for (const struct driver *const *d = drivers; *d; d++)
		str_fmt(out, "%s%s", d == drivers ? "" : " ", (*d)->name);
}

static void list_commands(struct str *out)
{
	for (const struct command *const *c = commands; *c; c++)
		str_fmt(out, "%s%s", c == commands ? "" : " ", (*c)->name);
}

static void list_keys(struct str *out)
{
	for (size_t i = 0; i < nkeys; i++)
		if (!keys[i].alias_of && keys[i].type != KEY_OBSOLETE)
			str_fmt(out, "%s%s", i ? " " : "", keys[i].path);
}

/* What is known when the script is written; "guest" and "file" are not. */
static const struct thing {
	const char *name;
	void (*list)(struct str *out);
} things[] = {
	{ "command", list_commands },
	{ "driver", list_drivers },
	{ "key", list_keys },
	{ "verb", list_verbs },
};

enum { NTHINGS = sizeof things / sizeof *things };

/* Text inside single quotes: a quote ends them, says itself, and begins them again. */
static void add_quoted(struct str *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			str_add(out, "'\\''");
		else if (strchr(escape, *text))
			str_fmt(out, "\\%c", *text);
		else
			str_addc(out, *text);
	}
}

static void bash_option(const struct command *c, const struct opt *o, struct str *out)
{
	str_fmt(out, " --%s", o->name);
}

static void bash_things(struct str *out)
{
	for (size_t i = 0; i < NTHINGS; i++) {
		str_fmt(out, "\t%s) compgen -W '", things[i].name);
		things[i].list(out);
		str_add(out, "' -- \"$2\" ;;\n");
	}
}

void completion_bash(struct str *out)
{
	str_add(out, "# bash completion for berth, written by berth-docgen from the command table\n\n"
		     "_berth_thing()\n{\n\tcase $1 in\n");
	bash_things(out);
	str_add(out,
		"\tguest)\n"
		"\t\tcompgen -W \"$(berth list --fast --quiet 2>/dev/null | cut -d ' ' -f 1)\" -- \"$2\"\n"
		"\t\t_berth_thing file \"$2\"\n\t\t;;\n"
		"\tfile) compgen -f -X '!*.conf' -- \"$2\"; compgen -d -S / -- \"$2\" ;;\n"
		"\tesac\n}\n\n"
		"_berth()\n{\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} options='' things='' i at=0\n\n"
		"\tCOMPREPLY=()\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		"\t\tmapfile -t COMPREPLY < <(_berth_thing command \"$cur\")\n\t\treturn\n\tfi\n"
		"\tcase ${COMP_WORDS[1]} in\n");
	for (const struct command *const *c = commands; *c; c++) {
		str_fmt(out, "\t%s) options='", (*c)->name);
		each_option(*c, bash_option, out);
		str_fmt(out, "' things='%s' ;;\n", (*c)->completes ? (*c)->completes : "");
	}
	str_add(out,
		"\tesac\n"
		"\tif [[ $cur == -* ]]; then\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n\t\treturn\n\tfi\n"
		"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
		"\t\t[[ ${COMP_WORDS[i]} == -* ]] || at=$((at + 1))\n\tdone\n"
		"\tread -ra things <<<\"$things\"\n"
		"\t[ ${#things[@]} -gt 0 ] || return\n"
		"\t((at < ${#things[@]})) || at=$((${#things[@]} - 1))\n"
		"\tmapfile -t COMPREPLY < <(_berth_thing \"${things[at]}\" \"$cur\")\n"
		"}\n\n"
		"complete -o filenames -F _berth berth\n");
}

/* '(-t --timeout)'{-t,--timeout}'[help]:SECONDS:' */
static void zsh_option(const struct command *c, const struct opt *o, struct str *out)
{
	str_add(out, " \\\n\t\t\t");
	if (o->letter)
		str_fmt(out, "'(-%c --%s)'{-%c,--%s}'[", o->letter, o->name, o->letter, o->name);
	else
		str_fmt(out, "'--%s[", o->name);
	add_quoted(out, o->help, "[]:");
	str_addc(out, ']');
	if (o->arg)
		str_fmt(out, ":%s:%s", o->arg, strcmp(o->arg, "FILE") ? "" : "_files");
	str_addc(out, '\'');
}

/* One position of the arguments: "'1:guest:_berth_guest'", and '*' for the last. */
static void zsh_arguments(const struct command *c, struct str *out)
{
	const char *w = c->completes;

	for (int at = 1; w && *w; at++) {
		int n = (int)strcspn(w, " ");

		str_add(out, " \\\n\t\t\t'");
		if (w[n])
			str_fmt(out, "%d", at);
		else
			str_addc(out, '*');
		str_fmt(out, ":%.*s:_berth_%.*s'", n, w, n, w);
		w += n + (w[n] == ' ');
	}
}

void completion_zsh(struct str *out)
{
	str_add(out, "#compdef berth\n# zsh completion for berth, written by berth-docgen from the command table\n\n");
	for (size_t i = 0; i < NTHINGS; i++) {
		if (!strcmp(things[i].name, "command"))
			continue;
		str_fmt(out, "_berth_%s()\n{\n\tcompadd -- ", things[i].name);
		things[i].list(out);
		str_add(out, "\n}\n\n");
	}
	str_add(out,
		"_berth_file()\n{\n\t_files -g '*.conf(-.)'\n}\n\n"
		"_berth_guest()\n{\n\tcompadd -- ${${(f)\"$(berth list --fast --quiet 2>/dev/null)\"}%% *}\n\t_berth_file\n}\n\n"
		"_berth_command()\n{\n\tlocal -a names=(\n");
	for (const struct command *const *c = commands; *c; c++) {
		str_fmt(out, "\t\t'%s:", (*c)->name);
		add_quoted(out, (*c)->summary, ":");
		str_add(out, "'\n");
	}
	str_add(out, "\t)\n\t_describe command names\n}\n\n"
		     "_berth()\n{\n\tif ((CURRENT == 2)); then\n\t\t_berth_command\n\t\treturn\n\tfi\n"
		     "\tshift words\n\t((CURRENT--))\n\tcase $words[1] in\n");
	for (const struct command *const *c = commands; *c; c++) {
		str_fmt(out, "\t%s)\n\t\t_arguments -s", (*c)->name);
		each_option(*c, zsh_option, out);
		zsh_arguments(*c, out);
		str_add(out, "\n\t\t;;\n");
	}
	str_add(out, "\tesac\n}\n\n_berth \"$@\"\n");
}

static void fish_option(const struct command *c, const struct opt *o, struct str *out)
{
	str_fmt(out, "complete -c berth -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter)
		str_fmt(out, " -s %c", o->letter);
	if (o->arg)
		str_add(out, strcmp(o->arg, "FILE") ? " -x" : " -r");
	str_add(out, " -d '");
	add_quoted(out, o->help, "");
	str_add(out, "'\n");
}

/* fish does not count positions here: it offers what any of them may be. */
static void fish_arguments(const struct command *c, struct str *out)
{
	for (const char *w = c->completes; w && *w;) {
		int n = (int)strcspn(w, " ");

		str_fmt(out, "complete -c berth -n '__fish_seen_subcommand_from %s' -a '(__berth_%.*s)'\n", c->name, n, w);
		w += n + (w[n] == ' ');
	}
}

void completion_fish(struct str *out)
{
	str_add(out, "# fish completion for berth, written by berth-docgen from the command table\n\n");
	for (size_t i = 0; i < NTHINGS; i++) {
		str_fmt(out, "function __berth_%s\n\tstring split ' ' '", things[i].name);
		things[i].list(out);
		str_add(out, "'\nend\n\n");
	}
	str_add(out,
		"function __berth_file\n\t__fish_complete_suffix .conf\nend\n\n"
		"function __berth_guest\n\tberth list --fast --quiet 2>/dev/null | string replace -r ' .*' ''\n\t__berth_file\nend\n\n"
		"complete -c berth -f\n");
	for (const struct command *const *c = commands; *c; c++) {
		str_fmt(out, "complete -c berth -n __fish_use_subcommand -a %s -d '", (*c)->name);
		add_quoted(out, (*c)->summary, "");
		str_add(out, "'\n");
		each_option(*c, fish_option, out);
		fish_arguments(*c, out);
	}
}
