/* SPDX-License-Identifier: ISC */
/*
 * A plan as a POSIX shell script. What it is made of:
 *
 *	functions       what the runner does for one kind of step (script_parts.c)
 *	take_back       how to undo each step, by its number
 *	finish          at the end, however it comes: take back if it failed, end helpers
 *	main            the steps, one command each; read as a whole before any runs,
 *	                with no standard input of its own, so "ssh host sh -s" works
 *
 * $undo lists what was done, last one first: step numbers, and "helper:PID".
 */
#include <ctype.h>
#include <string.h>

#include "exec/run.h"
#include "exec/script.h"
#include "text/quote.h"

enum { FIRST_DESCRIPTOR = 9, LAST_DESCRIPTOR = 3 };

struct script {
	unsigned used;                  /* parts */
	struct arena mem;
	struct words locks;             /* held by descriptor 9, 8, 7 … */
	struct words secrets;           /* names of variables */
	struct str steps, undo;
};

/* One command: a line before it, the command itself, and the lines it reads. */
struct command {
	struct str before, line, here;
};

static void command_done(struct command *c)
{
	str_done(&c->before);
	str_done(&c->line);
	str_done(&c->here);
}

static void use(struct script *w, enum script_part part)
{
	w->used |= 1U << part;
}

static void add_word(struct str *out, const char *word)
{
	if (out->n && out->s[out->n - 1] != ' ')
		str_addc(out, ' ');
	quote_sh(out, word);
}

/* "@{plain:root.passwd}" is "BERTH_SECRET_PLAIN_ROOT_PASSWD" of the environment. */
static const char *secret_name(struct script *w, const char *ref, size_t n)
{
	char *name = arena_fmt(&w->mem, "BERTH_SECRET_%.*s", (int)n - 3, ref + 2);

	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) && isascii((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	if (!words_has(&w->secrets, name))
		words_add(&w->secrets, &w->mem, name);
	return name;
}

/* Text as one word whose secrets the shell fills in. */
static void add_text_word(struct script *w, struct str *out, const char *text)
{
	const char *ref;
	size_t n;

	for (; (ref = secret_find(text, &n)); text = ref + n) {
		if (ref > text)
			quote_sh(out, arena_strn(&w->mem, text, (size_t)(ref - text)));
		str_fmt(out, "\"${%s:?}\"", secret_name(w, ref, n));
	}
	if (*text)
		quote_sh(out, text);
}

/* A here-document keeps whole lines of plain text exactly; all other text goes through printf. */
static bool fits_here(const char *text)
{
	size_t n = strlen(text), ignored;

	if (n && text[n - 1] != '\n')
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\n' && *c != '\t')
			return false;
	return !secret_find(text, &ignored);
}

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, line, n) && (text[n] == '\n' || !text[n]))
			return true;
	}
	return false;
}

/* The command reads text. */
static void feed(struct script *w, struct command *c, const char *text)
{
	DEFER(str_done) struct str end = { 0 }, line = { 0 };

	if (fits_here(text)) {
		str_add(&end, "EOF");
		while (has_line(text, end.s))
			str_addc(&end, '_');
		str_fmt(&c->line, " <<'%s'", end.s);
		str_fmt(&c->here, "%s%s\n", text, end.s);
		return;
	}
	str_add(&line, "printf '%s' ");
	add_text_word(w, &line, text);
	str_fmt(&line, " | %s", str_text(&c->line));
	str_clear(&c->line);
	str_add(&c->line, line.s);
}

static void add_argv(const struct step *s, struct str *out)
{
	if (s->cwd) {
		str_add(out, "env -C");
		add_word(out, s->cwd);
		str_addc(out, ' ');
	}
	if (s->kind == STEP_RUN && s->uid != (uid_t)-1)
		str_fmt(out, "setpriv --reuid %u --regid %u --clear-groups --no-new-privs -- ", (unsigned)s->uid, (unsigned)s->gid);
	if (s->kind == STEP_RUN && s->timeout_ms)
		str_fmt(out, "timeout -k 3 %g ", s->timeout_ms / 1000.0);
	quote_argv(out, s->argv);
}

/* The beginnings of lines as one word of basic regular expressions, one per line. */
static void add_patterns(struct str *out, const char *const *lines)
{
	DEFER(str_done) struct str list = { 0 };

	for (; *lines; lines++) {
		str_add(&list, list.n ? "\n^" : "^");
		for (const char *c = *lines; *c; c++) {
			if (strchr(".[\\*^$", *c))
				str_addc(&list, '\\');
			str_addc(&list, *c);
		}
	}
	quote_sh(out, str_text(&list));
}

static void on_run(struct script *w, const struct step *s, struct command *c)
{
	if (s->fail_lines && *s->fail_lines) {
		use(w, PART_RUN_CHECKED);
		str_add(&c->line, s->stdout_path ? "run_checked errors " : "run_checked all ");
		add_patterns(&c->line, s->fail_lines);
		str_addc(&c->line, ' ');
	}
	if (w->locks.n) {
		use(w, PART_UNLOCKED);
		str_add(&c->line, "unlocked ");
	}
	add_argv(s, &c->line);
	if (s->stdout_path) {
		str_add(&c->line, " >");
		quote_sh(&c->line, s->stdout_path);
	}
	if (s->stdin_text)
		feed(w, c, s->stdin_text);
}

static void on_spawn(struct script *w, const struct step *s, struct command *c)
{
	use(w, PART_START_HELPER);
	str_add(&c->line, "start_helper");
	add_word(&c->line, s->stdout_path ? s->stdout_path : "-");
	str_addc(&c->line, ' ');
	add_argv(s, &c->line);
}

static void add_id(struct str *out, unsigned id)
{
	if (id == (unsigned)-1)
		str_add(out, " -");
	else
		str_fmt(out, " %u", id);
}

static int descriptor_of(const struct script *w, const char *lock)
{
	for (size_t i = 0; i < w->locks.n; i++)
		if (str_eq(w->locks.v[i], lock))
			return FIRST_DESCRIPTOR - (int)i;
	return -1;
}

static void on_daemon(struct script *w, const struct step *s, struct command *c)
{
	int mine = descriptor_of(w, s->lock);

	use(w, PART_START_DAEMON);
	str_add(&c->line, mine < 0 ? "start_daemon take" : "start_daemon held");
	str_add(&c->line, s->new_privs ? " --" : " --no-new-privs");
	add_word(&c->line, s->lock ? s->lock : "-");
	add_word(&c->line, s->stdout_path ? s->stdout_path : "/dev/null");
	add_id(&c->line, s->uid);
	add_id(&c->line, s->gid);
	str_addc(&c->line, ' ');
	add_argv(s, &c->line);
	/* Of the script's locks it takes along only its own: it would hold the others for life. */
	for (size_t i = 0; i < w->locks.n; i++)
		if (FIRST_DESCRIPTOR - (int)i != mine)
			str_fmt(&c->line, " %d>&-", FIRST_DESCRIPTOR - (int)i);
}

static void add_owner(const struct step *s, struct str *out)
{
	str_addc(out, ' ');
	if (s->uid == (uid_t)-1 && s->gid == (gid_t)-1)
		str_addc(out, '-');
	if (s->uid != (uid_t)-1)
		str_fmt(out, "%u", (unsigned)s->uid);
	if (s->gid != (gid_t)-1)
		str_fmt(out, ":%u", (unsigned)s->gid);
}

static void on_file(struct script *w, const struct step *s, struct command *c)
{
	use(w, s->append ? PART_ADD_FILE : PART_PUT_FILE);
	str_add(&c->line, s->append ? "add_file" : "put_file");
	if (s->mode || s->append)
		str_fmt(&c->line, " %04o", s->mode ? (unsigned)s->mode : 0644);
	else
		str_add(&c->line, " -");
	if (!s->append)
		add_owner(s, &c->line);
	add_word(&c->line, s->path);
	feed(w, c, s->text);
}

static void on_dir(struct script *w, const struct step *s, struct command *c)
{
	use(w, PART_MAKE_DIR);
	str_fmt(&c->line, "make_dir %04o", s->mode ? (unsigned)s->mode : 0755);
	add_owner(s, &c->line);
	add_word(&c->line, s->path);
}

/* A function of the script with the step's path, and target when there is one. */
static void on_paths(struct script *w, enum script_part part, const char *name, const struct step *s, struct command *c)
{
	use(w, part);
	str_add(&c->line, name);
	add_word(&c->line, s->path);
	if (s->target)
		add_word(&c->line, s->target);
}

static void on_lock(struct script *w, const struct step *s, struct command *c)
{
	int fd;

	if (descriptor_of(w, s->path) >= 0) {
		str_add(&c->line, ":");
		return;
	}
	words_add(&w->locks, &w->mem, s->path);
	fd = descriptor_of(w, s->path);
	if (fd < LAST_DESCRIPTOR) {
		str_add(&c->line, "{ echo 'a shell has too few descriptors for these locks' >&2 && false; }");
		return;
	}
	use(w, PART_TAKE_LOCK);
	str_add(&c->before, "(umask 077 && : >>");
	quote_sh(&c->before, s->path);
	str_fmt(&c->before, ")\nexec %d<", fd);
	quote_sh(&c->before, s->path);
	str_addc(&c->before, '\n');
	str_fmt(&c->line, "take_lock %d", fd);
	add_word(&c->line, s->path);
	if (!s->wait_lock)
		str_fmt(&c->line, " -n -E %d", SCRIPT_BUSY);
}

/* socat takes some characters of a path for its own. */
static void add_address(struct str *out, const char *path)
{
	DEFER(str_done) struct str address = { 0 };

	str_add(&address, "UNIX-CONNECT:");
	for (; *path; path++) {
		if (strchr(",:!\"'\\([{", *path))
			str_addc(&address, '\\');
		str_addc(&address, *path);
	}
	add_word(out, address.s);
}

static void on_talk(struct script *w, const char *to, const struct step *s, struct command *c)
{
	DEFER(str_done) struct str flat = { 0 };

	use(w, PART_TALK);
	str_fmt(&c->line, "talk %s", to);
	add_address(&c->line, s->path);
	str_addc(&c->line, ' ');
	/* One line: JSON has no newline inside a string, so it is only layout. */
	for (const char *t = s->text; *t; t++)
		str_addc(&flat, *t == '\n' ? ' ' : *t);
	add_text_word(w, &c->line, str_text(&flat));
	if (s->timeout_ms)
		str_fmt(&c->line, " %g", s->timeout_ms / 1000.0);
}

static void on_wait(struct script *w, const struct step *s, struct command *c)
{
	switch (s->wait) {
	case WAIT_SOCKET:
		use(w, PART_WAIT_READY);
		use(w, PART_ACCEPTS);
		str_fmt(&c->line, "wait_ready %d accepts", s->timeout_ms);
		add_address(&c->line, s->path);
		break;
	case WAIT_QMP:
		use(w, PART_WAIT_READY);
		use(w, PART_TALK);
		str_fmt(&c->line, "wait_ready %d qmp_answers", s->timeout_ms);
		add_address(&c->line, s->path);
		break;
	case WAIT_GONE:
		use(w, PART_WAIT_UNTIL);
		use(w, PART_LOCK_FREE);
		str_fmt(&c->line, "wait_until %d lock_free", s->timeout_ms);
		add_word(&c->line, s->path);
		break;
	case WAIT_SPAWN:
		use(w, PART_HELPER_DONE);
		str_fmt(&c->line, "helper_done %d", s->timeout_ms);
		break;
	case WAIT_TRUE:
		use(w, PART_WAIT_READY);
		use(w, PART_QUIETLY);
		str_fmt(&c->line, "wait_ready %d quietly ", s->timeout_ms);
		if (w->locks.n) {
			use(w, PART_UNLOCKED);
			str_add(&c->line, "unlocked ");
		}
		if (s->timeout_ms)
			str_fmt(&c->line, "timeout -k 3 %d ", (s->timeout_ms + 999) / 1000);
		quote_argv(&c->line, s->argv);
		break;
	case WAIT_REFUSED:
	case WAIT_TAKEN:
		use(w, PART_ANSWER);
		use(w, PART_TALK);
		str_fmt(&c->line, "wait_until %d %s", s->timeout_ms, s->wait == WAIT_TAKEN ? "taken" : "refused");
		add_address(&c->line, s->path);
		add_word(&c->line, s->text);
		break;
	case WAIT_SAYS:
		use(w, PART_WAIT_READY);
		str_fmt(&c->line, "wait_ready %d ", s->timeout_ms);
		quote_argv(&c->line, ARGV("grep", "-Fqse", s->text, s->path));
		break;
	case WAIT_JOB:
		use(w, PART_WAIT_JOB);
		use(w, PART_TALK);
		str_fmt(&c->line, "wait_job %d", s->timeout_ms);
		add_address(&c->line, s->path);
		add_word(&c->line, s->text);
		break;
	}
}

static void make_command(struct script *w, const struct step *s, struct command *c)
{
	switch (s->kind) {
	case STEP_RUN:
		on_run(w, s, c);
		break;
	case STEP_SPAWN:
		on_spawn(w, s, c);
		break;
	case STEP_DAEMON:
		on_daemon(w, s, c);
		break;
	case STEP_READ:
		str_add(&c->line, "cat");
		add_word(&c->line, s->path);
		break;
	case STEP_FILE:
		on_file(w, s, c);
		break;
	case STEP_DIR:
		on_dir(w, s, c);
		break;
	case STEP_MOVE:
		on_paths(w, PART_PUBLISH, "publish", s, c);
		break;
	case STEP_REMOVE:
		on_paths(w, PART_REMOVE_TREE, "remove_tree", s, c);
		break;
	case STEP_COPY:
		str_fmt(&c->line, "install -m %04o", (unsigned)s->mode);
		add_word(&c->line, s->path);
		add_word(&c->line, s->target);
		break;
	case STEP_SHIFT:
		use(w, PART_SHIFT_OWNERS);
		str_fmt(&c->line, "shift_owners %u", (unsigned)s->uid);
		add_word(&c->line, s->path);
		break;
	case STEP_LINK:
		on_paths(w, PART_LINK_TO, "link_to", s, c);
		break;
	case STEP_LOCK:
		on_lock(w, s, c);
		break;
	case STEP_QMP:
		on_talk(w, "qmp", s, c);
		break;
	case STEP_AGENT:
		on_talk(w, "agent", s, c);
		break;
	case STEP_WAIT:
		on_wait(w, s, c);
		break;
	case STEP_END:
		on_paths(w, PART_END_HOLDER, "end_holder", s, c);
		break;
	}
}

static void add_step(struct script *w, const struct step *s, size_t number, struct str *out);

/* Only running out of time leads to the other way; any other failure is one. */
static void add_otherwise(struct script *w, const struct step *s, const struct command *c, struct str *out)
{
	str_fmt(out, "%sif %s; then\n%s\t:\nelse\n\t[ \"$?\" -eq %d ]\n",
		str_text(&c->before), c->line.s, str_text(&c->here), SCRIPT_TIMEOUT);
	for (const struct step *o = s->otherwise; o; o = o->next_otherwise)
		add_step(w, o, 0, out);
	str_add(out, "fi\n");
}

/* number 0: a step whose undo, if any, has no number to be found by. */
static void add_command(struct script *w, const struct step *s, size_t number, struct str *out)
{
	DEFER(command_done) struct command c = { 0 };
	const char *before, *here;

	make_command(w, s, &c);
	before = str_text(&c.before);
	here = str_text(&c.here);
	if (s->kind == STEP_WAIT && s->otherwise)
		add_otherwise(w, s, &c, out);
	else if (s->undo && number && s->may_fail)
		str_fmt(out, "%sif %s; then\n%s\tundo=\"%zu $undo\"\nfi\n", before, c.line.s, here, number);
	else if (s->may_fail)
		str_fmt(out, "%s%s || %s\n%s", before, c.line.s, s->told ? "printf '%s: failed (status %s)\\n' \"$step\" \"$?\" >&2" : ":", here);
	else if (s->undo && number)
		str_fmt(out, "%s%s\n%sundo=\"%zu $undo\"\n", before, c.line.s, here, number);
	else
		str_fmt(out, "%s%s\n%s", before, c.line.s, here);
}

static void add_step(struct script *w, const struct step *s, size_t number, struct str *out)
{
	if (s->guard) {
		use(w, PART_THERE);
		str_add(out, "if ! there");
		add_word(out, s->guard);
		str_add(out, "; then\n");
	}
	add_command(w, s, number, out);
	if (s->guard)
		str_add(out, "fi\n");
}

static void add_comment(struct str *out, const char *text)
{
	for (; *text; text++)
		str_addc(out, *text == '\n' ? ' ' : *text);
	str_addc(out, '\n');
}

static void add_numbered(struct script *w, const struct step *s, size_t number)
{
	const char *why = s->why && *s->why ? s->why : step_word(s->kind);

	str_fmt(&w->steps, "\n# %zu. ", number);
	add_comment(&w->steps, why);
	str_add(&w->steps, "step ");
	quote_sh(&w->steps, why);
	str_addc(&w->steps, '\n');
	add_step(w, s, number, &w->steps);
	if (!s->undo)
		return;
	str_fmt(&w->undo, "\t%zu)\n", number);
	add_step(w, s->undo, 0, &w->undo);
	str_add(&w->undo, "\t\t;;\n");
}

static void add_head(const struct script *w, const struct plan *p, struct str *out)
{
	str_add(out, "#!/bin/sh\n");
	if (p->title) {
		str_add(out, "# ");
		add_comment(out, p->title);
	}
	if (p->note) {
		str_add(out, "# ");
		add_comment(out, p->note);
	}
	if (w->secrets.n) {
		str_add(out, "#\n# Secrets come from the environment:\n");
		for (size_t i = 0; i < w->secrets.n; i++)
			str_fmt(out, "#\t%s\n", w->secrets.v[i]);
	}
	str_add(out, "#\n"
		"# Words stand here as they are given to programs, dollar signs and all, and not\n"
		"# every script needs every variable.\n"
		"# shellcheck disable=SC2016,SC2034\n"
		"set -eu\numask 022\n\n");
}

static void add_finish(const struct script *w, bool temporary, struct str *out)
{
	str_add(out, "step() {\n\tstep=$1\n}\n\ntake_back() {\n\tcase $1 in\n");
	if (w->used & 1U << PART_START_HELPER)
		str_add(out, "\thelper:*)\n\t\tend_helper \"${1#helper:}\"\n\t\t;;\n");
	str_fmt(out, "%s\tesac\n}\n\n", str_text(&w->undo));
	str_add(out, "finish() {\n"
		"\tstatus=$?\n"
		"\ttrap - EXIT\n"
		"\ttrap '' INT TERM HUP\n"
		"\tset +e\n"
		"\t[ \"$status\" -eq 0 ] || printf '%s: failed (status %s)\\n' \"$step\" \"$status\" >&2\n"
		"\tfor item in $undo; do\n"
		"\t\tcase $status:$item in\n"
		"\t\t0:helper:* | [!0]*)\n"
		"\t\t\ttake_back \"$item\" || printf 'step %s could not be undone\\n' \"$item\" >&2\n"
		"\t\t\t;;\n"
		"\t\tesac\n"
		"\tdone\n");
	if (temporary)
		str_add(out, "\trm -rf -- \"$tmp\"\n");
	str_add(out, "\texit \"$status\"\n}\n\n");
}

static void add_main(const struct script *w, bool temporary, struct str *out)
{
	str_add(out, "main() {\n");
	for (size_t i = 0; i < w->secrets.n; i++)
		str_fmt(out, ": \"${%s:?}\"\n", w->secrets.v[i]);
	if (temporary)
		str_add(out, "tmp=$(mktemp -d)\n");
	str_add(out, "undo='' step='begin' helper='' newest='' log_of_newest=-\n"
		"trap finish EXIT\ntrap 'exit 130' INT\ntrap 'exit 143' TERM\ntrap 'exit 129' HUP\n");
	str_fmt(out, "%s}\n\nmain </dev/null\n", str_text(&w->steps));
}

void plan_script(const struct plan *p, struct str *out)
{
	struct script w = { 0 };
	bool temporary;

	for (size_t i = 0; i < p->steps.n; i++)
		add_numbered(&w, &p->steps.v[i], i + 1);
	temporary = w.used & (1U << PART_TALK | 1U << PART_RUN_CHECKED);
	add_head(&w, p, out);
	script_parts(w.used, out);
	add_finish(&w, temporary, out);
	add_main(&w, temporary, out);
	str_done(&w.steps);
	str_done(&w.undo);
	arena_done(&w.mem);
}
