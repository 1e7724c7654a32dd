/* SPDX-License-Identifier: ISC */
#include "app/scan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/attendant.h"
#include "base/str.h"
#include "sys/file.h"

/* Far below where file systems end, and where a circle of mounts would lead. */
enum { DEEPEST = 64, LARGEST = 1 << 20 };

static const struct scan_kind *other;

void scan_also(const struct scan_kind *kind)
{
	other = kind;
}

bool scan_other(const char *path)
{
	return other && str_ends(path, other->suffix);
}

char *scan_beside(const char *path, struct arena *a)
{
	static const char own[] = ".conf";
	const char *from = scan_other(path) ? other->suffix : own, *to = from == own && other ? other->suffix : own;
	char *beside;

	if (from == to || !str_ends(path, from))
		return NULL;
	beside = arena_fmt(a, "%.*s%s", (int)(strlen(path) - strlen(from)), path, to);
	return file_exists(beside) ? beside : NULL;
}

char *scan_file(const struct facts *f, struct arena *a)
{
	return arena_fmt(a, "%s/inventory.db", f->cache_dir);
}

int scan_open(struct scan *s, const struct facts *f, struct err *e)
{
	struct err why = { 0 };

	s->facts = f;
	if (dir_make(f->cache_dir, 0755, &why) == 0 &&
	    inventory_open(&s->inv, scan_file(f, &s->mem), INVENTORY_WRITE, &s->aside, &why) == 0)
		return 0;
	s->lost = arena_str(&s->mem, why.msg);
	return inventory_open(&s->inv, NULL, INVENTORY_WRITE, &s->aside, e);
}

int scan_renew(struct scan *s, struct err *e)
{
	inventory_close(&s->inv);
	s->writing = false;
	s->aside = true;
	if (inventory_set_aside(scan_file(s->facts, &s->mem), e) < 0)
		return -1;
	return scan_open(s, s->facts, e);
}

void scan_done(struct scan *s)
{
	inventory_close(&s->inv);
	arena_done(&s->mem);
	*s = (struct scan){ 0 };
}

static int begin(struct scan *s, struct err *e)
{
	if (!s->writing && inventory_begin(s->inv, e) < 0)
		return -1;
	s->writing = true;
	return 0;
}

int scan_commit(struct scan *s, struct err *e)
{
	if (!s->writing)
		return 0;
	s->writing = false;
	return inventory_commit(s->inv, e);
}

static void problem(struct scan *s, struct err *e)
{
	words_add(&s->problems, &s->mem, arena_str(&s->mem, e->msg));
}

static struct stamp stamp_of(const struct stat *st)
{
	return (struct stamp){ (long long)st->st_ino, st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec, st->st_size };
}

/* What lies beside a file is a part of it. */
static void stamp_more(struct stamp *s, const char *path)
{
	struct arena a = { 0 };
	const char *beside = scan_beside(path, &a);
	struct stat st;

	if (beside && stat(beside, &st) == 0) {
		const struct stamp more = stamp_of(&st);

		s->size += more.size;
		s->mtime_ns = more.mtime_ns > s->mtime_ns ? more.mtime_ns : s->mtime_ns;
	}
	arena_done(&a);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->path, ((const struct known *)b)->path);
}

static struct known *known_find(const struct known_list *k, const char *path)
{
	const struct known key = { .path = path };

	return k->files.n ? bsearch(&key, k->files.v, k->files.n, sizeof key, by_path) : NULL;
}

/* What cannot be looked at now is not gone for that. */
static void keep_below(struct known_list *k, const char *dir)
{
	for (size_t i = 0; i < k->files.n; i++)
		if (path_below(k->files.v[i].path, dir))
			k->files.v[i].seen = true;
}

/* What the guest's folder remembers of it: the machine file it was made from, the driver. */
static void recall(const struct facts *f, struct card *c, const char *name, struct arena *a)
{
	json_error_t je;
	json_t *record = json_load_file(arena_fmt(a, "%s/record.json", guest_folder(f, name, a)), 0, &je);
	const char *driver = json_string_value(json_object_get(record, "driver"));
	const char *source = json_string_value(json_object_get(record, "source"));

	if (driver)
		c->driver = arena_str(a, driver);
	/* That of a clone is another guest's. */
	if (source && *source == '/' && !path_below(source, arena_fmt(a, "%s/guests", f->data_dir)))
		words_add(&c->paths, a, arena_str(a, source));
	json_decref(record);
}

static const char *host_name(struct arena *a)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof name - 1);
	return arena_str(a, name);
}

static const char *link_of(const char *path, struct arena *a)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof to);

	return n > 0 && n < (ssize_t)sizeof to ? arena_strn(a, to, (size_t)n) : NULL;
}

static bool utf8(const char *s)
{
	json_t *o = json_string(s);
	bool yes = o;

	json_decref(o);
	return yes;
}

/* The machine file of such a file, in its place; -1, 0, 1 as of its kind. */
static int translate(const char *path, char **text, size_t *size, struct err *e)
{
	struct str out = { 0 };
	int got = other->read(path, *text, *size, &out, e);

	if (got > 0) {
		free(*text);
		*size = out.n;
		*text = str_take(&out);
	}
	str_done(&out);
	return got;
}

/* Facts of another file count where the machine file says nothing. */
static void add_facts(struct card *c, const char *path, struct arena *a)
{
	const char *beside = scan_beside(path, a);
	struct err ignored = { 0 };
	DEFER(free_str) char *text = beside ? file_read(beside, LARGEST, NULL, &ignored) : NULL;

	if (beside)
		words_add(&c->paths, a, beside);
	if (text)
		card_facts(c, text, a);
}

int scan_card(const struct facts *f, const char *path, const char *name, struct card *out, json_t **details, struct arena *a,
	      struct err *e)
{
	DEFER(report_done) struct report r = { .file = path };
	DEFER(guest_done) struct guest g = { 0 };
	size_t size;
	DEFER(free_str) char *text = file_read(path, name ? INI_MAX_BYTES : LARGEST, &size, e);
	bool foreign = !name && scan_other(path);
	const char *facts;
	int got = 1;

	if (!text)
		return -1;
	if (!utf8(path))
		return err_set(e, ERR_INVALID, "%s: its name is not UTF-8", path);
	facts = foreign ? arena_strn(a, text, size) : text;
	if (foreign)
		got = translate(path, &text, &size, e);
	else if (!name)
		got = strstr(text, "[hardware]") != NULL;
	if (got <= 0)
		return got;
	if (guest_parse(&g, path, text, size, &r, e) < 0)
		return -1;
	if (name)
		g.name = arena_str(&g.mem, name);
	card_make(out, &g, facts, path, name ? link_of(path, a) : NULL, a);
	out->own = name;
	out->host = host_name(a);
	if (name)
		recall(f, out, name, a);
	else if (!foreign)
		add_facts(out, path, a);
	*details = card_describe(out, &g, user_name(getuid(), a), group_name(getgid(), a), a);
	return 1;
}

static int put(struct scan *s, const struct card *c, struct stamp stamp, struct err *e)
{
	if (begin(s, e) < 0 || inventory_put(s->inv, c, stamp, e) < 0)
		return -1;
	s->read++;
	return 0;
}

/* Read a file and write down what it says: only trouble with the inventory itself is an error. */
static int take(struct scan *s, const char *path, const char *name, struct stamp stamp, struct known *k, struct err *e)
{
	struct err trouble = { 0 };
	struct arena a = { 0 };
	json_t *details = NULL;
	struct card card;
	int got = scan_card(s->facts, path, name, &card, &details, &a, &trouble);
	int status = got > 0 ? put(s, &card, stamp, e) : 0;

	/* A file with a mistake in it is there still. */
	if (got < 0)
		problem(s, &trouble);
	if (k)
		k->seen = got != 0;
	json_decref(details);
	arena_done(&a);
	return status;
}

/* One file: read, unless it is as it was. */
static int look(struct scan *s, const char *path, const char *name, struct known_list *known, struct err *e)
{
	struct known *k = known_find(known, path);
	struct stamp stamp;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	stamp = stamp_of(&st);
	if (!name)
		stamp_more(&stamp, path);
	if (!k || memcmp(&k->stamp, &stamp, sizeof stamp))
		return take(s, path, name, stamp, k, e);
	k->seen = true;
	return 0;
}

static int drop_gone(struct scan *s, const struct known_list *known, struct err *e)
{
	for (size_t i = 0; i < known->files.n; i++) {
		if (known->files.v[i].seen)
			continue;
		if (begin(s, e) < 0 || inventory_drop(s->inv, known->files.v[i].record, e) < 0)
			return -1;
		s->gone++;
	}
	return 0;
}

/* Guests come and go by a rename in this directory. */
static char *guests_stamp(struct scan *s)
{
	struct stat st;

	if (stat(arena_fmt(&s->mem, "%s/guests", s->facts->data_dir), &st) < 0)
		return arena_str(&s->mem, "none");
	return arena_fmt(&s->mem, "%lld %lld", stamp_of(&st).inode, stamp_of(&st).mtime_ns);
}

bool scan_own_changed(struct scan *s)
{
	return !str_eq(inventory_note(s->inv, "guests", &s->mem), guests_stamp(s));
}

int scan_own(struct scan *s, struct err *e)
{
	DEFER(known_done) struct known_list known = { 0 };
	struct words names = { 0 };
	const char *stamp = guests_stamp(s);

	if (dir_list(arena_fmt(&s->mem, "%s/guests", s->facts->data_dir), &names, &s->mem, e) < 0 ||
	    inventory_known(s->inv, true, &known, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];

		if (guest_name_ok(name) && !guest_name_reserved(name) &&
		    look(s, arena_fmt(&s->mem, "%s/guest.conf", guest_folder(s->facts, name, &s->mem)), name, &known, e) < 0)
			return -1;
	}
	if (drop_gone(s, &known, e) < 0)
		return -1;
	if (str_eq(inventory_note(s->inv, "guests", &s->mem), stamp))
		return 0;
	return begin(s, e) < 0 ? -1 : inventory_set_note(s->inv, "guests", stamp, e);
}

/* Our own files are looked at by name; hidden directories are programs' own business. */
static bool passes_by(const struct scan *s, const char *path, const char *name)
{
	struct arena a = { 0 };
	bool yes = *name == '.' || str_eq(path, arena_fmt(&a, "%s/guests", s->facts->data_dir)) ||
		   str_eq(path, s->facts->cache_dir) || str_eq(path, s->facts->run_dir) ||
		   str_eq(path, "/proc") || str_eq(path, "/sys") || str_eq(path, "/dev");

	arena_done(&a);
	return yes;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int walk(struct scan *s, const char *dir, int depth, struct known_list *known, struct err *e);

/* Beside a machine file it is a part of that. */
static bool is_alone(const char *path)
{
	struct arena a = { 0 };
	bool yes = scan_other(path) && !scan_beside(path, &a);

	arena_done(&a);
	return yes;
}

/* What one name in a directory is; links are not followed: what they lead to has a place of its own. */
static int entry(struct scan *s, const char *dir, const struct dirent *d, int depth, struct known_list *known, struct err *e)
{
	DEFER(str_done) struct str path = { 0 };
	unsigned char type = d->d_type;
	struct stat st;

	str_fmt(&path, "%s/%s", str_eq(dir, "/") ? "" : dir, d->d_name);
	if (type == DT_UNKNOWN && lstat(path.s, &st) == 0)
		type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
	if (type == DT_DIR && !passes_by(s, path.s, d->d_name))
		return walk(s, path.s, depth + 1, known, e);
	if (type == DT_REG && (str_ends(d->d_name, ".conf") || is_alone(path.s)))
		return look(s, path.s, NULL, known, e);
	return 0;
}

static int walk(struct scan *s, const char *dir, int depth, struct known_list *known, struct err *e)
{
	DEFER(close_dir) DIR *d = depth < DEEPEST ? opendir(dir) : NULL;
	const struct dirent *name;
	struct err why = { 0 };

	if (!d) {
		err_errno(&why, depth < DEEPEST ? errno : ELOOP, "%s", dir);
		problem(s, &why);
		keep_below(known, dir);
		return 0;
	}
	while ((name = readdir(d)))
		if (!str_eq(name->d_name, ".") && !str_eq(name->d_name, "..") && entry(s, dir, name, depth, known, e) < 0)
			return -1;
	return 0;
}

/* Is it one of the directories, or below one? */
static bool looked_at(const char *path, const struct words *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (path_below(path, dirs->v[i]))
			return true;
	return false;
}

int scan_dirs(struct scan *s, const struct words *dirs, bool whole, struct err *e)
{
	DEFER(known_done) struct known_list known = { 0 };

	if (inventory_known(s->inv, false, &known, e) < 0)
		return -1;
	for (size_t i = 0; i < known.files.n; i++)
		known.files.v[i].seen = !whole && !looked_at(known.files.v[i].path, dirs);
	for (size_t i = 0; i < dirs->n; i++)
		if (walk(s, dirs->v[i], 0, &known, e) < 0)
			return -1;
	return drop_gone(s, &known, e);
}

int scan_root(struct scan *s, const char *dir, bool keep, struct err *e)
{
	struct words roots = { 0 };

	if (inventory_roots(s->inv, &roots, &s->mem, e) < 0)
		return -1;
	if (words_has(&roots, dir) == keep)
		return 0;
	return begin(s, e) < 0 ? -1 : inventory_root(s->inv, dir, keep, e);
}
