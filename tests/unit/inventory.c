/* SPDX-License-Identifier: ISC */
/* The inventory: what is put in is found by every key; damage is set aside. */
#include "tap.h"

#include "scratch.h"
#include "store/inventory.h"

static char *file;

/* Guest number n; a copy of it elsewhere has everything but the path. */
static void put_guest(struct inventory *inv, int n, const char *dir, bool own, const char *state, struct arena *m)
{
	struct card c = { .own = own, .label = arena_fmt(m, "Web%d", n), .uuid = arena_fmt(m, "6e4154f1-0cf6-8bf3-a742-%012d", n),
			  .state = state, .driver = "qemu" };
	struct err e = { 0 };

	words_add(&c.macs, m, arena_fmt(m, "52:54:00:00:00:%02x", n));
	words_add(&c.names, m, arena_fmt(m, "10.0.0.%d", n));
	words_add(&c.tags, m, n % 2 ? "odd" : "even");
	words_add(&c.paths, m, arena_fmt(m, "%s/web%d/web%d.conf", dir, n, n));
	ok(inventory_put(inv, &c, (struct stamp){ n, n, n }, &e) == 0, "put %s/web%d", dir, n);
}

/* The records that an address finds: "1 2". */
static char *found(struct inventory *inv, const char *word, struct arena *m)
{
	DEFER(address_done) struct address a = { 0 };
	DEFER(found_done) struct found f = { 0 };
	DEFER(str_done) struct str s = { 0 };
	struct err e = { 0 };

	if (address_parse(&a, word, &e) < 0 || inventory_find(inv, &a, false, &f, &e) < 0)
		return arena_str(m, e.msg);
	for (size_t i = 0; i < f.cards.n; i++)
		str_fmt(&s, "%s%ld", i ? " " : "", f.cards.v[i].record);
	return arena_str(m, str_text(&s));
}

static void test_find(struct inventory *inv, struct arena *m)
{
	static const struct { const char *word, *want; } rows[] = {
		{ "l:web1", "1" }, { "l:web", "" }, { "l:web1*", "1 10" }, { "u:6e4154f1-0cf6-8bf3-a742-000000000003", "3" },
		{ "m:525400000004", "4" }, { "t:10.0.0.1", "1" }, { "f:web7", "7" }, { "f:pool/web7", "7" }, { "f:web7/web7.conf", "7" },
		{ "f:srv/web7", "" }, { "i:/srv/pool/web2/web2.conf", "2" }, { "dr:5", "5" }, { "dr:99", "" }, { "@odd", "1 3 5 7 9" },
		{ "@odd,l:web3", "3" }, { "@even,l:web3", "" }, { "u:6e4154f1-0cf6-8bf3-a742-000000000003,l:web4", "" },
		{ "l:web6,b:/srv/other", "" }, { "l:web6,b:/srv/other%/srv/pool", "6" }, { "f:srv,t:10.0.0.8", "8" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is(found(inv, rows[i].word, m), rows[i].want, rows[i].word);
}

static void test_copies(struct inventory *inv, struct arena *m)
{
	put_guest(inv, 1, "/copy", false, "active", m);
	is(found(inv, "l:web1", m), "1 11", "a copy makes it ambiguous");
	is(found(inv, "l:web1,b:/copy", m), "11", "more words decide");
	put_guest(inv, 1, "/copy", false, "backup", m);
	is(found(inv, "l:web1", m), "1", "a backup does not, and has kept its number");
	put_guest(inv, 2, "/own", true, "active", m);
	is(found(inv, "l:web2", m), "2 13", "a guest of this host and a copy of it are two; numbers have gaps");
	is(found(inv, "l:web2*", m), "13", "a pattern means the guest");
}

static void test_write(struct arena *m)
{
	DEFER(known_done) struct known_list known = { 0 };
	struct inventory *inv = NULL, *other = NULL;
	struct err e = { 0 };
	bool aside = false;

	ok(inventory_open(&inv, file, INVENTORY_WRITE, &aside, &e) == 0 && !aside, "made");
	ok(inventory_begin(inv, &e) == 0, "begun");
	for (int i = 1; i <= 10; i++)
		put_guest(inv, i, "/srv/pool", false, "active", m);
	ok(inventory_open(&other, file, INVENTORY_READ, &aside, &e) == 0 && other, "somebody reads meanwhile");
	is(found(other, "l:web1", m), "", "and sees nothing of it yet");
	ok(inventory_commit(inv, &e) == 0, "written");
	is(found(other, "l:web1", m), "1", "now he does");
	inventory_close(&other);
	test_find(inv, m);
	test_copies(inv, m);
	ok(inventory_known(inv, false, &known, &e) == 0 && known.files.n == 11, "all files are known");
	is(known.files.v[0].path, "/copy/web1/web1.conf", "by path");
	ok(inventory_drop(inv, 3, &e) == 0, "one is dropped");
	is(found(inv, "m:525400000003", m), "", "and not found any more");
	inventory_close(&inv);
}

static void test_uncommitted(struct arena *m)
{
	struct inventory *inv = NULL;
	struct err e = { 0 };
	bool aside = false;

	inventory_open(&inv, file, INVENTORY_WRITE, &aside, &e);
	inventory_begin(inv, &e);
	put_guest(inv, 50, "/srv/pool", false, "active", m);
	inventory_close(&inv);
	inventory_open(&inv, file, INVENTORY_READ, &aside, &e);
	is(found(inv, "l:web50", m), "", "what was not committed is not there");
	is(found(inv, "l:web1", m), "1", "what was there is there");
	inventory_close(&inv);
}

/* What SQLite did not write, and what is no inventory of ours. */
static void test_damage(const char *text, const char *what)
{
	struct inventory *inv = NULL;
	struct err e = { 0 };
	bool aside = false;

	put(file, text);
	unlink(at("inventory.db.bad"));
	ok(inventory_open(&inv, file, INVENTORY_READ, &aside, &e) == 0 && !inv, "%s is not read", what);
	ok(inventory_open(&inv, file, INVENTORY_WRITE, &aside, &e) == 0 && inv && aside, "%s is set aside", what);
	ok(file_exists(at("inventory.db.bad")), "and kept");
	inventory_close(&inv);
	ok(inventory_open(&inv, file, INVENTORY_READ, &aside, &e) == 0 && inv, "there is a new one");
	inventory_close(&inv);
}

int main(void)
{
	struct inventory *inv = NULL;
	struct arena m = { 0 };
	struct err e = { 0 };
	bool aside = false;

	scratch_begin();
	file = at("inventory.db");
	ok(inventory_open(&inv, file, INVENTORY_READ, &aside, &e) == 0 && !inv, "there is none");
	test_write(&m);
	test_uncommitted(&m);
	test_damage("[hardware]\nnot a database at all, but long enough to be looked at as one: it has more bytes than a header\n", "a text");
	test_damage("SQLite format 3", "the beginning of one");
	ok(inventory_open(&inv, NULL, INVENTORY_WRITE, &aside, &e) == 0, "one in memory");
	put_guest(inv, 1, "/srv/pool", false, "active", &m);
	is(found(inv, "l:web1", &m), "1", "finds as well");
	inventory_close(&inv);
	arena_done(&m);
	scratch_end();
	return tap_done();
}
