/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "front/priv.h"
#include "front/qemud.h"
#include "model/guest.h"
#include "text/iniedit.h"
#include "text/rc.h"

static const char rc_end[] = "-qemud.rc";

/* One of the two files, and which of its lines have been heeded. */
struct source {
	struct rc rc;
	struct report *report;
	bool *used;
};

struct translation {
	const struct qemud_files *files;
	struct arena mem;
	struct source rc, cfg;
	struct words args;              /* driver.qemu.args so far */
	struct str text;                /* the machine file so far */
};

struct at {
	struct translation *t;
	struct source *s;
	const struct rc_line *l;
};

struct row {
	const char *key;
	const char *path;               /* where the value goes, as it is */
	void (*translate)(const struct at *at, const struct row *row);
	bool zero;                      /* translate wants to hear of "not set" as well */
	const char *note;               /* why it goes nowhere, or the option it is for */
};

static bool is_set(const struct rc_line *l)
{
	return l->quoted || (*l->value && strcmp(l->value, "0"));
}

static bool is_true(const struct rc_line *l)
{
	static const char *const no[] = { "false", "no", "off", "none", "FALSE", "NO", "OFF", "NONE" };

	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (!strcmp(l->value, no[i]))
			return false;
	return is_set(l);
}

static void warn(const struct at *at, const char *text)
{
	report_warning(at->s->report, at->l->line, at->l->col, "%s: %s", at->l->key, text);
}

/* Words at a path of the machine file; where they cannot stand, an error at the line they come from. */
static void write_values(const struct at *at, const char *path, const char *const *values, size_t n)
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

/* The value at a path, if the key takes it. */
static void put(const struct at *at, const char *path, const char *value)
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
		write_values(at, path, &value, 1);
}

static void option(struct translation *t, const char *name, const char *value)
{
	words_add(&t->args, &t->mem, name);
	words_add(&t->args, &t->mem, value);
}

static void take(const struct at *at, const struct row *row)
{
	put(at, row->path, at->l->value);
}

static void pass(const struct at *at, const struct row *row)
{
	option(at->t, row->note, at->l->value);
}

static void no_place(const struct at *at, const struct row *row)
{
	warn(at, row->note);
}

static void nothing(const struct at *at, const struct row *row)
{
	(void)at;
	(void)row;
}

static void name(const struct at *at, const struct row *row)
{
	const char *s = at->l->value;
	size_t n = strlen(s);

	if (!is_set(at->l) || !guest_name_ok(s) || guest_name_reserved(s)) {
		report_error(at->s->report, at->l->line, at->l->value_col,
			     "NAME: '%s' cannot be a guest's name, expected letters and digits", s);
		return;
	}
	if (n > 40 || s[n - 1] == '0' || strpbrk(s, "._-"))
		warn(at, "is a name for berth, but not for qemu-init: letters and digits, at most 40, the last one no 0");
	put(at, row->path, s);
}

static void binary(const struct at *at, const struct row *row)
{
	const char *slash = strrchr(at->l->value, '/'), *base = slash ? slash + 1 : at->l->value;

	(void)row;
	if (strcmp(base, "qemu-system-x86_64") && strcmp(base, "qemu-kvm") && strcmp(base, "kvm"))
		report_error(at->s->report, at->l->line, at->l->value_col,
			     "TGTARCH: '%s' is not supported, only qemu-system-x86_64 is", at->l->value);
}

static void kvm(const struct at *at, const struct row *row)
{
	if (!is_true(at->l))
		put(at, row->path, "tcg");
}

static void display(const struct at *at, const struct row *row)
{
	if (!is_true(at->l))
		put(at, row->path, "none");
}

static void daemon_mode(const struct at *at, const struct row *row)
{
	if (!is_true(at->l))
		warn(at, row->note);
}

/* Without -m, QEMU gives a guest 128 MB. */
static void ram(const struct at *at, const struct row *row)
{
	put(at, row->path, is_set(at->l) ? at->l->value : "128M");
}

static void stop_delay(const struct at *at, const struct row *row)
{
	char *end;
	long n = strtol(at->l->value, &end, 10);

	if (!*end && n < 40)
		warn(at, "less than 40 seconds counted as not given; 'run.stop_delay' says how long a stop may take");
	else
		put(at, row->path, at->l->value);
}

static void smp(const struct at *at, const struct row *row)
{
	if (at->l->value[strspn(at->l->value, "0123456789")])
		option(at->t, "-smp", at->l->value);
	else
		put(at, row->path, at->l->value);
}

static void uefi(const struct at *at, const struct row *row)
{
	if (is_true(at->l))
		put(at, row->path, "uefi");
}

static void bios(const struct at *at, const struct row *row)
{
	struct words w = { 0 };
	struct raw r = { at->t->files->folder, at->s->report, at->l->line, at->l->value_col, &at->t->mem, &at->t->args };

	words_add(&w, r.mem, row->note);
	words_add(&w, r.mem, at->l->value);
	raw_options(&r, &w);
}

static void usb(const struct at *at, const struct row *row)
{
	(void)row;
	if (!is_true(at->l))
		return;
	option(at->t, "-device", "qemu-xhci");
	option(at->t, "-device", "usb-tablet");
}

static void snapshot(const struct at *at, const struct row *row)
{
	if (is_true(at->l))
		words_add(&at->t->args, &at->t->mem, row->note);
}

static void extra(const struct at *at, const struct row *row)
{
	struct raw r = { at->t->files->folder, at->s->report, at->l->line, at->l->value_col, &at->t->mem, &at->t->args };
	struct words w = { 0 };
	const char *wrong = rc_words(at->l->value, &w, r.mem);

	(void)row;
	if (wrong)
		report_error(r.report, r.line, r.col, "EXTRA %s", wrong);
	else
		raw_options(&r, &w);
}

/* Every key of an rc-file, in the order of its manual page; numbered ones are below. */
static const struct row rows[] = {
	{ "NAME", .path = "hardware.vm_id", .translate = name, .zero = true },
	{ "DESC", .translate = nothing },               /* stands in the first lines */
	{ "TGTARCH", .translate = binary, .zero = true },
	{ "RUNAS", .path = "run.run_as", .translate = take },
	{ "DAEMON", .translate = daemon_mode, .zero = true, .note = "guests of berth always run in the background" },
	{ "KVM", .path = "run.accel", .translate = kvm, .zero = true },
	{ "MONITOR", .translate = no_place, .note = "monitors are sockets that only the guest's owner may open" },
	{ "BOOTDELAY", .path = "run.boot_delay", .translate = take },
	{ "STOPDELAY", .path = "run.stop_delay", .translate = stop_delay },
	{ "PRECMD", .translate = no_place, .note = "is a command and is not taken over; read it, and see 'berth explain run'" },
	{ "POSTCMD", .translate = no_place, .note = "is a command and is not taken over; read it, and see 'berth explain run'" },
	{ "RAM", .path = "hardware.ram", .translate = ram, .zero = true },
	{ "DISPLAY", .path = "console.vnc", .translate = display, .zero = true },
	{ "AUTOSTART", .translate = no_place, .note = "is not the machine file's business; root says which guests start with the host" },
	{ "CPU", .path = "driver.qemu.cpu", .translate = take },
	{ "SMP", .path = "hardware.num_cpu", .translate = smp },
	{ "MACHINE", .path = "driver.qemu.machine", .translate = take },
	{ "UEFI", .path = "hardware.firmware", .translate = uefi },
	{ "BIOS", .translate = bios, .note = "-bios" },
	{ "BOOT", .translate = pass, .note = "-boot" },
	{ "RTC", .translate = pass, .note = "-rtc" },
	{ "VGA", .translate = no_place, .note = "the screen is a standard VGA" },
	{ "KEYBOARD", .translate = pass, .note = "-k" },
	{ "USB", .translate = usb },
	{ "SERIAL", .translate = no_place, .note = "every guest has a serial line; see 'berth console'" },
	{ "AGENT", .translate = nothing },              /* every guest has its socket */
	{ "SNAPSHOT", .translate = snapshot, .note = "-snapshot" },
	{ "EXTRA", .translate = extra },
};

static void disk(const struct at *at, size_t n)
{
	const char *file = at->l->value;
	const char *path = raw_path(at->t->files->folder, file, &at->t->mem);

	(void)n;
	option(at->t, "-drive", arena_fmt(&at->t->mem, "file=%s,snapshot=off%s", path,
					  str_ends(file, ".qcow2") ? ",format=qcow2" : str_ends(file, ".raw") ? ",format=raw" : ""));
}

static void cdrom(const struct at *at, size_t n)
{
	(void)n;
	option(at->t, "-drive", arena_fmt(&at->t->mem, "file=%s,media=cdrom,format=raw,readonly=on",
					  raw_path(at->t->files->folder, at->l->value, &at->t->mem)));
}

/* BRIDGE[,MAC[,MODEL]] */
static void nic(const struct at *at, size_t n)
{
	struct arena *a = &at->t->mem;
	const char *s = at->l->value, *path = arena_fmt(a, "hardware.eths.eth%zu", n - 1);
	const char *part[3] = { 0 };
	size_t parts = 0;

	for (; parts < 3; s++) {
		size_t len = strcspn(s, ",");

		part[parts++] = arena_strn(a, s, len);
		s += len;
		if (!*s)
			break;
	}
	put(at, arena_fmt(a, "%s.type", path), str_eq(part[0], "user") ? "nat" : "bridge");
	if (*part[0] && !str_eq(part[0], "user"))
		put(at, arena_fmt(a, "%s.bridge", path), part[0]);
	if (part[1] && *part[1])
		put(at, arena_fmt(a, "%s.hw_addr", path), part[1]);
	if (part[2] && !str_starts(part[2], "virtio"))
		warn(at, "interfaces are virtio ones");
}

static const struct series {
	const char *names[3];
	void (*translate)(const struct at *at, size_t n);
} series[] = {
	{ { "DSK", "DISK", NULL }, disk },
	{ { "CDR", "CDROM", NULL }, cdrom },
	{ { "NIC", NULL, NULL }, nic },
};

/* The number behind the name of a series; 0: it is none of it. */
static size_t number(const char *key, const char *series_name)
{
	size_t n = strlen(series_name), digits;

	if (strncmp(key, series_name, n) || key[n] == '0')
		return 0;
	digits = strspn(key + n, "0123456789");
	return digits && digits < 6 && !key[n + digits] ? (size_t)atol(key + n) : 0;
}

static const struct series *series_of(const char *key)
{
	for (size_t i = 0; i < sizeof series / sizeof *series; i++)
		for (const char *const *name = series[i].names; *name; name++)
			if (number(key, *name))
				return &series[i];
	return NULL;
}

/* The line for one number of a series, in either file; false when there is none that is set. */
static bool numbered(struct translation *t, const struct series *s, size_t n, struct at *at)
{
	struct source *sources[] = { &t->rc, &t->cfg };

	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < sources[f]->rc.lines.n; i++) {
			const struct rc_line *l = &sources[f]->rc.lines.v[i];

			for (const char *const *name = s->names; l->key && *name; name++)
				if (number(l->key, *name) == n) {
					sources[f]->used[i] = true;
					*at = (struct at){ t, sources[f], l };
					return is_set(l);
				}
		}
	return false;
}

/* The bridge br0, unless the files say something of a first interface. */
static void first_nic(struct translation *t, bool given)
{
	static const struct rc_line none = { .line = 0, .key = "NIC1" };
	const struct at at = { t, &t->rc, &none };

	if (given)
		return;
	put(&at, "hardware.eths.eth0.type", "bridge");
	put(&at, "hardware.eths.eth0.bridge", "br0");
}

static void all_series(struct translation *t)
{
	for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
		struct at at = { 0 };
		size_t n = 1;

		for (; numbered(t, &series[i], n, &at); n++)
			series[i].translate(&at, n);
		if (series[i].translate == nic)
			first_nic(t, at.l != NULL);
	}
}

/* What no series reached. */
static void left_over(struct translation *t, struct source *s)
{
	for (size_t i = 0; i < s->rc.lines.n; i++) {
		struct at at = { t, s, &s->rc.lines.v[i] };

		if (at.l->key && series_of(at.l->key) && !s->used[i] && is_set(at.l))
			warn(&at, "is left out: a number before it is missing, or it is given twice");
	}
}

static const struct row *row_of(const char *key)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].key, key))
			return &rows[i];
	return NULL;
}

/* The line that counts for a key is the last. */
static const struct rc_line *find(const struct source *s, const char *key)
{
	const struct rc_line *found = NULL;

	for (size_t i = 0; i < s->rc.lines.n; i++)
		if (str_eq(s->rc.lines.v[i].key, key))
			found = &s->rc.lines.v[i];
	return found;
}

static void one_key(const struct at *at)
{
	const struct row *row = row_of(at->l->key);

	if (series_of(at->l->key))
		return;
	if (!row)
		warn(at, "is no key of an rc-file, and is left out");
	else if (find(at->s, at->l->key) != at->l)
		warn(at, "is given again below, which counts");
	else if (is_set(at->l) || row->zero)
		row->translate(at, row);
}

static void rc_file(struct translation *t)
{
	for (size_t i = 0; i < t->rc.rc.lines.n; i++) {
		const struct at at = { t, &t->rc, &t->rc.rc.lines.v[i] };

		if (at.l->key)
			one_key(&at);
		else
			report_warning(t->rc.report, at.l->line, at.l->col, "options belong into the cfg-file; the line is left out");
	}
	if (!find(&t->rc, "NAME"))
		report_error(t->rc.report, 0, 0, "NAME is missing");
	if (!find(&t->rc, "TGTARCH"))
		report_error(t->rc.report, 0, 0, "TGTARCH is missing (add 'TGTARCH=qemu-system-x86_64')");
	if (!find(&t->rc, "RAM")) {
		static const struct rc_line none = { .key = "RAM" };

		put(&(struct at){ t, &t->rc, &none }, "hardware.ram", "2G");
	}
}

/* Raw options come last, so that they have the last word. */
static void cfg_file(struct translation *t)
{
	for (size_t i = 0; i < t->cfg.rc.lines.n; i++) {
		const struct at at = { t, &t->cfg, &t->cfg.rc.lines.v[i] };
		const struct raw r = { t->files->folder, t->cfg.report, at.l->line, at.l->col, &t->mem, &t->args };

		if (!at.l->key)
			raw_options(&r, &at.l->words);
		else if (!series_of(at.l->key))
			warn(&at, "is not known in a cfg-file, and is left out");
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
	const struct at at = { t, &t->rc, find(&t->rc, "DESC") };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(report_done) struct report none = { 0 };

	if (!at.l || !is_set(at.l))
		return;
	str_fmt(&t->text, "# %s\n", at.l->value);
	if (ini_parse(&ini, "", str_text(&t->text), t->text.n, &none) == 0)
		return;
	warn(&at, "is not UTF-8, and is left out");
	str_clear(&t->text);
}

static void finish(struct translation *t)
{
	static const struct rc_line none = { .key = "options" };
	const struct at at = { t, &t->cfg, &none };
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { 0 };
	struct err e = { 0 };

	if (t->args.n)
		write_values(&at, "driver.qemu.args", t->args.v, t->args.n);
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
	all_series(&t);
	left_over(&t, &t.rc);
	left_over(&t, &t.cfg);
	cfg_file(&t);
	finish(&t);
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
