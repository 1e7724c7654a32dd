/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "app/probe.h"
#include "app/scan.h"
#include "cmd/cards.h"
#include "cmd/common.h"
#include "cmd/rows.h"
#include "model/defined.h"
#include "sys/file.h"

/* The directories of the command line, absolute: dir, and with --base dir%dir as well. */
static void wanted(struct call *c, struct words *dirs)
{
	const char *base = call_option(c, "base");

	for (int i = 0; i < c->argc; i++)
		words_add(dirs, &c->mem, path_absolute(c->argv[i], &c->mem));
	while (base && *base) {
		size_t n = strcspn(base, "%");

		if (n)
			words_add(dirs, &c->mem, path_absolute(arena_strn(&c->mem, base, n), &c->mem));
		base += n + (base[n] == '%');
	}
}

static int check_dirs(const struct words *dirs, struct err *e)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (!file_exists(dirs->v[i]))
			return err_set(e, ERR_NOT_FOUND, "there is no directory '%s'", dirs->v[i]);
	return 0;
}

static int forget(struct call *c, struct scan *s, const char *dir, struct err *e)
{
	struct words roots = { 0 };

	dir = path_absolute(dir, &c->mem);
	if (inventory_roots(s->inv, &roots, &s->mem, e) < 0)
		return -1;
	if (!words_has(&roots, dir))
		return err_set(e, ERR_NOT_FOUND, "'%s' was never scanned", dir);
	return scan_root(s, dir, false, e);
}

/* New directories alone, or all there are. */
static int look(struct call *c, struct scan *s, const struct words *dirs, struct err *e)
{
	const char *gone = call_option(c, "forget");
	struct words roots = { 0 };

	if ((gone && forget(c, s, gone, e) < 0) || scan_own(s, e) < 0)
		return -1;
	for (size_t i = 0; i < dirs->n; i++)
		if (scan_root(s, dirs->v[i], true, e) < 0)
			return -1;
	if (!dirs->n && inventory_roots(s->inv, &roots, &s->mem, e) < 0)
		return -1;
	return scan_dirs(s, dirs->n ? dirs : &roots, !dirs->n, e) < 0 ? -1 : scan_commit(s, e);
}

static void tell(const struct call *c, const struct scan *s)
{
	enum { SHOWN = 100 };

	for (size_t i = 0; i < s->problems.n && i < SHOWN; i++)
		fprintf(stderr, "%s\n", s->problems.v[i]);
	if (s->problems.n > SHOWN)
		fprintf(stderr, "berth: %zu more files have mistakes\n", s->problems.n - SHOWN);
	if (c->quiet)
		return;
	if (s->aside)
		fprintf(stderr, "berth: the inventory was damaged or of another release: it is set aside, and made anew; "
			"directories have to be named again\n");
	fprintf(stderr, "berth: %zu files read, %zu gone\n", s->read, s->gone);
}

static int scan(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(scan_done) struct scan s = { 0 };
	DEFER(found_done) struct found all = { 0 };
	DEFER(view_done) struct view v = { 0 };
	struct words dirs = { 0 };

	wanted(c, &dirs);
	if (cards_view(c, &v, e) < 0 || check_dirs(&dirs, e) < 0 || probe_places(&f, e) < 0 || scan_open(&s, &f, e) < 0)
		return -1;
	if (look(c, &s, &dirs, e) < 0 &&
	    (e->kind != ERR_INVALID || scan_renew(&s, e) < 0 || look(c, &s, &dirs, e) < 0))
		return -1;
	if (s.lost)
		return err_set(e, ERR_FAILED, "the inventory cannot be kept: %s", s.lost);
	tell(c, &s);
	if (c->quiet && !c->json && !v.chosen)
		return 0;
	if (inventory_find(s.inv, NULL, true, &all, e) < 0)
		return -1;
	cards_out(c, &v, "berth.scan/1", all.cards.v, all.cards.n);
	return 0;
}

static const struct opt options[] = {
	{ "base",   'b', "DIR[%DIR]", "directories to look in, as in the address base:" },
	{ "forget", 0,   "DIR",       "do not look in that directory any more" },
	OPTION_NAMES,
	{ 0 },
};

const struct command cmd_scan = {
	.name = "scan",
	.group = "Guests",
	.args = "[DIR]...",
	.summary = "look for guests and machine files, and write down what they can be known by",
	.description =
		"Fills the inventory, by which addresses like uuid: and mac: find a guest: guests of this host, and machine files in "
		"the directories given and below them. These are remembered; without one, all of them are looked at again. A file that has not changed is "
		"not read again, and what is gone is forgotten; a directory that cannot be read keeps what is known of it. Links and "
		"hidden directories are left alone. A file with '#@#MAGICID-IGNORE' in it, or guest.state = ignore, is never found by an address, "
		"nor are backups and templates. The inventory is a cache: it may be deleted at any time.",
	.example = "berth scan ~/machines",
	.options = options,
	.fields = defined_fields,
	.max = -1,
	.completes = "file",
	.run = scan,
};
