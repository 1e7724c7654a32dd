/* SPDX-License-Identifier: ISC */
#include "app/resolve.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app/scan.h"
#include "base/str.h"
#include "sys/file.h"
#include "text/ipv4.h"

enum { STEP_PATH = 1, STEP_GUESTS = 2, STEP_INVENTORY = 4, STEP_SCAN = 8, ALL_STEPS = 15, SHOWN = 8 };

/* What a search is about; its memory is the address's. */
struct search {
	const struct facts *f;
	struct address *a;
	const char *word;
	int steps;
	struct scan scan;       /* its inventory may be open only to read */
	bool asked;             /* for the addresses of host names */
	struct found found;
};

static void search_done(struct search *s)
{
	found_done(&s->found);
	scan_done(&s->scan);
}

static int steps_wanted(int *steps, struct err *e)
{
	static const char *const names[] = { "path", "guests", "inventory", "scan" };
	const char *at = getenv("BERTH_RESOLVE");

	*steps = at && *at ? 0 : ALL_STEPS;
	while (at && *at) {
		size_t n = strcspn(at, ","), i = 0;

		while (i < 4 && (strlen(names[i]) != n || strncmp(at, names[i], n)))
			i++;
		if (i == 4)
			return err_set(e, ERR_USAGE, "--resolve: '%.*s' is no step (path, guests, inventory, scan)", (int)n, at);
		*steps |= 1 << i;
		at += n + (at[n] == ',');
	}
	return 0;
}

/* "localhost", our own name with a domain or without: those are here. */
static bool is_here(const char *host)
{
	const char *at = strrchr(host, '@');
	char own[HOST_NAME_MAX + 1] = "";
	size_t n;

	host = at ? at + 1 : host;
	gethostname(own, sizeof own - 1);
	n = strcspn(own, ".");
	return str_eq(host, "localhost") || !strcasecmp(host, own) || (strlen(host) == n && !strncasecmp(host, own, n));
}

static int host_check(const struct search *s, struct err *e)
{
	if (!s->a->host || is_here(s->a->host))
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "'%s' is a guest of '%s', which is another host; berth reaches those of this one "
		       "(a machine file is meant? ./%s)", s->word, s->a->host, s->word);
}

static void add(struct search *s, struct answers *out, struct resolved r)
{
	*(struct resolved *)vec_add(out, &s->a->mem) = r;
}

static bool own_exists(const struct facts *f, const char *name, struct arena *a)
{
	/* Who may not look into it is told so when it is read. */
	return access(arena_fmt(a, "%s/guest.conf", guest_folder(f, name, a)), F_OK) == 0 || errno == EACCES;
}

/* The machine file in the folder of a guest of ours stands for that guest. */
static const char *name_of_path(const struct facts *f, const char *path, struct arena *a)
{
	const char *guests = arena_fmt(a, "%s/guests", f->data_dir);
	const char *name;
	size_t n;

	if (!path_below(path, guests) || !str_ends(path, "/guest.conf"))
		return NULL;
	name = path + strlen(guests) + 1;
	n = strcspn(name, "/");
	return name[n] && !strcmp(name + n, "/guest.conf") ? arena_strn(a, name, n) : NULL;
}

/* Facts beside a machine file are that guest's. */
static const char *definition(const char *path, struct arena *a)
{
	const char *beside = scan_other(path) ? scan_beside(path, a) : NULL;

	return beside ? beside : path;
}

/* The user gave a file, or id: with one that is there. */
static int by_path(struct search *s, struct answers *out, struct err *e)
{
	const struct address_part *id = address_part(s->a, ADDRESS_PATH);
	const char *given = s->a->file ? s->a->file : s->a->host && file_exists(s->word) ? s->word : NULL;

	if (given && !(s->steps & STEP_PATH))
		return err_set(e, ERR_USAGE, "'%s' is a path, and --resolve leaves out that step", s->word);
	if (given) {
		add(s, out, (struct resolved){ .path = path_absolute(given, &s->a->mem), .given = true });
		return 0;
	}
	if (id && !id->glob && s->steps & STEP_PATH && file_exists(id->text))
		add(s, out, (struct resolved){ .path = definition(id->text, &s->a->mem),
					       .name = name_of_path(s->f, id->text, &s->a->mem) });
	return 0;
}

/* As it is written, or with other capitals; NULL: there is none. */
static const char *own_name(struct search *s, const char *label)
{
	struct words names = { 0 };
	struct err ignored = { 0 };

	if (own_exists(s->f, label, &s->a->mem))
		return label;
	dir_list(arena_fmt(&s->a->mem, "%s/guests", s->f->data_dir), &names, &s->a->mem, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (!strcasecmp(names.v[i], label) && own_exists(s->f, names.v[i], &s->a->mem))
			return names.v[i];
	return NULL;
}

static const char *own_file(const struct search *s, const char *name)
{
	return arena_fmt(&s->a->mem, "%s/guest.conf", guest_folder(s->f, name, &s->a->mem));
}

/* When more than the name is said, all of it has to fit. */
static bool own_fits(struct search *s, const char *name)
{
	struct err ignored = { 0 };
	json_t *details = NULL;
	struct card c;
	bool fits = address_name(s->a) ||
		    (scan_card(s->f, own_file(s, name), name, &c, &details, &s->a->mem, &ignored) > 0 && !address_misfit(s->a, &c));

	json_decref(details);
	return fits;
}

static void by_name(struct search *s, struct answers *out)
{
	const struct address_part *label = address_part(s->a, ADDRESS_LABEL);
	const char *name = label && !label->glob ? own_name(s, label->text) : NULL;

	if (name && own_fits(s, name))
		add(s, out, (struct resolved){ .name = name, .path = own_file(s, name) });
}

/* Host names are asked for when nobody is known under that name itself; two seconds are enough for that. */
static bool look_up_names(struct search *s)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	bool any = false;

	s->asked = true;
	for (size_t i = 0; i < s->a->parts.n; i++) {
		struct address_part *p = &s->a->parts.v[i];
		struct addrinfo *list = NULL;
		uint32_t number;

		if (p->key != ADDRESS_TCP || p->glob || p->also.n || ipv4_parse(p->text, &number))
			continue;
		setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
		if (getaddrinfo(p->text, NULL, &hints, &list))
			continue;
		for (struct addrinfo *at = list; at; at = at->ai_next)
			words_add(&p->also, &s->a->mem,
				  ipv4_text(ntohl(((struct sockaddr_in *)at->ai_addr)->sin_addr.s_addr), &s->a->mem));
		freeaddrinfo(list);
		any |= p->also.n > 0;
	}
	return any;
}

static int find(struct search *s, struct err *e)
{
	if (inventory_find(s->scan.inv, s->a, false, &s->found, e) < 0)
		return -1;
	if (!s->found.cards.n && !s->asked && look_up_names(s))
		return inventory_find(s->scan.inv, s->a, false, &s->found, e);
	return 0;
}

/* A pattern is compared with what guests say now, everything else with those that have come since. */
static int refresh(struct search *s, struct err *e)
{
	if (!address_many(s->a) && !scan_own_changed(&s->scan))
		return 0;
	return scan_own(&s->scan, e) < 0 ? -1 : scan_commit(&s->scan, e);
}

static int open_inventory(struct search *s, struct err *e)
{
	s->scan.facts = s->f;
	if (address_many(s->a))
		return scan_open(&s->scan, s->f, e);
	return inventory_open(&s->scan.inv, scan_file(s->f, &s->a->mem), INVENTORY_READ, &s->scan.aside, e);
}

/* In place of a damaged one. What it knew of other places than this host's guests is for a scan. */
static int begin_anew(struct search *s, struct err *e)
{
	found_done(&s->found);
	if (scan_renew(&s->scan, e) < 0 || scan_own(&s->scan, e) < 0 || find(s, e) < 0)
		return -1;
	return scan_commit(&s->scan, e);
}

/* Somebody else may be writing it: what there was before is good enough, since answers are checked. */
static int by_inventory(struct search *s, struct err *e)
{
	struct err ignored = { 0 }, trouble = { 0 };

	if (open_inventory(s, e) < 0)
		return -1;
	if (!s->scan.inv)
		return 0;
	refresh(s, &ignored);
	if (find(s, &trouble) == 0)
		return 0;
	return trouble.kind == ERR_INVALID ? begin_anew(s, e) : err_set(e, trouble.kind, "%s", trouble.msg);
}

/* Where to look: what the address says, else what was scanned before, else what is the user's. */
static int places(struct search *s, struct words *dirs, struct err *e)
{
	const char *home = getenv("HOME");

	for (size_t i = 0; i < s->a->base.n; i++)
		words_add(dirs, &s->a->mem, path_absolute(s->a->base.v[i], &s->a->mem));
	if (!dirs->n && inventory_roots(s->scan.inv, dirs, &s->a->mem, e) < 0)
		return -1;
	if (!dirs->n && home && *home == '/')
		words_add(dirs, &s->a->mem, home);
	return 0;
}

static int scan_and_find(struct search *s, struct err *e)
{
	struct words dirs = { 0 };

	if (scan_own(&s->scan, e) < 0 || find(s, e) < 0)
		return -1;
	if (!s->found.cards.n && (places(s, &dirs, e) < 0 || scan_dirs(&s->scan, &dirs, false, e) < 0 || find(s, e) < 0))
		return -1;
	return scan_commit(&s->scan, e);
}

static int by_scan(struct search *s, struct err *e)
{
	bool aside = s->scan.aside;

	scan_done(&s->scan);
	if (scan_open(&s->scan, s->f, e) < 0)
		return -1;
	s->scan.aside |= aside;
	if (scan_and_find(s, e) == 0)
		return 0;
	found_done(&s->found);
	return e->kind == ERR_INVALID && scan_renew(&s->scan, e) == 0 ? scan_and_find(s, e) : -1;
}

static void take_found(struct search *s, struct answers *out)
{
	struct arena *m = &s->a->mem;

	for (size_t i = 0; i < s->found.cards.n; i++) {
		const struct card *c = &s->found.cards.v[i];
		const char *path = arena_str(m, c->paths.v[0]);

		add(s, out, (struct resolved){ .path = path, .name = c->own ? name_of_path(s->f, path, m) : NULL,
					       .record = c->record, .aside = s->scan.aside });
	}
}

/* Nothing but names: a typing error is told at once, not after a look at every directory. */
static bool names_only(const struct address *a)
{
	for (size_t i = 0; i < a->parts.n; i++)
		if (a->parts.v[i].key != ADDRESS_LABEL)
			return false;
	return !a->base.n;
}

static int search_steps(struct search *s, struct answers *out, struct err *e)
{
	if (steps_wanted(&s->steps, e) < 0 || by_path(s, out, e) < 0)
		return -1;
	if (out->n)
		return 0;
	if (host_check(s, e) < 0)
		return -1;
	if (s->steps & STEP_GUESTS)
		by_name(s, out);
	if (out->n)
		return 0;
	if (s->steps & STEP_INVENTORY && by_inventory(s, e) < 0)
		return -1;
	if (!s->found.cards.n && s->steps & STEP_SCAN && !names_only(s->a) && by_scan(s, e) < 0)
		return -1;
	take_found(s, out);
	return 0;
}

/* What differs between every two of them, as an address would say it. */
static bool tells_apart(const struct found *f, enum address_key key, struct arena *a)
{
	const struct address_part p = { .key = key };
	struct words said = { 0 };

	for (size_t i = 0; i < f->cards.n && i < SHOWN; i++) {
		const char *one = address_said(&p, &f->cards.v[i], a);

		if (!*one || words_has(&said, one))
			return false;
		words_add(&said, a, one);
	}
	return true;
}

static int several(struct search *s, struct err *e)
{
	static const enum address_key keys_tried[] = { ADDRESS_LABEL, ADDRESS_UUID, ADDRESS_MAC, ADDRESS_TCP, ADDRESS_PATH };
	DEFER(str_done) struct str all = { 0 };
	struct arena *m = &s->a->mem;
	struct address_part decides = { .key = ADDRESS_RECORD };
	const struct found *f = &s->found;

	for (size_t i = 0; i < sizeof keys_tried / sizeof *keys_tried && decides.key == ADDRESS_RECORD; i++)
		if (tells_apart(f, keys_tried[i], m))
			decides.key = keys_tried[i];
	for (size_t i = 0; i < f->cards.n && i < SHOWN; i++)
		str_fmt(&all, "\n  %s  %s:%s", f->cards.v[i].paths.v[0], address_key_word(decides.key),
			decides.key == ADDRESS_PATH ? f->cards.v[i].paths.v[0] : address_said(&decides, &f->cards.v[i], m));
	if (f->cards.n > SHOWN)
		str_fmt(&all, "\n  and %zu more (berth find --all '%s')", f->cards.n - SHOWN, s->word);
	return err_set(e, ERR_AMBIGUOUS, "'%s' fits %zu guests; %s decides:%s", s->word, f->cards.n,
		       address_key_word(decides.key), str_text(&all));
}

/* The inventory may be older than the definition. */
static int check(const struct search *s, const struct resolved *r, struct err *e)
{
	struct arena m = { 0 };
	json_t *details = NULL;
	struct card now;
	int got = scan_card(s->f, r->path, r->name, &now, &details, &m, e);
	const struct address_part *p;

	if (got == 0 || (got < 0 && e->kind == ERR_NOT_FOUND))
		got = err_set(e, ERR_NOT_FOUND, "'%s': %s is %s (berth scan)", s->word, r->path,
			      got ? "gone" : "no machine file any more");
	if (got > 0) {
		now.record = r->record;
		p = address_misfit(s->a, &now);
		got = !p ? 0 : err_set(e, ERR_NOT_FOUND, "'%s': %s says %s '%s', not '%s' (berth scan)", s->word, r->path,
				       address_key_word(p->key), address_said(p, &now, &m), p->text);
	}
	json_decref(details);
	arena_done(&m);
	return got;
}

/* What was found by its name alone, or given as a path, is what it is. */
static bool is_certain(const struct search *s, const struct resolved *r)
{
	return r->given || (!r->record && address_name(s->a));
}

static int nobody(struct search *s, struct err *e)
{
	const struct address_part *label = address_part(s->a, ADDRESS_LABEL);
	const char *own = label && !label->glob && !address_name(s->a) ? own_name(s, label->text) : NULL;

	if (own)
		return check(s, &(struct resolved){ .name = own, .path = own_file(s, own) }, e);
	if (address_name(s->a))
		return err_set(e, ERR_NOT_FOUND, "there is no guest '%s' ('berth list' shows all)", s->word);
	return err_set(e, ERR_NOT_FOUND, "no guest fits '%s' ('berth scan' shows what there is, 'berth scan DIR' looks elsewhere)",
		       s->word);
}

int resolve_one(const struct facts *f, struct address *a, const char *word, struct resolved *out, struct err *e)
{
	DEFER(search_done) struct search s = { .f = f, .a = a, .word = word };
	struct answers all = { 0 };

	if (search_steps(&s, &all, e) < 0)
		return -1;
	if (all.n > 1)
		return several(&s, e);
	if (!all.n)
		return nobody(&s, e);
	*out = all.v[0];
	return is_certain(&s, out) ? 0 : check(&s, out, e);
}

int resolve_all(const struct facts *f, struct address *a, const char *word, struct answers *out, struct err *e)
{
	DEFER(search_done) struct search s = { .f = f, .a = a, .word = word };

	if (search_steps(&s, out, e) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (!is_certain(&s, &out->v[i]) && check(&s, &out->v[i], e) < 0)
			return -1;
	return out->n ? 0 : nobody(&s, e);
}
