/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "front/priv.h"
#include "model/guest.h"
#include "text/iniedit.h"

static const char rc_end[] = "-qemud.rc";

bool rc_is_set(const struct rc_line *l)
{
	return l->quoted || (*l->value && strcmp(l->value, "0"));
}

bool rc_is_true(const struct rc_line *l)
{
	static const char *const no[] = { "false", "no", "off", "none", "FALSE", "NO", "OFF", "NONE" };

	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (!strcmp(l->value, no[i]))
			return false;
	return rc_is_set(l);
}

void at_warn(const struct at *at, const char *text)
{
	report_warning(at->s->report, at->l->line, at->l->col, "%s: %s", at->l->key, text);
}

void at_write(const struct at *at, const char *path, const char *const *values, size_t n)
{
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report none = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct str *text = &at->t->text;
	struct err e = { 0 };

	if (ini_parse(&ini, "", str_text(text), text->n, &none) < 0)
		report_err(&none, &e);
	else if (ini_set(&ini, path, values, n, &out, &e) == 0) {
		str_clear(text);
		str_addn(text, str_text(&out), out.n);
	}
	if (e.kind)
		report_error(at->s->report, at->l->line, at->l->value_col, "%s: %s", at->l->key ? at->l->key : path, e.msg);
}

void at_put(const struct at *at, const char *path, const char *value)
{
	const struct key *k = key_find(path);
	bool ignored = false;
	union { uint64_t number; const char *text; struct words words; } field = { 0 };
	const char *wrong = k ? key_parse(k, value, &field, &at->t->mem, &ignored) : NULL;

	if (!k)
		report_warning(at->s->report, at->l->line, at->l->col, "%s: this berth has no key '%s'; '%s' is left out",
			       at->l->key, path, value);
	else if (wrong)
		report_error(at->s->report, at->l->line, at->l->value_col, "%s: '%s' %s", at->l->key, value, wrong);
	else
		at_write(at, path, &value, 1);
}

void qemu_option(struct translation *t, const char *name, const char *value)
{
	words_add(&t->args, &t->mem, name);
	words_add(&t->args, &t->mem, value);
}

/* The line that counts for a key is the last. */
const struct rc_line *source_find(const struct source *s, const char *key)
{
	const struct rc_line *found = NULL;

	for (size_t i = 0; i < s->rc.lines.n; i++)
		if (str_eq(s->rc.lines.v[i].key, key))
			found = &s->rc.lines.v[i];
	return found;
}

static void rc_file(struct translation *t)
{
	for (size_t i = 0; i < t->rc.rc.lines.n; i++) {
		const struct at at = { t, &t->rc, &t->rc.rc.lines.v[i] };

		if (at.l->key)
			qemud_key(&at);
		else
			report_warning(t->rc.report, at.l->line, at.l->col, "options belong into the cfg-file; the line is left out");
	}
	if (!source_find(&t->rc, "NAME"))
		report_error(t->rc.report, 0, 0, "NAME is missing");
	if (!source_find(&t->rc, "TGTARCH"))
		report_error(t->rc.report, 0, 0, "TGTARCH is missing (add 'TGTARCH=qemu-system-x86_64')");
	if (!source_find(&t->rc, "RAM")) {
		static const struct rc_line none = { .key = "RAM" };

		at_put(&(struct at){ t, &t->rc, &none }, "hardware.ram", "2G");
	}
}

/* Raw options come last, so that they have the last word. */
static void cfg_file(struct translation *t)
{
	for (size_t i = 0; i < t->cfg.rc.lines.n; i++) {
		const struct at at = { t, &t->cfg, &t->cfg.rc.lines.v[i] };

		if (!at.l->key)
			raw_options(&at, at.l->col, &at.l->words);
		else if (!series_has(at.l->key))
			at_warn(&at, "is not known in a cfg-file, and is left out");
	}
}

static void open_source(struct translation *t, struct source *s, const char *text, size_t size, struct report *r)
{
	s->report = r;
	rc_parse(&s->rc, text, size, r);
	s->used = arena_alloc(&t->mem, s->rc.lines.n + 1);
}

/* What the guest is for, as a comment, if a machine file can hold it. */
static void head(struct translation *t)
{
	const struct at at = { t, &t->rc, source_find(&t->rc, "DESC") };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report none = { 0 };

	if (!at.l || !rc_is_set(at.l))
		return;
	str_fmt(&t->text, "# %s\n", at.l->value);
	if (ini_parse(&ini, "", str_text(&t->text), t->text.n, &none) == 0)
		return;
	at_warn(&at, "is not UTF-8, and is left out");
	str_clear(&t->text);
}

static void put_number(const struct at *at, const char *path, int number)
{
	if (number)
		at_put(at, path, arena_fmt(&at->t->mem, "%d", number));
}

/* What the host that these files come from decided for all of its guests. */
static void habits(struct translation *t)
{
	const struct rc_line *user = source_find(&t->rc, "RUNAS"), *screen = source_find(&t->rc, "DISPLAY");
	const struct at at = { t, &t->rc, &(const struct rc_line){ .key = "options" } };

	if (t->files->run_as && !(user && rc_is_set(user)))
		at_put(&at, "run.run_as", t->files->run_as);
	put_number(&at, "run.order", t->files->order);
	if (!t->files->vnc_base || (screen && !rc_is_true(screen)))
		return;
	at_put(&at, "console.vnc", "tcp");
	put_number(&at, "console.vnc_base", t->files->vnc_base);
}

void qemud_finish(struct translation *t)
{
	static const struct rc_line none = { .key = "options" };
	const struct at at = { t, &t->cfg, &none };
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { 0 };
	struct err e = { 0 };

	if (t->args.n)
		at_write(&at, "driver.qemu.args", t->args.v, t->args.n);
	if (!t->rc.report->errors && !t->cfg.report->errors &&
	    guest_parse(&g, "", str_text(&t->text), t->text.n, &r, &e) < 0)
		report_error(t->rc.report, 0, 0, "no machine file can be made of it: %s", e.msg);
}

int qemud_translate(const struct qemud_files *files, struct report *rc, struct report *cfg, struct str *out)
{
	struct translation t = { .files = files };

	open_source(&t, &t.rc, files->rc, files->rc_size, rc);
	open_source(&t, &t.cfg, files->cfg ? files->cfg : "", files->cfg_size, cfg);
	head(&t);
	rc_file(&t);
	habits(&t);
	series_all(&t);
	cfg_file(&t);
	drives_settle(&t);
	qemud_finish(&t);
	str_add(out, str_text(&t.text));
	report_sort(rc);
	report_sort(cfg);
	str_done(&t.text);
	rc_done(&t.rc.rc);
	rc_done(&t.cfg.rc);
	arena_done(&t.mem);
	return rc->errors || cfg->errors ? -1 : 0;
}

char *qemud_name(const char *path, struct arena *a)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base), end = sizeof rc_end - 1;

	return n > end && str_ends(base, rc_end) ? arena_strn(a, base, n - end) : NULL;
}
