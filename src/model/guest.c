/* SPDX-License-Identifier: ISC */
/*
 * From the tree of a machine file to struct guest, by the key table alone: the rows
 * say what a section or key is, what type it has and where it goes.
 */
#include "model/guest.h"

#include <ctype.h>
#include <string.h>

#include "model/digest.h"

enum { MAX_STARS = 4 };         /* repeated sections within each other; the table has two */

struct reader {
	struct guest *g;
	struct report *r;
};

/* Where the reader is: a section's row path, and the names its '*' stand for. */
struct spot {
	const char *row;
	const char *stars[MAX_STARS];
	size_t nstars;
	void *base;             /* the guest, or the element of the innermost repeated section */
};

bool guest_name_reserved(const char *name)
{
	return str_ends(name, ".new") || str_ends(name, ".lock") || str_ends(name, ".port") || str_ends(name, ".keep") ||
	       str_ends(name, ".ending") || str_ends(name, ".once") || str_ends(name, ".tunnel") ||
	       str_ends(name, ".holder");      /* of a time before 0.1 */
}

bool guest_restarts(const struct guest *g)
{
	return g->restart && strcmp(g->restart, "never") != 0;
}

int guest_stop_ms(const struct guest *g)
{
	const long most = 24 * 3600;
	long seconds = g->stop_delay < most ? g->stop_delay : most;

	return seconds > 0 ? (int)seconds * 1000 : 1;
}

bool guest_name_ok(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > 63 || !isalnum((unsigned char)*name) || (unsigned char)*name > 127)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name > 127 || (!isalnum((unsigned char)*name) && !strchr("._-", *name)))
			return false;
	return true;
}

bool snapshot_name_ok(const char *name)
{
	return guest_name_ok(name) && !guest_name_reserved(name) && name[strspn(name, "0123456789")];
}

struct place guest_place(const struct guest *g, const char *path)
{
	for (size_t i = 0; i < g->places.n; i++)
		if (!strcmp(g->places.v[i].name, path))
			return g->places.v[i];
	return (struct place){ .name = path };
}

/* "hardware.hdds.*.size" and "hdd0": "hardware.hdds.hdd0.size". */
static const char *fill_stars(struct reader *rd, const char *row, const struct spot *at)
{
	DEFER(str_done) struct str s = { 0 };
	size_t star = 0;

	for (; *row; row++) {
		if (*row == '*' && star < at->nstars)
			str_add(&s, at->stars[star++]);
		else
			str_addc(&s, *row);
	}
	return arena_str(&rd->g->mem, str_text(&s));
}

/* Does the row belong to an element of a repeated section, or to the guest itself? */
static bool in_element(const struct key *k)
{
	const char *star = strchr(k->path, '*');

	return star && star[1];
}

/* The spot of a row that a name led to; an alias may have led anywhere. */
static struct spot step(struct reader *rd, const struct spot *from, const struct key *k, const char *name)
{
	struct spot at = *from;

	at.row = k->path;
	at.base = in_element(k) ? from->base : rd->g;
	if (str_ends(k->path, ".*") && at.nstars < MAX_STARS)
		at.stars[at.nstars++] = arena_str(&rd->g->mem, name);
	return at;
}

static const char *note_place(struct reader *rd, const struct spot *at, const struct ini_node *n)
{
	const char *path = fill_stars(rd, at->row, at);
	struct place *p = vec_add(&rd->g->places, &rd->g->mem);

	*p = (struct place){ path, n->line, n->col };
	if (!n->section) {
		p->line = n->value_line;
		p->col = n->value_col;
	}
	return path;
}

/* Repeated sections that fill the same vector are one, in whichever of them a default is written. */
static bool same_elements(const struct key *k, const char *path)
{
	DEFER(free_str) char *parent = xstrdup(path);
	const struct key *other;

	*strrchr(parent, '.') = 0;
	other = key_find(parent);
	return other && other->size && other->size == k->size && other->offset == k->offset;
}

static void set_default(struct reader *rd, const struct key *k, void *base)
{
	bool ignored;

	key_parse(k, k->def, (char *)base + k->offset, &rd->g->mem, &ignored);
}

static void default_values(struct reader *rd, const struct key *section, void *base)
{
	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		if (!k->def)
			continue;
		if (section ? strchr(k->path, '*') && same_elements(section, k->path) : !strchr(k->path, '*'))
			set_default(rd, k, base);
	}
}

static void *add_element(struct reader *rd, const struct key *k, void *base, struct place place)
{
	struct place *element = vec_grow((char *)base + k->offset, k->size, &rd->g->mem);

	*element = place;
	element->name = arena_str(&rd->g->mem, place.name);
	default_values(rd, k, element);
	return element;
}

/* The element of that name, or a new one: what is said of it in two sections comes together here. */
static void *find_element(struct reader *rd, const struct key *k, void *base, const struct ini_node *n)
{
	VEC(char) vec;

	/* Any VEC looks like this one. */
	memcpy(&vec, (char *)base + k->offset, sizeof vec);
	for (size_t i = 0; i < vec.n; i++) {
		struct place *element = (struct place *)(vec.v + i * k->size);

		if (!strcmp(element->name, n->name))
			return element;
	}
	return add_element(rd, k, base, (struct place){ n->name, n->line, n->col });
}

/* Without the sections the owner wrote it in, when the right key would stand in the same. */
static const char *shortest(const char *near, const char *path)
{
	const char *near_dot = strrchr(near, '.'), *dot = strrchr(path, '.');

	if (!near_dot || !dot || near_dot - near != dot - path || strncmp(near, path, (size_t)(dot - path)))
		return near;
	return near_dot + 1;
}

static void unknown(struct reader *rd, const struct ini_node *n)
{
	struct arena *a = &rd->r->mem;
	char *path = ini_path(n, a);
	const char *near = key_nearest(path, a);
	const char *what = n->section ? "unknown section, ignored with all that is in it"
				      : n->parent->parent ? "unknown key, ignored"
							  : "stands before the first section, ignored";

	if (near)
		report_warning(rd->r, n->line, n->col, "%s: %s (did you mean '%s'?)", path, what, shortest(near, path));
	else
		report_warning(rd->r, n->line, n->col, "%s: %s", path, what);
}

static bool is_empty(const struct ini_node *n)
{
	return !n->list && (!n->values.n || !*n->values.v[0]);
}

static bool takes_list(const struct key *k)
{
	return k->type == KEY_LIST || k->type == KEY_LINES || k->type == KEY_PROGRAM;
}

static bool takes_commas(const struct key *k)
{
	return k->type == KEY_TEXT || k->type == KEY_PATH || k->type == KEY_SECRET;
}

/* One value into one field; what is wrong with it goes into the report. */
static void read_value(struct reader *rd, const struct key *k, const struct ini_node *n, const char *text, void *field)
{
	bool ignored;
	const char *why = key_parse(k, text, field, &rd->g->mem, &ignored);

	if (why && ignored)
		report_warning(rd->r, n->value_line, n->value_col, "%s: '%s' %s", n->name, text, why);
	else if (why)
		report_error(rd->r, n->value_line, n->value_col, "%s: '%s' %s", n->name, text, why);
}

static void read_values(struct reader *rd, const struct key *k, const struct ini_node *n, void *field)
{
	if (is_empty(n)) {
		if (k->type != KEY_LIST && k->type != KEY_LINES)
			report_warning(rd->r, n->value_line, n->value_col, "%s: has no value, ignored", n->name);
	} else if (takes_list(k)) {
		for (size_t i = 0; i < n->values.n; i++)
			read_value(rd, k, n, n->values.v[i], field);
	} else if (n->list && !takes_commas(k)) {
		report_error(rd->r, n->value_line, n->value_col, "%s: '%s' is a list, one value is expected",
			     n->name, ini_text(n, &rd->r->mem));
	} else {
		/* An unquoted comma in a text was meant as a comma: "iptables ... --dports 80,443". */
		read_value(rd, k, n, ini_text(n, &rd->r->mem), field);
	}
}

/* A line 'name = value' that stands for a section with one key: each value is an element. */
static void read_plain(struct reader *rd, const struct key *k, const struct spot *at, const struct ini_node *n)
{
	const struct key *field = key_child(k->path, k->plain);
	size_t count = n->list && !takes_commas(field) ? n->values.n : 1;
	const struct place place = { n->name, n->value_line, n->value_col };

	if (is_empty(n)) {
		report_warning(rd->r, n->value_line, n->value_col, "%s: has no value, ignored", n->name);
		return;
	}
	note_place(rd, at, n);
	for (size_t i = 0; i < count; i++) {
		char *element = add_element(rd, k, at->base, place);
		const char *text = count == 1 ? ini_text(n, &rd->r->mem) : n->values.v[i];

		read_value(rd, field, n, text, element + field->offset);
	}
}

static void read_program(struct reader *rd, const struct key *k, const struct ini_node *n)
{
	struct program *p = vec_add(&rd->g->programs, &rd->g->mem);

	p->place = (struct place){ arena_str(&rd->g->mem, n->name), n->value_line, n->value_col };
	p->section = arena_strn(&rd->g->mem, k->path, strcspn(k->path, "."));
	read_values(rd, k, n, &p->value);
}

/* The same key under two spellings: the owner must say which one counts. */
static bool given_before(struct reader *rd, const struct spot *at, const struct ini_node *n)
{
	struct place before = guest_place(rd->g, fill_stars(rd, at->row, at));

	if (!before.line)
		return false;
	report_error(rd->r, n->line, n->col, "%s: the same key stands on line %d under another name", n->name, before.line);
	return true;
}

static void read_key(struct reader *rd, const struct spot *from, const struct ini_node *n)
{
	const struct key *k = key_real(key_child(from->row, n->name));
	struct spot at;

	if (!k || (k->type == KEY_SECTION && str_ends(k->path, ".*") && !k->plain)) {
		unknown(rd, n);
		return;
	}
	at = step(rd, from, k, n->name);
	if (k->type == KEY_PROGRAM)
		read_program(rd, k, n);
	else if (k->type == KEY_OBSOLETE)
		report_warning(rd->r, n->line, n->col, "%s: ignored (%.*s)", n->name, (int)strlen(k->help) - 1, k->help);
	else if (k->type == KEY_SECTION && k->plain)
		read_plain(rd, k, &at, n);
	else if (k->type == KEY_SECTION)
		report_error(rd->r, n->line, n->col, "%s: is a section, not a key (write it in brackets)", n->name);
	else if (!given_before(rd, &at, n)) {
		note_place(rd, &at, n);
		read_values(rd, k, n, (char *)at.base + k->offset);
	}
}

static void require_keys(struct reader *rd, const struct spot *at, const struct ini_node *section)
{
	for (size_t i = 0; i < nkeys; i++) {
		struct spot key = *at;

		if (!keys[i].required || !key_within(&keys[i], at->row))
			continue;
		key.row = keys[i].path;
		if (!guest_place(rd->g, fill_stars(rd, key.row, &key)).line)
			report_error(rd->r, section->line, section->col, "%s: %s is missing (add '%s = ...')", section->name,
				     strrchr(key.row, '.') + 1, strrchr(key.row, '.') + 1);
	}
}

static void read_section(struct reader *rd, const struct spot *at, const struct ini_node *section);

/* A section of a name that the owner chose: it will name files and devices. */
static void read_element(struct reader *rd, const struct key *k, struct spot *at, const struct ini_node *n)
{
	if (!guest_name_ok(n->name)) {
		report_error(rd->r, n->line, n->col,
			     "'%s' cannot name a section here (letters, digits, '.', '_' and '-', a letter or digit first, at most 63)",
			     n->name);
		return;
	}
	at->base = find_element(rd, k, at->base, n);
	read_section(rd, at, n);
	require_keys(rd, at, n);
}

static void read_subsection(struct reader *rd, const struct spot *from, const struct ini_node *n)
{
	const struct key *row = key_child(from->row, n->name), *k = key_real(row);
	struct spot at;

	if (!k) {
		unknown(rd, n);
		return;
	}
	if (k->type != KEY_SECTION) {
		report_error(rd->r, n->line, n->col, "%s: is a key, not a section (write '%s = ...')", n->name, n->name);
		return;
	}
	if (row->alias_of && row->help)
		report_warning(rd->r, n->line, n->col, "%s: %s", n->name, row->help);
	at = step(rd, from, k, n->name);
	if (k->size)
		read_element(rd, k, &at, n);
	else
		read_section(rd, &at, n);
}

static void read_section(struct reader *rd, const struct spot *at, const struct ini_node *section)
{
	for (const struct ini_node *n = section->first; n; n = n->next) {
		if (n->section)
			read_subsection(rd, at, n);
		else if (n->parent->parent)
			read_key(rd, at, n);
		else
			unknown(rd, n);
	}
}

/* "/srv/web.conf": the guest's name is "web" and its folder "/srv". */
static void name_after_file(struct guest *g)
{
	const char *slash = strrchr(g->file, '/');
	const char *base = slash ? slash + 1 : g->file;
	size_t n = strlen(base);

	g->dir = !slash ? "." : slash == g->file ? "/" : arena_strn(&g->mem, g->file, (size_t)(slash - g->file));
	g->name = arena_strn(&g->mem, base, str_ends(base, ".conf") ? n - 5 : n);
}

/* What a guest with an operating system has when nothing is said of it: a disk and a way to the network. */
static void usual_hardware(struct reader *rd)
{
	struct guest *g = rd->g;
	struct place at = guest_place(g, "hardware.os");
	struct disk *disk;

	if (!g->os)
		return;
	if (!g->disks.n) {
		at.name = "hdd0";
		disk = add_element(rd, key_find("hardware.hdds.*"), g, at);
		disk->size = (uint64_t)8 << 30;
	}
	if (!g->nics.n) {
		at.name = "eth0";
		add_element(rd, key_find("hardware.eths.*"), g, at);
	}
}

int guest_read(struct guest *g, const struct ini *ini, struct report *r)
{
	struct reader rd = { .g = g, .r = r };
	struct spot top = { .row = "", .base = g };

	g->file = arena_str(&g->mem, ini->file);
	name_after_file(g);
	default_values(&rd, NULL, g);
	read_section(&rd, &top, ini->root);
	usual_hardware(&rd);
	guest_check(g, r);
	report_sort(r);
	return r->errors ? -1 : 0;
}

int guest_parse(struct guest *g, const char *file, const char *text, size_t size,
		struct report *r, struct err *e)
{
	DEFER(ini_done) struct ini ini = { 0 };

	if (!r->file)
		r->file = arena_str(&r->mem, file);
	ini_parse(&ini, file, text, size, r);
	guest_read(g, &ini, r);
	return report_err(r, e);
}

void guest_done(struct guest *g)
{
	arena_done(&g->mem);
	*g = (struct guest){ 0 };
}

const char *guest_mac(const struct guest *g, size_t nth, struct arena *a)
{
	const char *hex;

	if (nth < g->nics.n && g->nics.v[nth].mac)
		return g->nics.v[nth].mac;
	/* What is attached keeps its address when what was attached before it goes. */
	if (nth < g->nics.n && g->nics.v[nth].slot)
		hex = digest_hex(arena_fmt(a, "berth:mac:%s:slot%ld", g->name, g->nics.v[nth].slot), 6, a);
	else
		hex = digest_hex(arena_fmt(a, "berth:mac:%s:%zu", g->name, nth), 6, a);
	return arena_fmt(a, "52:54:00:%.2s:%.2s:%.2s", hex, hex + 2, hex + 4);
}

const char *guest_uuid(const struct guest *g, struct arena *a)
{
	return g->uuid ? g->uuid : digest_uuid(arena_fmt(a, "berth:uuid:%s", g->name), a);
}
