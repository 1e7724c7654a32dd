/* SPDX-License-Identifier: ISC */
#include "front/ctys_facts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/priv.h"
#include "model/guest.h"
#include "text/size.h"

enum { MOST_NICS = 16 };

static void blank_out(char *s, size_t n)
{
	memset(s, ' ', n);
}

static const char mark[] = "#@#MAGICID-";

/* What stands behind the mark. */
static bool is_parked(const char *kind)
{
	return !strncmp(kind, "IGNORE", 6) || !strncmp(kind, "NOENUM", 6);
}

/* Facts become settings where they stand; what kind of file it is, is no setting. NULL: it is to be ignored. */
static char *settings(const struct ctys_file *file, struct arena *a, struct report *r)
{
	char *text = arena_strn(a, file->text, file->size), *s = text;
	int line = 1;

	for (; *s; s += *s == '\n', line++) {
		s += strspn(s, " \t");
		if (str_starts(s, mark)) {
			const char *kind = s + strlen(mark);

			if (is_parked(kind) && !file->parked)
				report_error(r, line, 1, "the file is marked to be ignored (MAGICID-%.6s)", kind);
			else if (!is_parked(kind) && strncmp(kind, "QEMU", 4) != 0)
				report_error(r, line, 1, "MAGICID-%.*s: only guests of QEMU are imported", (int)strcspn(kind, " \t\r\n"), kind);
		} else if (!strncmp(s, "#@#", 3)) {
			blank_out(s, 3);
		} else if (!strncmp(s, "export ", 7)) {
			blank_out(s, 6);
		}
		s += strcspn(s, "\n");
	}
	return text;
}

/* ${KEY:-value} is what the value is unless somebody says otherwise. Nothing else that a shell would work out. */
static const char *literal(const struct rc_line *l, struct arena *a)
{
	const char *s = l->value;
	size_t n = strlen(s), k = strlen(l->key);

	if (n > k + 5 && !strncmp(s, "${", 2) && !strncmp(s + 2, l->key, k) && !strncmp(s + 2 + k, ":-", 2) && s[n - 1] == '}')
		s = arena_strn(a, s + k + 4, n - k - 5);
	return strpbrk(s, "$`") ? NULL : s;
}

struct fact {
	const char *key, *path;
	void (*translate)(const struct at *at, const char *path);
};

static void take(const struct at *at, const char *path)
{
	at_put(at, path, at->l->value);
}

/* "512M/1024M": now, and at most. */
static void first_part(const struct at *at, const char *path)
{
	at_put(at, path, arena_strn(&at->t->mem, at->l->value, strcspn(at->l->value, "/")));
}

static void accelerator(const struct at *at, const char *path)
{
	if (!strcasecmp(at->l->value, "QEMU"))
		at_put(at, path, "tcg");
	else if (strcasecmp(at->l->value, "KVM") != 0)
		at_warn(at, "is an accelerator that is not there any more, and is left out");
}

/* ctys writes it without dashes. */
static void uuid(const struct at *at, const char *path)
{
	enum { DIGITS = 32 };
	const char *s = at->l->value;

	if (strlen(s) == DIGITS)
		s = arena_fmt(&at->t->mem, "%.8s-%.4s-%.4s-%.4s-%s", s, s + 8, s + 12, s + 16, s + 20);
	at_put(at, path, s);
}

static void state(const struct at *at, const char *path)
{
	char *word = arena_str(&at->t->mem, at->l->value);

	for (char *c = word; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	at_put(at, path, word);
}

/* The path is the option; a file of the folder is meant. */
static void drive(const struct at *at, const char *path)
{
	qemu_option(at->t, path, raw_path(at->t->files->folder, at->l->value, &at->t->mem));
	drive_add(at, at->l->key, path + 1);
}

/* One that is not there yet is made by the installation, of the size that is said for that. */
static void boot_drive(const struct at *at, const char *path)
{
	const struct rc_line *size = source_find(at->s, "HDDBOOTIMAGE_INST_SIZE");

	drive(at, path);
	if (size && at->t->drives.n)
		size_parse(size->value, 1, &at->t->drives.v[at->t->drives.n - 1].size);
}

static void a_file(const struct at *at, const char *path)
{
	const char *file = at->l->value;

	at_put(at, path, *file == '/' ? file : arena_fmt(&at->t->mem, "%s/%s", at->t->files->folder, file));
}

static void options(const struct at *at, const char *path)
{
	struct words w = { 0 };
	const char *wrong = rc_words(at->l->value, &w, &at->t->mem);

	if (wrong)
		report_error(at->s->report, at->l->line, at->l->value_col, "%s %s", at->l->key, wrong);
	else
		raw_options(at, at->l->value_col, &w);
}

static const struct fact facts[] = {
	{ "LABEL", "hardware.vm_id", take },
	{ "UUID", "hardware.uuid", uuid },
	{ "MEMSIZE", "hardware.ram", take }, { "VRAM", "hardware.ram", first_part },
	{ "SMP", "hardware.num_cpu", take }, { "VCPU", "hardware.num_cpu", first_part },
	{ "ACCELERATOR", "run.accel", accelerator },
	{ "VMSTATE", "guest.state", state },
	{ "CPU", "driver.qemu.cpu", take },
	{ "HDDBOOTIMAGE", "-hda", boot_drive }, { "HDA", "-hda", drive }, { "HDB", "-hdb", drive }, { "HDC", "-hdc", drive }, { "HDD", "-hdd", drive },
	{ "CDIMAGE", "-cdrom", drive }, { "DVDIMAGE", "-cdrom", drive },
	{ "KERNELIMAGE", "driver.qemu.kernel", a_file }, { "INITRDIMAGE", "driver.qemu.initrd", a_file },
	{ "APPEND", "driver.qemu.append", take },
	{ "ARGSADD", NULL, options },
};

/* Facts for people and for lists of ctys. */
static const char *const told[] = {
	"SESSIONTYPE", "SERNO", "VERSION", "VERNO", "CATEGORY", "CTYSREL", "UID", "GID", "HOST", "ID", "OS", "OSREL", "DIST", "DISTREL",
	"ARCH", "PLATFORM", "DEFAULTHOSTS", "DEFAULTCONSOLE", "CSTRG", "USTRG", "EXECLOCATION", "RELOCCAP", "STACKCAP", "STACKREQ",
	"STACKLEVEL", "HWCAP", "HWREQ",
};

static bool is_told(const char *key)
{
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (!strcmp(told[i], key))
			return true;
	return str_starts(key, "INST_") || str_starts(key, "HDDBOOTIMAGE_");
}

static const struct fact *fact_of(const char *key)
{
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (!strcmp(facts[i].key, key))
			return &facts[i];
	return NULL;
}

/* MAC3 and IP3 are 3, MAC is 0; -1: it is no such key. */
static int nic_number(const char *key, const char *name)
{
	size_t n = strlen(name), digits;

	if (strncmp(key, name, n) != 0)
		return -1;
	digits = strspn(key + n, "0123456789");
	return key[n + digits] || digits > 2 ? -1 : atoi(key + n);
}

/* ip%netmask%relay%ifname%sshport%gateway[,next...] */
static void address(const struct at *at, int n)
{
	enum { RELAY = 2, PARTS = 6 };
	static const char *const parts[PARTS][2] = {
		{ "network", "address" }, { "network", "network" }, { "hardware", "bridge" }, { NULL }, { NULL }, { "network", "gateway" },
	};
	struct arena *a = &at->t->mem;
	const char *s = at->l->value;

	if (strchr(s, ','))
		at_warn(at, "has further addresses, which are left out");
	for (size_t i = 0; i < PARTS && *s && *s != ','; i++) {
		size_t len = strcspn(s, "%,");

		if (len && i == RELAY)
			at_put(at, arena_fmt(a, "hardware.eths.eth%d.type", n), "bridge");
		if (len && parts[i][0])
			at_put(at, arena_fmt(a, "%s.eths.eth%d.%s", parts[i][0], n, parts[i][1]), arena_strn(a, s, len));
		s += len + (s[len] == '%');
	}
}

static void one(const struct at *at)
{
	const struct fact *f = fact_of(at->l->key);
	int mac = nic_number(at->l->key, "MAC"), ip = nic_number(at->l->key, "IP");

	if (mac >= 0 && mac < MOST_NICS)
		at_put(at, arena_fmt(&at->t->mem, "hardware.eths.eth%d.hw_addr", mac), at->l->value);
	else if (ip >= 0 && ip < MOST_NICS)
		address(at, ip);
	else if (f)
		f->translate(at, f->path);
	else
		at_warn(at, "has no key in a machine file, and is left out");
}

/* The same of another name: MEMSIZE and VRAM, say. */
static bool is_there(const struct rc *rc, size_t n)
{
	const struct fact *f = fact_of(rc->lines.v[n].key);

	for (size_t i = 0; i < n; i++) {
		const struct rc_line *l = &rc->lines.v[i];
		const struct fact *other = l->key && *l->value ? fact_of(l->key) : NULL;

		if (str_eq(l->key, rc->lines.v[n].key) || (f && f->path && other && str_eq(f->path, other->path)))
			return true;
	}
	return false;
}

static void all(struct translation *t)
{
	for (size_t i = 0; i < t->rc.rc.lines.n; i++) {
		struct rc_line *l = &t->rc.rc.lines.v[i];
		const struct at at = { t, &t->rc, l };
		const char *value;

		if (!l->key || !*l->value || !strcmp(l->value, ";") || is_told(l->key) || is_there(&t->rc.rc, i))
			continue;
		value = literal(l, &t->mem);
		if (value) {
			l->value = value;
			one(&at);
		} else {
			at_warn(&at, "would have to be worked out by a shell, and is left out");
		}
	}
}

const char *ctys_facts_value(const char *text, const char *key, struct arena *a)
{
	const struct ctys_file file = { .text = text, .size = strlen(text), .parked = true };
	DEFER(report_done) struct report ignored = { 0 };
	DEFER(rc_done) struct rc rc = { 0 };
	const char *value = NULL;

	text = settings(&file, &rc.mem, &ignored);
	rc_parse(&rc, text, strlen(text), &ignored);
	for (size_t i = 0; i < rc.lines.n && !value; i++)
		if (str_eq(rc.lines.v[i].key, key) && *rc.lines.v[i].value && strcmp(rc.lines.v[i].value, ";") != 0)
			value = literal(&rc.lines.v[i], &rc.mem);
	return arena_str(a, value);
}

bool ctys_facts_named(const char *path)
{
	return str_ends(path, ctys_kind.suffix);
}

int ctys_facts(const struct ctys_file *file, struct report *r, struct str *out)
{
	const struct qemud_files files = { .folder = file->folder, .look = file->look };
	struct translation t = { .files = &files, .rc = { .report = r }, .cfg = { .report = r } };
	const char *text = settings(file, &t.mem, r);

	rc_parse(&t.rc.rc, text, strlen(text), r);
	t.rc.used = arena_alloc(&t.mem, t.rc.rc.lines.n + 1);
	all(&t);
	drives_settle(&t);
	if (!source_find(&t.rc, "LABEL"))
		report_error(r, 0, 0, "LABEL is missing");
	qemud_finish(&t);
	str_add(out, str_text(&t.text));
	report_sort(r);
	str_done(&t.text);
	rc_done(&t.rc.rc);
	arena_done(&t.mem);
	return r->errors ? -1 : 0;
}

static bool is_of_qemu(const char *text)
{
	while ((text = strstr(text, mark))) {
		text += strlen(mark);
		if (!is_parked(text) && strncmp(text, "QEMU", 4) != 0)
			return false;
	}
	return true;
}

static int read_scanned(const char *path, const char *text, size_t size, struct str *out, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(report_done) struct report r = { .file = path };
	const char *folder = arena_strn(&a, path, (size_t)(strrchr(path, '/') - path));

	if (!is_of_qemu(text))
		return 0;
	return ctys_facts(&(struct ctys_file){ folder, text, size, image_look, true }, &r, out) < 0 ? report_err(&r, e) : 1;
}

const struct scan_kind ctys_kind = { ".ctys", read_scanned };
