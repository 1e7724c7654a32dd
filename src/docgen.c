/* SPDX-License-Identifier: ISC */
/*
 * berth-docgen: everything that is written about commands, keys and drivers, made from
 * their rows. It runs during the build and is not installed.
 *
 *	berth-docgen man | conf                  scdoc text of berth(1), berth.conf(5)
 *	berth-docgen bash | zsh | fish           completion
 *	berth-docgen commands | keys | matrix    Markdown tables
 *	berth-docgen schema                      JSON schema of a machine file
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "completion.h"
#include "front/calls.h"
#include "model/driver.h"
#include "model/key.h"
#include "model/verb.h"

/* Plain text as scdoc text: what would be markup is taken literally. */
static void add_plain(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\", *text))
			str_addc(out, '\\');
		str_addc(out, *text);
	}
}

static void add_upper(struct str *out, const char *text)
{
	for (; *text; text++)
		str_addc(out, (char)(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text));
}

static void man_option(const struct opt *o, struct str *out)
{
	if (o->letter)
		str_fmt(out, "*-%c*, ", o->letter);
	str_fmt(out, "*--%s*", o->name);
	if (o->arg) {
		str_add(out, " _");
		add_plain(out, o->arg);
		str_addc(out, '_');
	}
	str_add(out, "\n\t");
	add_plain(out, o->help);
	str_add(out, "\n\n");
}

static void man_options(const struct opt *o, struct str *out)
{
	for (; o && o->name; o++)
		man_option(o, out);
}

/* What --output can name, with the numbers that older systems gave it. */
static void man_fields(const struct field *f, struct str *out)
{
	if (f)
		str_add(out, "Fields (see *TABLES*):\n\n");
	for (; f && f->key; f++) {
		str_add(out, "*");
		add_plain(out, f->key);
		str_add(out, "*");
		if (f->number)
			str_fmt(out, " (%d)", f->number);
		str_add(out, "\n\t");
		add_plain(out, f->help);
		str_add(out, "\n\n");
	}
}

static void man_command(const struct command *c, struct str *out)
{
	str_fmt(out, "## berth %s", c->name);
	if (c->options || c->acts || c->fields)
		str_add(out, " [OPTION]...");
	if (*c->args)
		str_fmt(out, " %s", c->args);
	str_add(out, "\n\n");
	add_plain(out, c->description);
	str_add(out, "\n\n");
	man_options(c->options, out);
	man_fields(c->fields, out);
	str_fmt(out, "```\n%s\n```\n\n", c->example);
}

static void man_commands(struct str *out)
{
	const char *group = "";

	for (const struct command *const *c = commands; *c; c++) {
		if (strcmp(group, (*c)->group)) {
			group = (*c)->group;
			str_add(out, "# ");
			add_upper(out, group);
			str_add(out, "\n\n");
		}
		man_command(*c, out);
	}
}

/* What an exit status means to the person who gets it. */
static const char *exit_meaning(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:        return "It worked.";
	case ERR_FAILED:      return "It failed; the message says why.";
	case ERR_USAGE:       return "The command line is wrong.";
	case ERR_NOT_FOUND:   return "There is no such guest, file, key or tool.";
	case ERR_EXISTS:      return "It is so already, or the name is taken; nothing was changed.";
	case ERR_PERMISSION:  return "Not allowed.";
	case ERR_BUSY:        return "Somebody else is at it; the message names the holder.";
	case ERR_TIMEOUT:     return "Time ran out; the message names the stage that was reached.";
	case ERR_UNREACHABLE: return "The host or the guest does not answer.";
	case ERR_PARTIAL:     return "Some of it was done; the messages say what was not.";
	case ERR_INVALID:     return "The machine file is wrong; every mistake is listed with its line.";
	case ERR_AMBIGUOUS:   return "The name fits several.";
	case ERR_UNSUPPORTED: return "This hypervisor, host or release cannot do that.";
	}
	return "?";
}

static void man_exit(struct str *out)
{
	str_add(out, "# EXIT STATUS\n\n");
	for (int k = ERR_NONE; k <= ERR_UNSUPPORTED; k++)
		str_fmt(out, "*%d* (%s)\n\t%s\n\n", k, err_word(k), exit_meaning(k));
	str_add(out, "*berth exec* and *berth ssh* pass on the status of the command that ran in the guest.\n\n");
}

static void man_verbs(struct str *out)
{
	str_add(out, "# DRIVERS\n\nWhat each hypervisor can do:\n\n");
	for (const struct driver *const *d = drivers; *d; d++) {
		str_fmt(out, "*%s*\n\t", (*d)->name);
		add_plain(out, (*d)->summary);
		str_addc(out, ':');
		for (int v = 0; v < VERB_COUNT; v++)
			if ((*d)->plan[v])
				str_fmt(out, " %s", verb_word(v));
		str_add(out, "\n\n");
	}
}

/* The calls of older programs, from their rows. */
static void man_calls(struct str *out)
{
	str_add(out, "# CALLS OF QEMU-INIT\n\nA symbolic link to berth with the name of one of these programs is that program, "
		     "and so is *berth as* _PROGRAM_. The guests are those of the host (*--system*); options of berth may follow.\n\n");
	for (const struct front_call *c = front_calls; c->program; c++) {
		str_fmt(out, "*%s%s%s*", c->program, c->word ? " " : "", c->word ? c->word : "");
		if (*c->names)
			str_fmt(out, " _%s_", c->names);
		str_add(out, "\n\t");
		if (*c->becomes)
			str_fmt(out, "*berth %s*", c->becomes);
		else
			str_add(out, "Nothing has to be done.");
		str_add(out, "\n\n");
	}
}

static const char man_head[] =
	"berth(1)\n\n"
	"# NAME\n\n"
	"berth - describe a machine once; generate it, run it, reach it\n\n"
	"# SYNOPSIS\n\n"
	"*berth* _COMMAND_ [_OPTION_]... [_ARGUMENT_]...\n\n"
	"# DESCRIPTION\n\n"
	"A machine file (see *berth.conf*(5)) describes one virtual machine: its hardware, its\n"
	"operating system, its network, users and programs. *berth up* _FILE_ makes that machine,\n"
	"starts it and waits until it can be used. No daemon is involved and nothing is hidden:\n"
	"files, processes and the hypervisor are all there is, and every command that acts can\n"
	"print what it would do (*--dry-run*, *--sh*) instead of doing it.\n\n"
	"A unique beginning of a command's name is enough.\n\n";

static const char man_tables[] =
	"# TABLES\n\n"
	"Commands that print rows let their user say which, of what, and in what order. *--output* takes a\n"
	"list of fields, separated by commas:\n\n"
	"*name*, *6*\n\tA field, by its name or its number.\n\n"
	"*address:15*, *address:15L*, *note:30B*\n"
	"\tSo many columns wide. What is too long is cut off on the right, with *L* on the left; with *B* it goes on below.\n\n"
	"*mac=ADDRESS*, *address:15L=IP*\n\tWith another title.\n\n"
	"*note?*\n\tOnly where a row has one, and nothing where the record has no such field.\n\n"
	"*all*, *numbered*, *+mac*\n\tEvery field; every one with a number; the usual ones and one more.\n\n"
	"*@TAB\\_CPORT*\n\tA table with a name. They stand in the section *[table]* of _tables.conf_, a line\n"
	"\t_NAME_ = _FIELDS_ for each, and may use one another. The user's own go before those of the host, and\n"
	"\tthose before the ones that berth brings along: *TAB\\_TCP* and *TAB\\_CPORT* of ctys.\n\n"
	"An item may stand in quotes, for a title with a comma. Widths are for the eye: *--json*, *--csv*, *--xml* and\n"
	"*--lines* cut nothing and call a field by its name. *--records* cuts nothing either, and has ';' between fields;\n"
	"a ';' in a field is a ','.\n\n"
	"*--filter* _FIELD_=_GLOB_ keeps the rows whose field matches the pattern as a whole, *~* those in which\n"
	"the extended regular expression is found, and *!=* and *!~* the others; a field without value is an empty text.\n"
	"Numbers sort by their value (512M before 4G), other fields so that tst2 comes before tst10, and what is empty\n"
	"comes last.\n\n"
	"```\n"
	"berth list --filter state=running --sort -memory,name\n"
	"berth list -o 'name,mac,id:30L=FILE' --filter 'os!=debian*'\n"
	"berth list -o driver --unique driver --no-titles\n"
	"```\n\n";

static const char man_files[] =
	"# FILES\n\n"
	"_/etc/berth_, _/var/lib/berth_, _/var/cache/berth_, _/run/berth_\n"
	"\tSettings, guests, templates, and sockets and locks of running guests, when berth\n"
	"\tis run by root.\n\n"
	"_~/.config/berth_, _~/.local/share/berth_, _~/.cache/berth_, _$XDG\\_RUNTIME\\_DIR/berth_\n"
	"\tThe same for everybody else; the XDG variables move them.\n\n"
	"_tables.conf_\n"
	"\tTables with a name, in /etc/berth and in ~/.config/berth.\n\n"
	"_DATA/guests/NAME/_\n"
	"\tAll of one guest: its machine file and its disks.\n\n"
	"_RUN/NAME/_\n"
	"\tWhile it runs: lock, pid, sockets of QMP, console, screen and agent, and console.log.\n"
	"\tWho holds the lock is running; the lock ends with the process and cannot go stale.\n\n"
	"# ENVIRONMENT\n\n"
	"*BERTH\\_HOME*\n"
	"\tPut everything berth keeps below this one directory.\n\n"
	"*BERTH\\_SYSTEM*\n"
	"\tLook at the guests of root, as *--system* does; members of the group _berth_ may list them.\n\n"
	"*NO\\_COLOR*\n"
	"\tNo colours, whatever the terminal can do.\n\n"
	"# SEE ALSO\n\n"
	"*berth.conf*(5), *qemu-system-x86_64*(1), *mmdebstrap*(1)\n";

static void doc_man(struct str *out)
{
	str_add(out, man_head);
	man_commands(out);
	str_add(out, "# OPTIONS OF EVERY COMMAND\n\n");
	man_options(common_options, out);
	str_add(out, "# OPTIONS OF EVERY COMMAND THAT ACTS\n\n");
	man_options(plan_options, out);
	str_add(out, "# OPTIONS OF EVERY COMMAND WITH A TABLE\n\n");
	man_options(table_options, out);
	str_add(out, man_tables);
	man_verbs(out);
	man_exit(out);
	man_calls(out);
	str_add(out, man_files);
}

static const char conf_head[] =
	"berth.conf(5)\n\n"
	"# NAME\n\n"
	"berth.conf - description of one virtual machine\n\n"
	"# SYNOPSIS\n\n"
	"_NAME_.conf\n\n"
	"# DESCRIPTION\n\n"
	"A machine file is nested INI. A section is a name in square brackets, one pair more per\n"
	"level; it ends at the next section marker, whatever the indentation. Below it stand keys:\n\n"
	"```\n"
	"[hardware]\n"
	"    os = debian-12              # a comment\n"
	"    ram = 512\n"
	"    [[hdds]]\n"
	"        [[[hdd0]]]\n"
	"            size = 4GB\n"
	"```\n\n"
	"A comma makes a list, single or double quotes protect commas, number signs and blanks,\n"
	"triple quotes span lines. *%(key)s* stands for another key of the same section or of one\n"
	"around it. Unknown keys are warned of, with the nearest known name, and ignored.\n\n"
	"*berth check* _FILE_ says all that is wrong with a file, *berth explain* _KEY_ what a key\n"
	"means. Where a path below has a star, the section is named by the owner of the file.\n\n";

static void doc_conf(struct str *out)
{
	str_add(out, conf_head);
	key_manual(out);
	str_add(out, "\n# SEE ALSO\n\n*berth*(1)\n");
}

/* A cell of a Markdown table: a bar would end it. */
static void add_cell(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			str_addc(out, '\\');
		str_addc(out, *text);
	}
}

static void doc_commands(struct str *out)
{
	str_add(out, "| command | what it does |\n|---|---|\n");
	for (const struct command *const *c = commands; *c; c++) {
		str_fmt(out, "| `berth %s%s", (*c)->name, *(*c)->args ? " " : "");
		add_cell(out, (*c)->args);
		str_add(out, "` | ");
		add_cell(out, (*c)->summary);
		str_add(out, " |\n");
	}
}

static void doc_keys(struct str *out)
{
	str_add(out, "| key | default | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		if (k->alias_of || k->type == KEY_SECTION || k->type == KEY_OBSOLETE)
			continue;
		str_fmt(out, "| `%s` | %s | ", k->path, k->def ? k->def : "");
		add_cell(out, k->help);
		str_add(out, " |\n");
	}
}

static void doc_matrix(struct str *out)
{
	str_add(out, "| driver |");
	for (int v = 0; v < VERB_COUNT; v++)
		str_fmt(out, " %s |", verb_word(v));
	str_add(out, "\n|---|");
	for (int v = 0; v < VERB_COUNT; v++)
		str_add(out, ":-:|");
	for (const struct driver *const *d = drivers; *d; d++) {
		str_fmt(out, "\n| %s |", (*d)->name);
		for (int v = 0; v < VERB_COUNT; v++)
			str_add(out, (*d)->plan[v] ? " ✓ |" : " – |");
	}
	str_addc(out, '\n');
}

static const struct document {
	const char *name;
	void (*write)(struct str *out);
} documents[] = {
	{ "man", doc_man },
	{ "conf", doc_conf },
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
	{ "commands", doc_commands },
	{ "keys", doc_keys },
	{ "matrix", doc_matrix },
	{ "schema", key_schema },
};

enum { NDOCUMENTS = sizeof documents / sizeof *documents };

static int usage(void)
{
	fputs("usage: berth-docgen", stderr);
	for (size_t i = 0; i < NDOCUMENTS; i++)
		fprintf(stderr, "%s%s", i ? "|" : " ", documents[i].name);
	fputc('\n', stderr);
	return ERR_USAGE;
}

int main(int argc, char **argv)
{
	DEFER(str_done) struct str out = { 0 };

	for (size_t i = 0; i < NDOCUMENTS; i++)
		if (argc == 2 && !strcmp(argv[1], documents[i].name))
			documents[i].write(&out);
	if (!out.n)
		return usage();
	fwrite(str_text(&out), 1, out.n, stdout);
	return fflush(stdout) || ferror(stdout) ? ERR_FAILED : 0;
}
