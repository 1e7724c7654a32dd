/* SPDX-License-Identifier: ISC */
/* What the parts of one call share. */
#ifndef BERTH_FRONT_CTYS_PRIV_H
#define BERTH_FRONT_CTYS_PRIV_H

#include "front/ctys.h"

/* A call while it is read. */
struct ctys_reader {
	struct ctys *c;
	const struct ctys_files *files;
	int jobs;
	int lookups;                    /* of groups and macros: some that are in each other twice never end */
	struct err *e;
};

/* One more; -1: that is too many. */
int ctys_lookup(struct ctys_reader *r, const char *name);

/* Options that are in force at a place, and where that is. */
struct ctys_layer {
	struct ctys_options options;
	const char *port;               /* for targets without one */
	int depth;                      /* of groups */
	int job;
	bool stacked, grouped;
};

/* Options of words, the last of which wins; the first word that is none; -1: wrong. */
int ctys_read_options(struct ctys_reader *r, const char *const *words, size_t n, struct ctys_options *out);

/* A layer of its own on top of another, with the options of a text: "-Z KSU -d 1". */
int ctys_block(struct ctys_reader *r, const struct ctys_layer *below, const char *text, size_t n, struct ctys_layer *out);

/* The targets of a text. first: a block of options that comes first is for all of them. */
int ctys_targets(struct ctys_reader *r, const char *text, struct ctys_layer *layer, bool first);

/* A host that no request was for. */
int ctys_host(struct ctys_reader *r, const char *word, const struct ctys_layer *layer);

/* Macros of one word replaced, and what became of it appended word by word. */
int ctys_expand(struct ctys_reader *r, const char *word, struct words *out);

/* ACTION=SUB,... of the request's -a. */
int ctys_action(struct ctys_request *q, struct arena *a, struct err *e);

/* A request for a session of this host itself, as calls of berth: 1; 0: it is for a guest. */
int ctys_session(const struct ctys_request *q, struct ctys_calls *out, struct arena *a, struct err *e);

/* A word of text at column col (from 0), wrong for that reason: always -1. */
int ctys_wrong(struct err *e, const char *text, size_t col, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Text of a file, without the quotes of a call that somebody has pasted from a shell. */
char *ctys_unquoted(const char *text, struct arena *a);

/* How far a word of targets reaches: to a blank or comma that no bracket holds; -1: a bracket is left open. */
long ctys_span(const char *s);

/* A request on its way to calls of berth. */
struct ctys_way {
	const struct ctys_request *q;
	const struct ctys_here *here;
	struct ctys_calls *out;
	struct arena *mem;
	struct err *e;
};

#define CTYS_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* One more call that begins with these words, and the guests that it is about. */
struct words *ctys_call(struct ctys_way *w, const char *const *words);
void ctys_guests(struct ctys_way *w, struct words *c);

/* What cannot be had as it was asked for, and what cannot be had: always -1. */
void ctys_note(struct ctys_way *w, const char *text);
int ctys_unsupported(struct ctys_way *w, const char *what);

/* Of a suboption; "" when it has none, NULL when it is not there. */
const char *ctys_value(const struct ctys_request *q, const char *key);

/* "$HOME/x" and "~/x" of a path; other names of the shell are text like any other. */
const char *ctys_homely(struct ctys_way *w, const char *path);

int ctys_create(struct ctys_way *w);

#endif
