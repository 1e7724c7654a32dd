/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "front/priv.h"
#include "model/guest.h"
#include "model/plan.h"

struct row {
	const char *key;
	const char *path;               /* where the value goes, as it is */
	void (*translate)(const struct at *at, const struct row *row);
	bool zero;                      /* translate wants to hear of "not set" as well */
	const char *note;               /* why it goes nowhere, or the option it is for */
};

static void take(const struct at *at, const struct row *row)
{
	at_put(at, row->path, at->l->value);
}

static void pass(const struct at *at, const struct row *row)
{
	qemu_option(at->t, row->note, at->l->value);
}

static void no_place(const struct at *at, const struct row *row)
{
	at_warn(at, row->note);
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

	if (!rc_is_set(at->l) || !guest_name_ok(s) || guest_name_reserved(s)) {
		report_error(at->s->report, at->l->line, at->l->value_col,
			     "NAME: '%s' cannot be a guest's name, expected letters and digits", s);
		return;
	}
	if (n > 40 || s[n - 1] == '0' || strpbrk(s, "._-"))
		at_warn(at, "is a name for berth, but not for qemu-init: letters and digits, at most 40, the last one no 0");
	at_put(at, row->path, s);
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
	if (!rc_is_true(at->l))
		at_put(at, row->path, "tcg");
}

static void display(const struct at *at, const struct row *row)
{
	if (!rc_is_true(at->l))
		at_put(at, row->path, "none");
}

static void daemon_mode(const struct at *at, const struct row *row)
{
	if (!rc_is_true(at->l))
		at_warn(at, row->note);
}

/* Without -m, QEMU gives a guest 128 MB. */
static void ram(const struct at *at, const struct row *row)
{
	at_put(at, row->path, rc_is_set(at->l) ? at->l->value : "128M");
}

static void stop_delay(const struct at *at, const struct row *row)
{
	char *end;
	long n = strtol(at->l->value, &end, 10);

	if (!*end && n < 40)
		at_warn(at, "less than 40 seconds counted as not given; 'run.stop_delay' says how long a stop may take");
	else
		at_put(at, row->path, at->l->value);
}

static void smp(const struct at *at, const struct row *row)
{
	if (at->l->value[strspn(at->l->value, "0123456789")])
		qemu_option(at->t, "-smp", at->l->value);
	else
		at_put(at, row->path, at->l->value);
}

static void uefi(const struct at *at, const struct row *row)
{
	if (rc_is_true(at->l))
		at_put(at, row->path, "uefi");
}

static void bios(const struct at *at, const struct row *row)
{
	struct words w = { 0 };

	words_extend(&w, &at->t->mem, ARGV(row->note, at->l->value));
	raw_options(at, at->l->value_col, &w);
}

static void usb(const struct at *at, const struct row *row)
{
	(void)row;
	if (!rc_is_true(at->l))
		return;
	qemu_option(at->t, "-device", "qemu-xhci");
	qemu_option(at->t, "-device", "usb-tablet");
}

static void snapshot(const struct at *at, const struct row *row)
{
	if (rc_is_true(at->l))
		words_add(&at->t->args, &at->t->mem, row->note);
}

static void extra(const struct at *at, const struct row *row)
{
	struct words w = { 0 };
	const char *wrong = rc_words(at->l->value, &w, &at->t->mem);

	(void)row;
	if (wrong)
		report_error(at->s->report, at->l->line, at->l->value_col, "EXTRA %s", wrong);
	else
		raw_options(at, at->l->value_col, &w);
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

static const struct row *row_of(const char *key)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].key, key))
			return &rows[i];
	return NULL;
}

void qemud_key(const struct at *at)
{
	const struct row *row = row_of(at->l->key);

	if (series_has(at->l->key))
		return;
	if (!row)
		at_warn(at, "is no key of an rc-file, and is left out");
	else if (source_find(at->s, at->l->key) != at->l)
		at_warn(at, "is given again below, which counts");
	else if (rc_is_set(at->l) || row->zero)
		row->translate(at, row);
}
