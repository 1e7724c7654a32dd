/* SPDX-License-Identifier: ISC */
/*
 * The machine file's dialect: nested INI, as ConfigObj 4.7 reads it, with its
 * defects mended.
 *
 *	[section]                  one more bracket pair per level, five levels and more
 *	    key = value            '=' only; key and section names may be quoted
 *	    list = a, "b, c", d    an unquoted comma makes a list; "a," is a list of one
 *	    text = """many         triple quotes (either kind) span lines
 *	    lines"""
 *	    path = %(home)s/x      a key of the same section, then of its parents, each
 *	                           with its own DEFAULT section; '%%' is not special,
 *	                           a lone '%' stays
 *	    # comment              also behind a value or a section marker
 *
 * A section ends at the next marker, whatever the indentation. A marker may go one
 * level deeper than the one before or up to any level. Duplicate keys and sections,
 * unequal brackets, a line without '=', bad quotes, an unknown interpolation key,
 * NUL bytes and invalid UTF-8 are errors; keys before the first section are kept
 * in the root, where the key table warns about them. The reader goes on after an
 * error, so a report holds them all.
 *
 * Every node knows its line and column, and the byte range it came from, so that
 * an editor can change one value and leave every other byte alone (iniedit.h).
 * The tree, its strings and its copy of the source live in ini->mem.
 */
#ifndef BERTH_INI_H
#define BERTH_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"
#include "text/report.h"

/* A hostile file must not exhaust the stack or the machine. */
enum { INI_MAX_DEPTH = 32, INI_MAX_BYTES = 16 * 1024 * 1024, INI_MAX_ERRORS = 100 };

struct ini_node {
	const char *name;
	bool section;
	int line, col;                  /* of the name */

	/* a key: its values, after quotes and interpolation; a scalar has exactly one */
	struct words values;
	bool list;
	bool tight;                     /* a list without blanks behind its commas: 80,443 */
	int value_line, value_col;      /* of the first byte of the value */

	/* a section: its keys and subsections in file order */
	int depth;                      /* root 0, [a] 1, [[b]] 2 */
	struct ini_node *first, *last;
	struct ini_node **sorted;       /* the same by name, for ini_child */
	size_t nsorted;

	struct ini_node *parent, *next;

	/* byte ranges in ini->source */
	size_t start, end;              /* whole lines of a key; the marker line of a section */
	size_t value_start, value_end;  /* a key's raw value with its quotes, without blanks and comment */
};

struct ini {
	struct arena mem;
	const char *file;               /* as messages name it */
	const char *source;
	size_t size;
	struct ini_node *root;
};

/*
 * Read text (size bytes, need not end in NUL; copied) into a zeroed ini. Problems go
 * into the report, whose file name should be the same, and leave it sorted. Returns
 * 0, or -1 when there was an error; the tree holds what could be read either way.
 */
int ini_parse(struct ini *ini, const char *file, const char *text, size_t size, struct report *r);
void ini_done(struct ini *ini);

/* A child by name, NULL when there is none; names compare exactly. */
struct ini_node *ini_child(const struct ini_node *section, const char *name);

/*
 * The node at "a.b.c"; names that hold a dot may be quoted in the path: a."b.c".d,
 * a quote within the quotes being doubled. "" is the root.
 */
struct ini_node *ini_find(const struct ini *ini, const char *path);

/* "hardware.hdds.hdd0.size" for a node; parts that hold a dot or blank come quoted. */
char *ini_path(const struct ini_node *n, struct arena *a);

/* The whole value as one text: a list as "a, b", or as "80,443" where its owner left no blanks. */
char *ini_text(const struct ini_node *key, struct arena *a);

/* Walk in file order: the node behind n, its children first; the same without its children. NULL at the end. */
struct ini_node *ini_next(const struct ini_node *n);
struct ini_node *ini_skip(const struct ini_node *n);

#endif
