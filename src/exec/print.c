/* SPDX-License-Identifier: ISC */
/*
 * A plan for people: what would be typed to do the same by hand. Programs are
 * shown exactly as they are run; every other kind of step as the familiar command
 * that comes nearest.
 */
#include <string.h>

#include "exec/run.h"
#include "text/quote.h"

static void line_owner(const struct step *s, struct str *out)
{
	if (s->uid != (uid_t)-1)
		str_fmt(out, " -o %u", (unsigned)s->uid);
	if (s->gid != (gid_t)-1)
		str_fmt(out, " -g %u", (unsigned)s->gid);
}

static void line_words(const char *verb, const char *a, const char *b, struct str *out)
{
	str_add(out, verb);
	str_addc(out, ' ');
	quote_sh(out, a);
	if (b) {
		str_addc(out, ' ');
		quote_sh(out, b);
	}
}

static void line_program(const struct step *s, struct str *out)
{
	if (s->cwd) {
		line_words("cd", s->cwd, NULL, out);
		str_add(out, " && ");
	}
	quote_argv(out, s->argv);
	if (s->stdout_path) {
		str_add(out, s->kind == STEP_RUN ? " >" : " >>");
		quote_sh(out, s->stdout_path);
	}
	if (s->kind != STEP_RUN)
		str_add(out, " &");
}

static void line_file(const struct step *s, struct str *out)
{
	line_words(s->append ? "append to" : "write", s->path, NULL, out);
	str_add(out, " (");
	if (s->mode)
		str_fmt(out, "mode %04o, ", (unsigned)s->mode);
	if (s->uid != (uid_t)-1 || s->gid != (gid_t)-1)
		str_fmt(out, "owner %d:%d, ", (int)s->uid, (int)s->gid);
	str_fmt(out, "%zu bytes)", strlen(s->text));
}

static void line_dir(const struct step *s, struct str *out)
{
	bool owned = s->uid != (uid_t)-1 || s->gid != (gid_t)-1;

	/* install sets owners too, mkdir is what everybody knows. */
	str_fmt(out, owned ? "install -d -m %04o" : "mkdir -p -m %04o", s->mode ? (unsigned)s->mode : 0755);
	line_owner(s, out);
	str_addc(out, ' ');
	quote_sh(out, s->path);
}

static void line_wait(const struct step *s, struct str *out)
{
	str_add(out, "wait until ");
	switch (s->wait) {
	case WAIT_SOCKET:
		quote_sh(out, s->path);
		str_add(out, " accepts connections");
		break;
	case WAIT_QMP:
		str_add(out, "QEMU answers on ");
		quote_sh(out, s->path);
		break;
	case WAIT_GONE:
		str_add(out, "nobody holds ");
		quote_sh(out, s->path);
		break;
	case WAIT_SPAWN:
		str_add(out, "the helper has ended");
		break;
	case WAIT_TRUE:
		quote_argv(out, s->argv);
		str_add(out, " says yes");
		break;
	case WAIT_REFUSED:
	case WAIT_TAKEN:
		str_fmt(out, "QEMU %s %s on ", s->wait == WAIT_TAKEN ? "takes" : "refuses", s->text);
		quote_sh(out, s->path);
		break;
	case WAIT_SAYS:
		quote_sh(out, s->text);
		str_add(out, " stands in ");
		quote_sh(out, s->path);
		break;
	case WAIT_JOB:
		str_fmt(out, "the job '%s' of QEMU on ", s->text);
		quote_sh(out, s->path);
		str_add(out, " has ended");
		break;
	}
	if (s->timeout_ms)
		str_fmt(out, ", at most %g s", s->timeout_ms / 1000.0);
}

static void line_json(const char *verb, const struct step *s, struct str *out)
{
	line_words(verb, s->path, NULL, out);
	str_fmt(out, " %s", s->text);
	if (s->timeout_ms)
		str_fmt(out, ", at most %g s", s->timeout_ms / 1000.0);
}

void step_line(const struct step *s, struct str *out)
{
	switch (s->kind) {
	case STEP_RUN:
	case STEP_SPAWN:
	case STEP_DAEMON:
		line_program(s, out);
		return;
	case STEP_READ:
		line_words("cat", s->path, NULL, out);
		return;
	case STEP_FILE:
		line_file(s, out);
		return;
	case STEP_DIR:
		line_dir(s, out);
		return;
	case STEP_MOVE:
		line_words("mv -T", s->path, s->target, out);
		return;
	case STEP_REMOVE:
		line_words("rm -rf", s->path, NULL, out);
		return;
	case STEP_COPY:
		str_fmt(out, "install -m %04o", (unsigned)s->mode);
		line_words("", s->path, s->target, out);
		return;
	case STEP_SHIFT:
		line_words("shift owners of", s->path, NULL, out);
		str_fmt(out, " by %u", (unsigned)s->uid);
		return;
	case STEP_LINK:
		line_words("ln -sfn", s->target, s->path, out);
		return;
	case STEP_LOCK:
		line_words(s->wait_lock ? "flock" : "flock -n", s->path, NULL, out);
		return;
	case STEP_QMP:
		line_json("qmp", s, out);
		return;
	case STEP_AGENT:
		line_json("agent", s, out);
		return;
	case STEP_WAIT:
		line_wait(s, out);
		return;
	case STEP_END:
		line_words("fuser -k -KILL", s->path, NULL, out);
		return;
	}
}

enum { INDENT = 3 };

static void add_indented(struct str *out, const char *text, const char *margin)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		str_fmt(out, "%*s%s%.*s\n", INDENT, "", margin, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_note(struct str *out, const char *label, const char *text)
{
	str_fmt(out, "%*s%s%s%s\n", INDENT, "", label, *text ? ": " : "", text);
}

static void print_daemon(const struct step *s, struct str *out)
{
	DEFER(str_done) struct str note = { 0 };

	str_add(&note, "in its own session");
	if (s->uid != (uid_t)-1)
		str_fmt(&note, " as %u:%u", (unsigned)s->uid, (unsigned)s->gid);
	if (s->lock) {
		str_add(&note, ", holding ");
		quote_sh(&note, s->lock);
	}
	print_note(out, "runs", note.s);
}

static void print_user(const struct step *s, struct str *out)
{
	DEFER(str_done) struct str note = { 0 };

	str_fmt(&note, "as %u:%u", (unsigned)s->uid, (unsigned)s->gid);
	print_note(out, "runs", note.s);
}

/* What belongs to a step beyond its line, each on a line of its own. */
static void print_details(const struct step *s, struct str *out)
{
	if (s->kind == STEP_FILE)
		add_indented(out, s->text, "| ");
	if (s->kind == STEP_DAEMON)
		print_daemon(s, out);
	if (s->kind == STEP_RUN && s->uid != (uid_t)-1)
		print_user(s, out);
	if (s->stdin_text) {
		print_note(out, "reads:", "");
		add_indented(out, s->stdin_text, "| ");
	}
	if (s->guard)
		print_note(out, "unless there is", s->guard);
	for (const char *const *line = s->fail_lines; line && *line; line++)
		print_note(out, "fails if it says", *line);
	if (s->may_fail)
		print_note(out, s->told ? "may fail, and says so" : "may fail", "");
}

static void print_side(const char *label, const struct step *s, struct str *out)
{
	DEFER(str_done) struct str line = { 0 };

	step_line(s, &line);
	if (s->guard)
		str_fmt(&line, ", unless there is %s", s->guard);
	print_note(out, label, line.s);
	if (s->kind == STEP_FILE)
		add_indented(out, s->text, "| ");
}

static void print_step(const struct step *s, struct str *out)
{
	DEFER(str_done) struct str line = { 0 };

	step_line(s, &line);
	add_indented(out, line.s, "");
	print_details(s, out);
	for (const struct step *o = s->otherwise; o; o = o->next_otherwise)
		print_side("else", o, out);
	if (s->undo)
		print_side("undo", s->undo, out);
}

void plan_print(const struct plan *p, struct str *out)
{
	if (p->title)
		str_fmt(out, "# %s\n", p->title);
	if (p->note)
		str_fmt(out, "# %s\n", p->note);
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];

		str_fmt(out, "%zu. %s\n", i + 1, s->why && *s->why ? s->why : step_word(s->kind));
		print_step(s, out);
	}
}
