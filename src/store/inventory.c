/* SPDX-License-Identifier: ISC */
#include "store/inventory.h"

#include <ctype.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

/* "brth", and the release of the tables below: another one is set aside. */
enum { APPLICATION = 0x62727468, SCHEMA = 2, BUSY_MS = 5000 };

/*
 * word holds everything that is looked up, by kind (a letter below): one index answers
 * every key. The record itself is the card as JSON.
 */
static const char schema[] =
	"CREATE TABLE guest (record INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, own INTEGER NOT NULL,"
	" inode INTEGER NOT NULL, mtime INTEGER NOT NULL, size INTEGER NOT NULL, card TEXT NOT NULL);"
	"CREATE TABLE word (kind TEXT NOT NULL, value TEXT NOT NULL, record INTEGER NOT NULL REFERENCES guest,"
	" PRIMARY KEY (kind, value, record)) WITHOUT ROWID;"
	"CREATE INDEX word_record ON word (record);"
	"CREATE TABLE root (dir TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;";

#define KIND_LABEL "l"
#define KIND_UUID "u"
#define KIND_MAC "m"
#define KIND_NAME "t"
#define KIND_TAG "@"
#define KIND_FILE "f"

struct inventory {
	sqlite3 *db;
	sqlite3_stmt *put, *put_word, *drop_words;      /* prepared once for a whole scan */
};

/* SQLite's errors as ours. */
static int failed(struct inventory *inv, struct err *e)
{
	int code = sqlite3_errcode(inv->db);

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return err_set(e, ERR_BUSY, "the inventory is being written by another berth");
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return err_set(e, ERR_INVALID, "the inventory is damaged (berth scan makes it anew)");
	return err_set(e, code == SQLITE_PERM || code == SQLITE_READONLY ? ERR_PERMISSION : ERR_FAILED, "the inventory: %s",
		       sqlite3_errmsg(inv->db));
}

static int execute(struct inventory *inv, const char *sql, struct err *e)
{
	return sqlite3_exec(inv->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(inv, e);
}

static void finalize(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
	*s = NULL;
}

static sqlite3_stmt *prepare(struct inventory *inv, const char *sql, struct err *e)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(inv->db, sql, -1, &s, NULL) != SQLITE_OK)
		failed(inv, e);
	return s;
}

static void bind(sqlite3_stmt *s, int n, const char *text)
{
	sqlite3_bind_text(s, n, text, -1, SQLITE_STATIC);
}

/* 1: a row; 0: the end; -1. */
static int step(struct inventory *inv, sqlite3_stmt *s, struct err *e)
{
	int code = sqlite3_step(s);

	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : failed(inv, e);
}

static const char *column(sqlite3_stmt *s, int n)
{
	const char *text = (const char *)sqlite3_column_text(s, n);

	return text ? text : "";
}

/* One number that a pragma says; -1 for a file that is no database. */
static long pragma(struct inventory *inv, const char *sql)
{
	struct err ignored = { 0 };
	DEFER(finalize) sqlite3_stmt *s = prepare(inv, sql, &ignored);

	return s && sqlite3_step(s) == SQLITE_ROW ? (long)sqlite3_column_int64(s, 0) : -1;
}

static bool is_ours(struct inventory *inv)
{
	return pragma(inv, "PRAGMA application_id") == APPLICATION && pragma(inv, "PRAGMA user_version") == SCHEMA;
}

void inventory_close(struct inventory **inv)
{
	if (!*inv)
		return;
	finalize(&(*inv)->put);
	finalize(&(*inv)->put_word);
	finalize(&(*inv)->drop_words);
	sqlite3_close((*inv)->db);
	free(*inv);
	*inv = NULL;
}

static struct inventory *connect(const char *file, int flags, struct err *e)
{
	struct inventory *inv = xmalloc(sizeof *inv);

	*inv = (struct inventory){ 0 };
	if (sqlite3_open_v2(file, &inv->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		failed(inv, e);
		err_add(e, "%s", file);
		inventory_close(&inv);
		return NULL;
	}
	sqlite3_busy_timeout(inv->db, BUSY_MS);
	return inv;
}

/* Who may not write beside it reads the file as it is; between two scans that is all of it. */
static int open_to_read(struct inventory **out, const char *file, struct err *e)
{
	struct arena a = { 0 };
	struct err ignored = { 0 };

	if (access(file, R_OK) < 0)
		return 0;
	*out = access(file, W_OK) == 0 ? connect(file, SQLITE_OPEN_READWRITE, &ignored)
		: connect(arena_fmt(&a, "file:%s?immutable=1", file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &ignored);
	arena_done(&a);
	if (*out && !is_ours(*out))
		inventory_close(out);
	return 0;
}

/* Both in one transaction: whoever is killed in between has left an empty file. */
static int set_up(struct inventory *inv, struct err *e)
{
	struct arena a = { 0 };
	int status = execute(inv, arena_fmt(&a, "BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
					    schema, APPLICATION, SCHEMA), e);

	/* Somebody else has been quicker: what was begun is over. */
	if (status < 0)
		sqlite3_exec(inv->db, "ROLLBACK", NULL, NULL, NULL);
	arena_done(&a);
	return status;
}

/* Out of the way, with what SQLite has beside it. */
int inventory_set_aside(const char *file, struct err *e)
{
	struct arena a = { 0 };
	int status = 0;

	if (rename(file, arena_fmt(&a, "%s.bad", file)) < 0)
		status = err_errno(e, errno, "%s", file);
	unlink(arena_fmt(&a, "%s-wal", file));
	unlink(arena_fmt(&a, "%s-shm", file));
	arena_done(&a);
	return status;
}

/* Another berth may be about to make the same file. */
static int make(struct inventory *inv, struct err *e)
{
	if (execute(inv, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536", e) < 0)
		return -1;
	return is_ours(inv) || set_up(inv, e) == 0 || is_ours(inv) ? 0 : -1;
}

/* Its schema can be read, at least; other damage shows when it is met. */
static bool is_whole(struct inventory *inv)
{
	struct err ignored = { 0 };
	DEFER(finalize) sqlite3_stmt *s = prepare(inv, "SELECT 1 FROM guest, word, root, note LIMIT 1", &ignored);

	return s;
}

/* An empty file is one that nobody has come to fill; every other one should be ours. */
static bool good_file(const char *file)
{
	struct err ignored = { 0 };
	struct inventory *inv;
	struct stat st;
	bool good;

	if (stat(file, &st) < 0 || !st.st_size)
		return true;
	inv = connect(file, SQLITE_OPEN_READWRITE, &ignored);
	good = inv && ((is_ours(inv) && is_whole(inv)) || sqlite3_errcode(inv->db) == SQLITE_BUSY);
	inventory_close(&inv);
	return good;
}

static int open_to_write(struct inventory **out, const char *file, bool *aside, struct err *e)
{
	if (file && !good_file(file)) {
		if (inventory_set_aside(file, e) < 0)
			return -1;
		*aside = true;
	}
	*out = connect(file ? file : ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);
	if (!*out)
		return -1;
	if (file)
		chmod(file, 0600);
	if (make(*out, e) < 0) {
		inventory_close(out);
		return -1;
	}
	return 0;
}

int inventory_open(struct inventory **out, const char *file, enum inventory_mode mode, bool *aside, struct err *e)
{
	*out = NULL;
	return mode == INVENTORY_READ ? open_to_read(out, file, e) : open_to_write(out, file, aside, e);
}

int inventory_begin(struct inventory *inv, struct err *e)
{
	return execute(inv, "BEGIN IMMEDIATE", e);
}

int inventory_commit(struct inventory *inv, struct err *e)
{
	return execute(inv, "COMMIT", e);
}

int inventory_known(struct inventory *inv, bool own, struct known_list *out, struct err *e)
{
	DEFER(finalize) sqlite3_stmt *s = prepare(inv, own
		? "SELECT record, path, inode, mtime, size FROM guest WHERE own ORDER BY path"
		: "SELECT record, path, inode, mtime, size FROM guest WHERE NOT own ORDER BY path", e);
	int more = s ? 1 : -1;

	while (more > 0 && (more = step(inv, s, e)) > 0)
		*vec_add(&out->files, &out->mem) = (struct known){
			.record = (long)sqlite3_column_int64(s, 0), .path = arena_str(&out->mem, column(s, 1)),
			.stamp = { sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3), sqlite3_column_int64(s, 4) },
		};
	return more;
}

void known_done(struct known_list *k)
{
	arena_done(&k->mem);
	*k = (struct known_list){ 0 };
}

static int put_word(struct inventory *inv, long record, const char *kind, const char *value, struct err *e)
{
	int status;

	sqlite3_bind_int64(inv->put_word, 1, record);
	bind(inv->put_word, 2, kind);
	bind(inv->put_word, 3, value);
	status = step(inv, inv->put_word, e);
	sqlite3_reset(inv->put_word);
	return status;
}

static int put_all(struct inventory *inv, long record, const char *kind, const struct words *values, struct err *e)
{
	for (size_t i = 0; i < values->n; i++)
		if (put_word(inv, record, kind, values->v[i], e) < 0)
			return -1;
	return 0;
}

static char *lower(const char *s, struct arena *a)
{
	char *copy = arena_str(a, s);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* The names between the slashes of a path, and the last one without .conf, too. */
static void names_of(const char *path, struct words *out, struct arena *a)
{
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/");

		words_add(out, a, arena_strn(a, path, n));
		path += n;
	}
	if (out->n && str_ends(out->v[out->n - 1], ".conf"))
		words_add(out, a, arena_strn(a, out->v[out->n - 1], strlen(out->v[out->n - 1]) - 5));
}

static int put_words(struct inventory *inv, const struct card *c, long record, struct err *e)
{
	struct arena a = { 0 };
	struct words names = { 0 };
	int status;

	for (size_t i = 0; i < c->paths.n; i++)
		names_of(c->paths.v[i], &names, &a);
	status = put_word(inv, record, KIND_LABEL, lower(c->label, &a), e) < 0 ||
		 put_word(inv, record, KIND_UUID, c->uuid, e) < 0 ||
		 put_all(inv, record, KIND_MAC, &c->macs, e) < 0 || put_all(inv, record, KIND_NAME, &c->names, e) < 0 ||
		 put_all(inv, record, KIND_TAG, &c->tags, e) < 0 || put_all(inv, record, KIND_FILE, &names, e) < 0 ? -1 : 0;
	arena_done(&a);
	return status;
}

static int drop_words(struct inventory *inv, long record, struct err *e)
{
	int status;

	sqlite3_bind_int64(inv->drop_words, 1, record);
	status = step(inv, inv->drop_words, e);
	sqlite3_reset(inv->drop_words);
	return status;
}

static int prepare_all(struct inventory *inv, struct err *e)
{
	if (!inv->put)
		inv->put = prepare(inv, "INSERT INTO guest (path, own, inode, mtime, size, card) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			" ON CONFLICT (path) DO UPDATE SET own = ?2, inode = ?3, mtime = ?4, size = ?5, card = ?6"
			" RETURNING record", e);
	if (!inv->put_word)
		inv->put_word = prepare(inv, "INSERT OR IGNORE INTO word (record, kind, value) VALUES (?1, ?2, ?3)", e);
	if (!inv->drop_words)
		inv->drop_words = prepare(inv, "DELETE FROM word WHERE record = ?1", e);
	return inv->put && inv->put_word && inv->drop_words ? 0 : -1;
}

/* The row itself; its number in *record. */
static int put_row(struct inventory *inv, const struct card *c, struct stamp t, const char *text, long *record, struct err *e)
{
	int more;

	bind(inv->put, 1, c->paths.v[0]);
	sqlite3_bind_int(inv->put, 2, c->own);
	sqlite3_bind_int64(inv->put, 3, t.inode);
	sqlite3_bind_int64(inv->put, 4, t.mtime_ns);
	sqlite3_bind_int64(inv->put, 5, t.size);
	bind(inv->put, 6, text);
	more = step(inv, inv->put, e);
	if (more > 0)
		*record = (long)sqlite3_column_int64(inv->put, 0);
	sqlite3_reset(inv->put);
	return more > 0 ? 0 : -1;
}

int inventory_put(struct inventory *inv, const struct card *c, struct stamp stamp, struct err *e)
{
	json_t *o = card_json(c);
	DEFER(free_str) char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	long record;

	json_decref(o);
	if (!text)
		return err_set(e, ERR_INVALID, "%s: is not UTF-8", c->paths.v[0]);
	if (prepare_all(inv, e) < 0 || put_row(inv, c, stamp, text, &record, e) < 0 || drop_words(inv, record, e) < 0)
		return -1;
	return put_words(inv, c, record, e);
}

/* A statement that takes one text or none, and answers nothing. */
static int change(struct inventory *inv, const char *sql, const char *one, const char *two, struct err *e)
{
	DEFER(finalize) sqlite3_stmt *s = prepare(inv, sql, e);

	if (!s)
		return -1;
	bind(s, 1, one);
	if (two)
		bind(s, 2, two);
	return step(inv, s, e) < 0 ? -1 : 0;
}

int inventory_drop(struct inventory *inv, long record, struct err *e)
{
	char number[24];

	snprintf(number, sizeof number, "%ld", record);
	if (prepare_all(inv, e) < 0 || drop_words(inv, record, e) < 0)
		return -1;
	return change(inv, "DELETE FROM guest WHERE record = CAST(?1 AS INTEGER)", number, NULL, e);
}

int inventory_roots(struct inventory *inv, struct words *out, struct arena *a, struct err *e)
{
	DEFER(finalize) sqlite3_stmt *s = prepare(inv, "SELECT dir FROM root ORDER BY dir", e);
	int more = s ? 1 : -1;

	while (more > 0 && (more = step(inv, s, e)) > 0)
		words_add(out, a, arena_str(a, column(s, 0)));
	return more;
}

int inventory_root(struct inventory *inv, const char *dir, bool keep, struct err *e)
{
	return change(inv, keep ? "INSERT OR IGNORE INTO root (dir) VALUES (?1)" : "DELETE FROM root WHERE dir = ?1", dir, NULL, e);
}

const char *inventory_note(struct inventory *inv, const char *name, struct arena *a)
{
	struct err ignored = { 0 };
	DEFER(finalize) sqlite3_stmt *s = prepare(inv, "SELECT text FROM note WHERE name = ?1", &ignored);

	if (!s)
		return NULL;
	bind(s, 1, name);
	return step(inv, s, &ignored) > 0 ? arena_str(a, column(s, 0)) : NULL;
}

int inventory_set_note(struct inventory *inv, const char *name, const char *text, struct err *e)
{
	return change(inv, "INSERT OR REPLACE INTO note (name, text) VALUES (?1, ?2)", name, text, e);
}

/* What to look up in the index, of all that an address says: the key that names fewest. */
struct lookup {
	const char *kind;       /* NULL: nothing can be looked up, every record is looked at */
	bool record, path;      /* by these instead */
	struct words values;
};

static long how_many(struct inventory *inv, const char *kind, const char *value)
{
	struct err ignored = { 0 };
	DEFER(finalize) sqlite3_stmt *s = prepare(inv,
		"SELECT count(*) FROM (SELECT 1 FROM word WHERE kind = ?1 AND value = ?2 LIMIT 1000)", &ignored);

	if (!s)
		return 0;
	bind(s, 1, kind);
	bind(s, 2, value);
	return step(inv, s, &ignored) > 0 ? (long)sqlite3_column_int64(s, 0) : 0;
}

/* Of the names in a part of a path, the rarest. */
static void look_for_file(struct inventory *inv, struct lookup *l, const char *part, struct arena *a)
{
	struct words names = { 0 };
	const char *best = part;
	long least = -1;

	names_of(part, &names, a);
	for (size_t i = 0; i < names.n; i++) {
		long n;

		/* The last name without its .conf is the second word of that name. */
		n = how_many(inv, KIND_FILE, names.v[i]);
		if (least < 0 || n < least) {
			least = n;
			best = names.v[i];
		}
	}
	*l = (struct lookup){ .kind = KIND_FILE };
	words_add(&l->values, a, best);
}

/* Keys in the order in which they are worth being looked up. */
static struct lookup choose(struct inventory *inv, const struct address *ad, struct arena *a)
{
	static const struct { enum address_key key; const char *kind; } order[] = {
		{ ADDRESS_RECORD, NULL }, { ADDRESS_PATH, NULL }, { ADDRESS_UUID, KIND_UUID }, { ADDRESS_MAC, KIND_MAC },
		{ ADDRESS_LABEL, KIND_LABEL }, { ADDRESS_TCP, KIND_NAME }, { ADDRESS_FILE, KIND_FILE }, { ADDRESS_TAG, KIND_TAG },
	};
	struct lookup l = { 0 };

	for (size_t i = 0; ad && i < sizeof order / sizeof *order; i++) {
		const struct address_part *p = address_part(ad, order[i].key);

		if (!p || p->glob)
			continue;
		if (p->key == ADDRESS_FILE) {
			look_for_file(inv, &l, p->text, a);
			return l;
		}
		l = (struct lookup){ .kind = order[i].kind, .record = p->key == ADDRESS_RECORD, .path = p->key == ADDRESS_PATH };
		words_add(&l.values, a, p->key == ADDRESS_LABEL ? lower(p->text, a) : p->text);
		for (size_t k = 0; k < p->also.n; k++)
			words_add(&l.values, a, p->also.v[k]);
		return l;
	}
	words_add(&l.values, a, "");
	return l;
}

static sqlite3_stmt *select_by(struct inventory *inv, const struct lookup *l, const char *value, struct err *e)
{
	sqlite3_stmt *s = prepare(inv,
		l->record ? "SELECT record, card, path FROM guest WHERE record = CAST(?1 AS INTEGER)" :
		l->path ? "SELECT record, card, path FROM guest WHERE path = ?1" :
		l->kind ? "SELECT record, card, path FROM word JOIN guest USING (record) WHERE kind = ?2 AND value = ?1 ORDER BY record" :
		"SELECT record, card, path FROM guest ORDER BY record", e);

	if (s && sqlite3_bind_parameter_count(s) > 0)
		bind(s, 1, value);
	if (s && sqlite3_bind_parameter_count(s) > 1)
		bind(s, 2, l->kind);
	return s;
}

static bool found_already(const struct found *out, long record)
{
	for (size_t i = 0; i < out->cards.n; i++)
		if (out->cards.v[i].record == record)
			return true;
	return false;
}

/* A row becomes a card, if it is one that is meant. */
static void consider(sqlite3_stmt *s, const struct address *a, bool all, struct found *out)
{
	json_error_t je;
	json_t *o = json_loads(column(s, 1), 0, &je);
	struct card c;

	if (!o)
		return;
	json_object_set_new(o, "record", json_integer(sqlite3_column_int64(s, 0)));
	card_read(&c, o, &out->mem);
	if ((!all && !card_choosable(&c)) || (a && address_misfit(a, &c))) {
		json_decref(o);
		return;
	}
	*vec_add(&out->cards, &out->mem) = c;
	*vec_add(&out->kept, &out->mem) = o;
}

/*
 * A guest of this host goes before the file it was made from; a copy of that is another one, and
 * makes an address ambiguous. A pattern means guests alone when it fits one.
 */
static void prefer_own(struct found *out, bool alone)
{
	struct words origins = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < out->cards.n; i++)
		for (size_t k = 0; out->cards.v[i].own && k < out->cards.v[i].paths.n; k++)
			words_add(&origins, &out->mem, out->cards.v[i].paths.v[k]);
	if (!origins.n)
		return;
	for (size_t i = 0; i < out->cards.n; i++) {
		const struct card *c = &out->cards.v[i];

		if (c->own || (!alone && !words_has(&origins, c->paths.v[0])))
			out->cards.v[n++] = *c;
	}
	out->cards.n = n;
}

int inventory_find(struct inventory *inv, const struct address *a, bool all, struct found *out, struct err *e)
{
	struct lookup l = choose(inv, a, &out->mem);

	for (size_t i = 0; i < l.values.n; i++) {
		DEFER(finalize) sqlite3_stmt *s = select_by(inv, &l, l.values.v[i], e);
		int more = s ? 1 : -1;

		while (more > 0 && (more = step(inv, s, e)) > 0)
			if (l.values.n == 1 || !found_already(out, (long)sqlite3_column_int64(s, 0)))
				consider(s, a, all, out);
		if (more < 0)
			return -1;
	}
	if (!all)
		prefer_own(out, address_many(a));
	return 0;
}

void found_done(struct found *f)
{
	for (size_t i = 0; i < f->kept.n; i++)
		json_decref(f->kept.v[i]);
	arena_done(&f->mem);
	*f = (struct found){ 0 };
}
