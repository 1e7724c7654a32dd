/* SPDX-License-Identifier: ISC */
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/autostart.h"
#include "cmd/common.h"
#include "front/ctys_facts.h"
#include "front/qemud.h"
#include "front/qemud_etc.h"
#include "sys/file.h"
#include "text/quote.h"
#include "text/rc.h"

enum { LAST_ORDER = 999 };              /* of run.order */

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder a file is in, absolute. */
static char *folder_of(const char *file, struct arena *a)
{
	char *full = path_absolute(file, a), *slash = strrchr(full, '/');

	*(slash == full ? slash + 1 : slash) = 0;
	return full;
}

static void tell(const struct call *c, struct report *r)
{
	for (size_t i = 0; i < r->problems.n; i++)
		if (!c->quiet || r->problems.v[i].severity == SEV_ERROR)
			fprintf(stderr, "%s\n", report_line(r, &r->problems.v[i], &r->mem));
}

static void say(const struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The report, line by line; what would be done is not said, but shown. */
static void say(const struct call *c, const char *fmt, ...)
{
	va_list args;

	if (c->quiet || call_option(c, "dry-run"))
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

/* Print it, or write it where nothing is yet. */
static int publish(struct call *c, const char *to, const struct str *text, struct err *e)
{
	if (call_option(c, "dry-run") || str_eq(to, "-")) {
		out_text(text);
		return 0;
	}
	if (file_exists(to) && !call_option(c, "force"))
		return err_set(e, ERR_EXISTS, "'%s' is there already (see --output and --force)", to);
	if (file_write(to, str_text(text), text->n, 0, e) < 0)
		return -1;
	say(c, "%s", to);
	return 0;
}

/* One guest, and what becomes of it besides its machine file. */
struct wish {
	const char *file;               /* its rc-file */
	const char *to;                 /* its machine file; NULL: beside it */
	bool joins, autostart;          /* it is registered, it starts with the host */
	int order, vnc_base;            /* as the host it comes from had them; 0: nothing is known */
};

/* Whose process it was: its folder's owner, who need not have a name. */
static const char *owner(const char *folder, struct arena *a)
{
	const struct passwd *pw;
	struct stat st;

	if (getuid() || stat(folder, &st) < 0 || !st.st_uid)
		return NULL;
	pw = getpwuid(st.st_uid);
	return pw ? arena_str(a, pw->pw_name) : NULL;
}

/* The machine file of two files that are read; what is wrong with them is told. */
static int translate(const struct call *c, const struct qemud_files *files, const char *rc_file, const char *cfg_file, struct str *out,
		     struct err *e)
{
	DEFER(report_done) struct report rc = { .file = rc_file };
	DEFER(report_done) struct report cfg = { .file = cfg_file };
	int status = qemud_translate(files, &rc, &cfg, out);

	tell(c, &rc);
	tell(c, &cfg);
	return status < 0 ? err_set(e, ERR_INVALID, "'%s' is not imported", rc_file) : 0;
}

static int import_file(struct call *c, const struct wish *w, const char *to, struct err *e)
{
	const char *cfg = arena_fmt(&c->mem, "%.*s-qemu.cfg", (int)(strlen(w->file) - strlen("-qemud.rc")), w->file);
	DEFER(str_done) struct str out = { 0 };
	DEFER(free_str) char *text = NULL;
	DEFER(free_str) char *more = NULL;
	struct qemud_files files = {
		.folder = folder_of(w->file, &c->mem), .look = image_look, .order = w->order, .vnc_base = w->vnc_base,
	};

	text = file_read(w->file, RC_MAX_BYTES, &files.rc_size, e);
	if (!text)
		return -1;
	if (file_exists(cfg)) {
		more = file_read(cfg, RC_MAX_BYTES, &files.cfg_size, e);
		if (!more)
			return -1;
	}
	files.rc = text;
	files.cfg = more;
	if (w->joins)
		files.run_as = owner(files.folder, &c->mem);
	if (translate(c, &files, w->file, cfg, &out, e) < 0 || publish(c, to, &out, e) < 0)
		return -1;
	if (!w->joins && !w->to && strstr(str_text(&out), "[[hdds]]") && !c->quiet)
		fprintf(stderr, "berth: its disks are there already: 'berth register %s', for 'berth up' would make new ones\n", to);
	return 0;
}

/* A command of berth's own, as if it had been typed; a dry run says what would be typed. */
static int command(struct call *c, const char *const *words, struct err *e)
{
	DEFER(str_done) struct str s = { 0 };
	struct words w = { 0 };

	words_add(&w, &c->mem, "berth");
	words_extend(&w, &c->mem, words);
	words_add(&w, &c->mem, NULL);
	if (!call_option(c, "dry-run"))
		return dispatch((int)w.n - 1, (char **)w.v, e);
	str_add(&s, "# then: ");
	quote_argv(&s, w.v);
	str_addc(&s, '\n');
	out_text(&s);
	return 0;
}

/* Two paths of one file: a guest's machine file is a link to the one it was registered with. */
static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* What of it has been done already, maybe by a call that was killed. */
static int look_up(struct call *c, const char *file, bool *registered, bool *marked, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	const char *name;

	if (call_option(c, "dry-run"))
		return 0;
	if (target_load(&t, file, &(struct target_want){ 0 }, e) < 0)
		return -1;
	name = t.guest.name;
	*registered = is_same(arena_fmt(&c->mem, "%s/guest.conf", guest_folder(&t.facts, name, &c->mem)), file);
	*marked = file_exists(autostart_mark(&t.facts, name, &c->mem));
	return 0;
}

/* Register the guest of a machine file and mark it. A mark that was switched off since stays so. */
static int join(struct call *c, const char *file, bool autostart, struct err *e)
{
	bool registered = false, marked = false;

	if (look_up(c, file, &registered, &marked, e) < 0)
		return -1;
	if (!registered && command(c, ARGV("register", "--quiet", file), e) < 0)
		return -1;
	return autostart && !marked ? command(c, ARGV("autostart", "on", file), e) : 0;
}

static int import_guest(struct call *c, const struct wish *w, struct err *e)
{
	const char *name = qemud_name(w->file, &c->mem), *to = w->to;

	if (!name)
		return err_set(e, ERR_USAGE, "'%s' is not called NAME-qemud.rc, so its guest has no name", w->file);
	if (!to)
		to = arena_fmt(&c->mem, "%s/%s.conf", folder_of(w->file, &c->mem), name);
	/* Its owner may have changed it since. */
	if (w->joins && file_exists(to) && !call_option(c, "force"))
		say(c, "%s: is there already, and stays as it is", to);
	else if (import_file(c, w, to, e) < 0)
		return -1;
	if (!w->joins)
		return 0;
	if (join(c, to, w->autostart, e) < 0)
		return -1;
	say(c, "%s is registered%s", name, w->autostart ? " and starts with the host" : "");
	return 0;
}

/* The others are imported, too, when one fails. */
static void import_one(struct call *c, const struct wish *w, struct tally *t)
{
	struct err one = { 0 };

	if (import_guest(c, w, &one) < 0)
		fprintf(stderr, "berth: %s\n", one.msg);
	tally_add(t, one.kind);
}

static int import_folder(struct call *c, const char *folder, struct err *e)
{
	struct words names = { 0 };
	struct tally t = { 0 };

	if (dir_list(folder, &names, &c->mem, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (qemud_name(names.v[i], &c->mem))
			import_one(c, &(struct wish){ .file = arena_fmt(&c->mem, "%s/%s", folder, names.v[i]),
						      .joins = call_option(c, "register") }, &t);
	if (!t.n)
		return err_set(e, ERR_NOT_FOUND, "'%s' holds no file called NAME-qemud.rc", folder);
	return tally_end(&t, "import", e);
}

/* One file of a host of qemu-init; those that may be missing are NULL then. */
static int read_etc(struct call *c, const char *file, bool needed, struct qemud_etc *etc,
		    void (*reader)(struct qemud_etc *etc, const char *text, struct report *r), struct err *e)
{
	DEFER(report_done) struct report r = { .file = file };
	DEFER(free_str) char *text = NULL;

	if (!needed && !file_exists(file))
		return 0;
	text = file_read(file, RC_MAX_BYTES, NULL, e);
	if (!text)
		return -1;
	reader(etc, text, &r);
	tell(c, &r);
	return 0;
}

/* Guests of a host in their order; etcdir NULL: only those of the file 'registered', without what else the host knows. */
static int import_host(struct call *c, const char *registered, const char *etcdir, struct err *e)
{
	DEFER(qemud_etc_done) struct qemud_etc etc = { 0 };
	struct tally t = { 0 };

	if (read_etc(c, registered, true, &etc, qemud_registered, e) < 0)
		return -1;
	if (etcdir && (read_etc(c, arena_fmt(&c->mem, "%s/autostart", etcdir), false, &etc, qemud_autostart, e) < 0 ||
		       read_etc(c, arena_fmt(&c->mem, "%s/vncoffset", etcdir), false, &etc, qemud_vncoffset, e) < 0))
		return -1;
	for (size_t i = 0; i < etc.guests.n; i++) {
		const struct qemud_entry *g = &etc.guests.v[i];

		if (!g->name)
			tally_add(&t, ERR_INVALID);
		else
			import_one(c, &(struct wish){ .file = arena_fmt(&c->mem, "%s/%s-qemud.rc", g->folder, g->name),
						      .joins = etcdir || call_option(c, "register"), .autostart = g->autostart,
						      .order = i < LAST_ORDER ? (int)i + 1 : LAST_ORDER,
						      .vnc_base = etc.vnc_base }, &t);
	}
	return tally_end(&t, "import", e);
}

static bool is_registered_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "registered");
}

/* STEM.ctys, as STEM.conf beside it. */
static int import_ctys(struct call *c, const char *what, const char *to, struct err *e)
{
	const char *folder = folder_of(what, &c->mem), *full = path_absolute(what, &c->mem);
	DEFER(report_done) struct report r = { .file = what };
	struct ctys_file file = { .folder = folder, .look = image_look };
	DEFER(str_done) struct str out = { 0 };
	DEFER(free_str) char *text = file_read(what, RC_MAX_BYTES, &file.size, e);
	int status;

	if (!text)
		return -1;
	if (!to)
		to = arena_fmt(&c->mem, "%.*s.conf", (int)(strlen(full) - strlen(".ctys")), full);
	file.text = text;
	status = ctys_facts(&file, &r, &out);
	tell(c, &r);
	if (status < 0)
		return err_set(e, ERR_INVALID, "'%s' is not imported", what);
	/* Its owner may have changed it since. */
	if (call_option(c, "register") && file_exists(to) && !call_option(c, "force"))
		say(c, "%s: is there already, and stays as it is", to);
	else if (publish(c, to, &out, e) < 0)
		return -1;
	return call_option(c, "register") ? join(c, to, false, e) : 0;
}

static int import(struct call *c, struct err *e)
{
	const char *what = c->argv[0], *to = call_option(c, "output"), *list = arena_fmt(&c->mem, "%s/registered", what);
	bool folder = is_folder(what), many = folder || is_registered_file(what);

	if (to && many)
		return err_set(e, ERR_USAGE, "--output is for one guest, '%s' may hold several", what);
	if (to && call_option(c, "register"))
		return err_set(e, ERR_USAGE, "--output does not go with --register: the machine file belongs beside the images");
	if (!folder && ctys_facts_named(what))
		return import_ctys(c, what, to, e);
	if (folder && file_exists(list))
		return import_host(c, list, what, e);
	if (folder)
		return import_folder(c, what, e);
	if (many)
		return import_host(c, what, NULL, e);
	return import_guest(c, &(struct wish){ .file = what, .to = to, .joins = call_option(c, "register") }, e);
}

static const struct opt options[] = {
	{ "output", 'o', "FILE", "write there instead; '-' prints" },
	{ "force", 'f', NULL, "replace a machine file that is there" },
	{ "register", 'r', NULL, "register the guest as well" },
	{ "dry-run", 'n', NULL, "print the machine file and what would be done, and do nothing" },
	{ 0 },
};

const struct command cmd_import = {
	.name = "import",
	.group = "Machine files",
	.args = "FILE|FOLDER",
	.summary = "make a machine file of a guest of qemu-init or ctys",
	.description = "Reads NAME-qemud.rc, and NAME-qemu.cfg beside it, and writes NAME.conf there; of a folder, every guest in it; of a "
		       "file called 'registered', every guest it lists. A folder with such a file is a whole host of qemu-init: its guests "
		       "are registered ('berth register'), those in 'autostart' are marked to start with the host, in the order of "
		       "'registered', and screens are on ports from the one in 'vncoffset' on. It may be repeated: what is done already "
		       "stays. Nothing of qemu-init's own is changed, and nothing in its files is ever run: commands are told about and "
		       "left out, and so is every line that is not understood, with its place. Quotes make a value literal, so that "
		       "\"0\" is a zero and not 'not set'.\n\n"
		       "NAME, RAM, SMP, CPU, MACHINE, UEFI, KVM, RUNAS, BOOTDELAY, STOPDELAY, DISPLAY and NIC1, NIC2 ... (bridge, MAC) have "
		       "keys in a machine file. Disks (DSK1, -hda, -drive) and CDs become sections of it when that means the same: an image "
		       "in the guest's folder, raw or qcow2, on IDE (then on SATA) or virtio, without options that a machine file has no key "
		       "for; to the system in it they have other serial numbers then (hdd0 ...). Others stay options in driver.qemu.args, with full paths, and a warning says why: berth then knows nothing of "
		       "the image. The images stay where they are; 'berth register' makes a guest of them, 'berth up' would make new ones. "
		       "The machine is q35, with standard VGA and virtio interfaces, unless the files say otherwise; a guest without NIC1 "
		       "is on the bridge br0. With --register, root's guests run as the owner of their folder, unless RUNAS says more.\n\n"
		       "STEM.ctys becomes STEM.conf beside it: facts (#@#KEY=\"value\") and settings (KEY=value) are read, the first of "
		       "the same key counts, ${KEY:-value} is its value, and what a shell would have to work out is left out with a warning.",
	.example = "berth import /home/kvm/dat/web-qemud.rc\nberth import /etc/qemu-init",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "file",
	.run = import,
};
