/* SPDX-License-Identifier: ISC */
/*
 * Addresses: how a user names a guest.
 *
 *	web                        a guest's name; capitals do not matter
 *	./web.conf                 a machine file: with a slash, or ending in .conf
 *	HOST/web                   a guest of another host
 *	key:value[,key:value...]   all of them have to fit
 *	@tag                       those whose machine file has it among guest.tags
 *
 * Keys are those of ctys: label (l), id (i path pathname pname p), file (filename fname
 * f), uuid (u), mac (m), tcp (t ip), base (b basepath), record (dr dbrec dbrecord), and
 * tag. A value with '*', '?' or '[' in it is a pattern; every other one has to be equal:
 * tst1 is not tst10. Of a path, f: takes any part between slashes.
 */
#ifndef BERTH_ADDRESS_H
#define BERTH_ADDRESS_H

#include "base/err.h"
#include "model/card.h"

enum address_key {
	ADDRESS_LABEL, ADDRESS_PATH, ADDRESS_FILE, ADDRESS_UUID, ADDRESS_MAC, ADDRESS_TCP, ADDRESS_BASE, ADDRESS_RECORD,
	ADDRESS_TAG,
};

struct address_part {
	enum address_key key;
	const char *text;       /* in the one spelling that cards have, too */
	bool glob;
	struct words also;      /* TCP: addresses of that name, when somebody has looked them up */
};

struct address {
	struct arena mem;
	const char *file;       /* it is this machine file: nothing else is set then */
	const char *host;       /* "user@lab3"; NULL: this one */
	VEC(struct address_part) parts;
	struct words base;      /* directories to look in */
};

/* ERR_USAGE that quotes the word and counts the column. Zeroed before; tidied by the caller in any case. */
int address_parse(struct address *a, const char *word, struct err *e);
void address_done(struct address *a);

/* Does the word begin with a key of an address? */
bool address_keyed(const char *word);

const char *address_key_word(enum address_key key);

/* Do the n bytes at word spell a key? */
bool address_key_find(const char *word, size_t n, enum address_key *key);

/* Is it nothing but a name? */
const char *address_name(const struct address *a);

/* May several guests be meant: a pattern, or a tag? */
bool address_many(const struct address *a);

const struct address_part *address_part(const struct address *a, enum address_key key);         /* NULL: not given */

/* The first part that the guest does not fit; NULL: it is one that is meant. */
const struct address_part *address_misfit(const struct address *a, const struct card *c);

/* What the card says where the part says something else. */
char *address_said(const struct address_part *p, const struct card *c, struct arena *a);

/* Is path the directory dir, or below it? */
bool path_below(const char *path, const char *dir);

#endif
