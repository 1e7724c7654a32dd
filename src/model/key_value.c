/* SPDX-License-Identifier: ISC */
/* One value, from the words of a file into a field of the type its row names. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/guest.h"
#include "model/key.h"
#include "text/ipv4.h"
#include "text/size.h"

/* Far beyond any machine, and far from where sums of sizes would overflow. */
#define MAX_BYTES ((uint64_t)1 << 50)

struct value {
	const struct key *key;
	const char *text;
	void *field;
	struct arena *mem;
	bool ignored;
};

/* Each reads the text into the field; NULL, or what is wrong with it. */
typedef const char *value_fn(struct value *v);

static void put_text(struct value *v, const char *text)
{
	*(const char **)v->field = arena_str(v->mem, text);
}

static const char *read_text(struct value *v)
{
	put_text(v, v->text);
	return NULL;
}

static const char *read_name(struct value *v)
{
	if (!guest_name_ok(v->text))
		return "is not a name (letters, digits, '.', '_' and '-', a letter or digit first, at most 63)";
	put_text(v, v->text);
	return NULL;
}

static char *trimmed(struct arena *a, const char *s, size_t n)
{
	while (n && isspace((unsigned char)*s))
		s++, n--;
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return arena_strn(a, s, n);
}

/* groups = "a, b" is the same list as groups = a, b: people had to write it so once. */
static const char *read_list(struct value *v)
{
	const char *s = v->text;

	while (*s) {
		size_t n = strcspn(s, ",");
		const char *word = trimmed(v->mem, s, n);

		if (*word)
			words_add(v->field, v->mem, word);
		s += n + (s[n] == ',');
	}
	return NULL;
}

static const char *read_line(struct value *v)
{
	words_add(v->field, v->mem, arena_str(v->mem, v->text));
	return NULL;
}

static const char *read_int(struct value *v)
{
	const struct key *k = v->key;
	char *end;
	long n = strtol(v->text, &end, 10);

	if (!isdigit((unsigned char)v->text[*v->text == '-']) || *end)
		return arena_fmt(v->mem, "is not a number (%ld to %ld)", k->min, k->max);
	if (n < k->min || n > k->max)
		return arena_fmt(v->mem, "is out of range (%ld to %ld)", k->min, k->max);
	*(long *)v->field = n;
	return NULL;
}

static const char *read_port(struct value *v)
{
	char *end;
	long n = strtol(v->text, &end, 10);

	if (!isdigit((unsigned char)*v->text) || *end || n < 1 || n > 65535)
		return "is not a port (1 to 65535)";
	*(long *)v->field = n;
	return NULL;
}

static const char *read_bool(struct value *v)
{
	static const char *const yes[] = { "1", "yes", "on", "true" }, *const no[] = { "0", "no", "off", "false" };

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (!key_same(v->text, yes[i]) && !key_same(v->text, no[i]))
			continue;
		*(bool *)v->field = key_same(v->text, yes[i]);
		return NULL;
	}
	return "is neither yes nor no (1, yes, on, true; 0, no, off, false)";
}

/* The number somebody wrote, with a letter that is a unit: small ones were meant in GB. */
static const char *size_hint(const char *text, struct arena *a)
{
	long n = strtol(text, NULL, 10);

	if (n <= 0)
		return "512M";
	return arena_fmt(a, "%ld%c", n, n < 64 ? 'G' : 'M');
}

static const char *read_size(struct value *v)
{
	uint64_t bytes;

	if (size_parse(v->text, (uint64_t)1 << 20, &bytes) < 0)
		return arena_fmt(v->mem, "is not a size (try %s)", size_hint(v->text, v->mem));
	if (bytes > MAX_BYTES)
		return "is too large (at most 1024T)";
	*(uint64_t *)v->field = bytes;
	return NULL;
}

static const char *read_seconds(struct value *v)
{
	static const struct { const char *unit; long seconds; } units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 } };
	char *end;
	long n = strtol(v->text, &end, 10);

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!isdigit((unsigned char)*v->text) || n > 1000000 || !key_same(end, units[i].unit))
			continue;
		*(long *)v->field = n * units[i].seconds;
		return NULL;
	}
	return "is not a time (try 30, 5m or 1h)";
}

static const char *read_choice(struct value *v)
{
	DEFER(str_done) struct str all = { 0 };
	const char *near;
	size_t n = 0;

	for (; v->key->choices[n]; n++) {
		if (key_same(v->text, v->key->choices[n])) {
			*(const char **)v->field = v->key->choices[n];
			return NULL;
		}
		str_fmt(&all, "%s%s", n ? ", " : "", v->key->choices[n]);
	}
	near = str_nearest(v->text, v->key->choices, n);
	return arena_fmt(v->mem, "is none of %s%s%s%s", str_text(&all),
			 near ? " (try " : "", near ? near : "", near ? ")" : "");
}

static const char *read_ipv4(struct value *v)
{
	uint32_t address;

	if (!ipv4_parse(v->text, &address))
		return strchr(v->text, '/') ? "is not an IPv4 address (what follows the '/' has its own key: network = /24)"
					    : "is not an IPv4 address (try 192.168.1.2)";
	put_text(v, ipv4_text(address, v->mem));
	return NULL;
}

static const char *read_mask(struct value *v)
{
	uint32_t mask;

	if (!ipv4_mask_parse(v->text, &mask))
		return "is not a net mask (try 255.255.255.0 or /24)";
	put_text(v, ipv4_text(mask, v->mem));
	return NULL;
}

static bool mac_bytes(const char *text, unsigned char *bytes)
{
	for (int i = 0; i < 6; i++, text += 2) {
		char two[3] = { 0 };

		if (i && *text != ':' && *text != '-')
			return false;
		text += i > 0;
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			return false;
		memcpy(two, text, 2);
		bytes[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	return !*text;
}

/*
 * A multicast address cannot be a station's, but the samples of 2011 have one, so it
 * is no reason to refuse a file: it counts as not given.
 */
static const char *read_mac(struct value *v)
{
	unsigned char b[6];

	if (!mac_bytes(v->text, b))
		return "is not a MAC address (try 52:54:00:12:34:56)";
	if (b[0] & 1) {
		v->ignored = true;
		return arena_fmt(v->mem, "is a multicast address, ignored: bit 0 of its first byte is set (try %02x:%02x:%02x:%02x:%02x:%02x)",
				 (b[0] & 0xfe) | 2, b[1], b[2], b[3], b[4], b[5]);
	}
	put_text(v, arena_fmt(v->mem, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]));
	return NULL;
}

static value_fn *reader_of(enum key_type type)
{
	switch (type) {
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_SECRET:   return read_text;
	case KEY_NAME:     return read_name;
	case KEY_PROGRAM:
	case KEY_LIST:     return read_list;
	case KEY_LINES:    return read_line;
	case KEY_INT:      return read_int;
	case KEY_BOOL:     return read_bool;
	case KEY_SIZE:     return read_size;
	case KEY_CHOICE:   return read_choice;
	case KEY_IPV4:     return read_ipv4;
	case KEY_MASK:     return read_mask;
	case KEY_MAC:      return read_mac;
	case KEY_PORT:     return read_port;
	case KEY_SECONDS:  return read_seconds;
	case KEY_SECTION:
	case KEY_OBSOLETE: return NULL;
	}
	return NULL;
}

const char *key_parse(const struct key *k, const char *text, void *field, struct arena *a, bool *ignored)
{
	struct value v = { .key = k, .text = text, .field = field, .mem = a };
	const char *why = reader_of(k->type)(&v);

	*ignored = v.ignored;
	return why;
}
