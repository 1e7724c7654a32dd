/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "front/qemud.h"
#include "sys/file.h"
#include "text/rc.h"

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

/* Print it, or write it where nothing is yet. */
static int publish(struct call *c, const char *to, const struct str *text, struct err *e)
{
	DEFER(str_done) struct str said = { 0 };

	if (call_option(c, "dry-run") || str_eq(to, "-")) {
		out_text(text);
		return 0;
	}
	if (file_exists(to) && !call_option(c, "force"))
		return err_set(e, ERR_EXISTS, "'%s' is there already (see --output and --force)", to);
	if (file_write(to, str_text(text), text->n, 0, e) < 0)
		return -1;
	str_fmt(&said, "%s\n", to);
	if (!c->quiet)
		out_text(&said);
	return 0;
}

static int import_file(struct call *c, const char *file, const char *to, struct err *e)
{
	const char *name = qemud_name(file, &c->mem), *folder;
	DEFER(report_done) struct report rc = { .file = file };
	DEFER(report_done) struct report cfg = { 0 };
	DEFER(str_done) struct str out = { 0 };
	DEFER(free_str) char *text = NULL;
	DEFER(free_str) char *more = NULL;
	struct qemud_files files = { 0 };
	int status;

	if (!name)
		return err_set(e, ERR_USAGE, "'%s' is not called NAME-qemud.rc, so its guest has no name", file);
	folder = folder_of(file, &c->mem);
	text = file_read(file, RC_MAX_BYTES, &files.rc_size, e);
	if (!text)
		return -1;
	cfg.file = arena_fmt(&c->mem, "%.*s-qemu.cfg", (int)(strlen(file) - strlen("-qemud.rc")), file);
	if (file_exists(cfg.file)) {
		more = file_read(cfg.file, RC_MAX_BYTES, &files.cfg_size, e);
		if (!more)
			return -1;
	}
	files.folder = folder;
	files.rc = text;
	files.cfg = more;
	status = qemud_translate(&files, &rc, &cfg, &out);
	tell(c, &rc);
	tell(c, &cfg);
	if (status < 0)
		return err_set(e, ERR_INVALID, "'%s' is not imported", file);
	return publish(c, to ? to : arena_fmt(&c->mem, "%s/%s.conf", folder, name), &out, e);
}

/* Several guests: what became of them so far. */
struct batch {
	size_t found, failed;
	struct err last;
};

/* The others are imported, too, when one fails. */
static void import_one(struct call *c, const char *file, struct batch *b)
{
	struct err one = { 0 };

	b->found++;
	if (import_file(c, file, NULL, &one) == 0)
		return;
	b->failed++;
	fprintf(stderr, "berth: %s\n", one.msg);
	b->last = one;
}

static int batch_err(const struct batch *b, struct err *e)
{
	if (b->failed && b->failed < b->found)
		return err_set(e, ERR_PARTIAL, "%zu of %zu guests are not imported", b->failed, b->found);
	return b->failed ? err_set(e, b->last.kind, "none of %zu guests is imported", b->found) : 0;
}

static int import_folder(struct call *c, const char *folder, struct err *e)
{
	struct words names = { 0 };
	struct batch b = { 0 };

	if (dir_list(folder, &names, &c->mem, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (qemud_name(names.v[i], &c->mem))
			import_one(c, arena_fmt(&c->mem, "%s/%s", folder, names.v[i]), &b);
	if (!b.found)
		return err_set(e, ERR_NOT_FOUND, "'%s' holds no file called NAME-qemud.rc", folder);
	return batch_err(&b, e);
}

/* A line of ETCDIR/registered: a name, blanks, and the absolute path of the guest's folder. */
static void import_registered_line(struct call *c, const char *file, int number, char *line, struct batch *b)
{
	char *name = line + strspn(line, " \t"), *folder;
	size_t n = strlen(name);

	while (n && strchr(" \t\r", name[n - 1]))
		name[--n] = 0;
	if (!*name || *name == '#')
		return;
	folder = strpbrk(name, " \t");
	if (folder) {
		*folder++ = 0;
		folder += strspn(folder, " \t");
	}
	if (folder && *folder == '/' && !strchr(name, '/')) {
		import_one(c, arena_fmt(&c->mem, "%s/%s-qemud.rc", folder, name), b);
		return;
	}
	fprintf(stderr, "%s:%d:1: expected a name and the absolute path of its folder\n", file, number);
	b->found++;
	b->failed++;
	b->last.kind = ERR_INVALID;
}

static int import_registered(struct call *c, const char *file, struct err *e)
{
	DEFER(free_str) char *text = file_read(file, RC_MAX_BYTES, NULL, e);
	struct batch b = { 0 };
	char *next = text;

	if (!text)
		return -1;
	for (int number = 1; next; number++) {
		char *line = strsep(&next, "\n");

		import_registered_line(c, file, number, line, &b);
	}
	return batch_err(&b, e);
}

static bool is_registered_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "registered");
}

static int import(struct call *c, struct err *e)
{
	const char *what = c->argv[0], *to = call_option(c, "output");
	bool folder = is_folder(what), list = !folder && is_registered_file(what);

	if (to && (folder || list))
		return err_set(e, ERR_USAGE, "--output is for one guest, '%s' may hold several", what);
	if (folder)
		return import_folder(c, what, e);
	return list ? import_registered(c, what, e) : import_file(c, what, to, e);
}

static const struct opt options[] = {
	{ "output", 'o', "FILE", "write there instead; '-' prints" },
	{ "force", 'f', NULL, "replace a machine file that is there" },
	{ "dry-run", 'n', NULL, "print the machine file and write nothing" },
	{ 0 },
};

const struct command cmd_import = {
	.name = "import",
	.group = "Machine files",
	.args = "FILE|FOLDER",
	.summary = "make a machine file of a guest of qemu-init",
	.description = "Reads NAME-qemud.rc, and NAME-qemu.cfg beside it, and writes NAME.conf there; of a folder, every guest in it; of a "
		       "file called 'registered', every guest it lists. Nothing in them is ever run: commands are told about and left "
		       "out, and so is every line that is not understood, with its place. Quotes make a value literal, so that \"0\" "
		       "is a zero and not 'not set'.\n\n"
		       "NAME, RAM, SMP, CPU, MACHINE, UEFI, KVM, RUNAS, STOPDELAY, DISPLAY and NIC1, NIC2 ... (bridge, MAC) have keys in a "
		       "machine file. Disks, CDs and the options of the cfg-file become driver.qemu.args with full paths: the images stay "
		       "where they are and are used as before. The machine is q35, with standard VGA and virtio interfaces, unless the "
		       "files say otherwise; a guest without NIC1 is on the bridge br0. The user that the guest runs as ('run.run_as', or "
		       "one without rights) must be allowed to use the images.",
	.example = "berth import /home/kvm/dat/web-qemud.rc",
	.options = options,
	.min = 1,
	.max = 1,
	.completes = "file",
	.run = import,
};
