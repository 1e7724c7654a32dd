/* SPDX-License-Identifier: ISC */
/*
 * Calls of ctys: one call in, a request for each target out. Nothing is looked up and
 * nothing is run; what stands in files (groups, macros) comes in through a callback.
 *
 *	ctys [OPTION]... [--] ['(' OPTIONS ')'] TARGET['(' OPTIONS ')']...
 *
 *	-t TYPE -a ACTION[=SUB[:VALUE],...]     and other options, one letter each
 *	TARGET      [USER@]HOST[:PORT][[VM]...], or the name of a group, or
 *	            SUBTASK{TARGET...}, SUBGROUP{...}, VMSTACK{...}
 *
 * What counts for a target is what stands before the targets, then the first block, then
 * those of its groups, then its own; of the same option the last one. No target sees what
 * was said of the one before it. Keywords may be written in capitals or not, in any order;
 * in a value '%' is a blank and '%%' a '%'.
 *
 *	ctys.c              options, layers, and the call as a whole
 *	ctys_targets.c      targets, groups, blocks of options
 *	ctys_macros.c       macro:NAME
 *	ctys_action.c       ACTION=SUB,...
 *	ctys_words.c        which of these there are
 *	ctys_show.c         a request in one line
 *	ctys_berth.c        a request as calls of berth
 *	ctys_host.c         one for a session of this host itself
 *	ctys_create.c       ... one that starts a guest
 *	ctys_table.c        what of a list is shown
 *	ctys_tools.c        ctys-plugins and other programs
 *	ctys_make.c         ctys-createConfVM
 */
#ifndef BERTH_FRONT_CTYS_H
#define BERTH_FRONT_CTYS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum {
	CTYS_DEPTH = 15,        /* of groups and of macros in each other */
	CTYS_SESSIONS = 20,     /* that one call may make */
	CTYS_TARGETS = 10000,
	CTYS_LOOKUPS = 1000,    /* of groups and macros */
};

enum ctys_verb {
	CTYS_CREATE, CTYS_CANCEL, CTYS_LIST, CTYS_ENUMERATE, CTYS_SHOW, CTYS_INFO, CTYS_GETCLIENTPORT, CTYS_ISACTIVE,
};

/* How a suboption takes a value. */
enum ctys_value { CTYS_BARE, CTYS_MAYBE, CTYS_MUST };

struct ctys_word {
	const char *word, *alias;       /* in capitals */
	enum ctys_value value;
	int choice;                     /* of those with the same number only one may be given; 0: any */
};

/* The suboptions of an action, ending in a row without a word; and what stands for one in addresses. */
const struct ctys_word *ctys_words(enum ctys_verb v);
const char *ctys_verb_word(enum ctys_verb v);           /* "create" */
int ctys_verb_find(const char *word, size_t n);         /* -1: there is none */

struct ctys_sub {
	const char *key;        /* in capitals, the first of its spellings */
	const char *value;      /* as it was written; NULL: none */
};

struct ctys_option {
	char letter;
	const char *value;      /* NULL: it takes none */
};

struct ctys_options {
	struct ctys_option *v;
	size_t n, cap;
};

struct ctys_request {
	const char *user, *host, *port;         /* NULL: not given; host: this one */
	const char *stack;                      /* "[vm1][vm2]" */
	struct ctys_options options;            /* those that count, -a among them; each once */
	bool acts;                              /* an action is named */
	enum ctys_verb verb;
	VEC(struct ctys_sub) subs;
	struct words addresses;                 /* "label:tst100,base:/vm" */
	int job;                                /* of the same SUBTASK{}; 0: of none */
	bool stacked;                           /* in a VMSTACK{} */
};

/* Where text comes from that is not in the call. NULL without an error: there is none of that name. */
struct ctys_files {
	const char *(*group)(void *arg, const char *name, struct arena *a, struct err *e);
	const char *(*macros)(void *arg, const char *name, struct arena *a, struct err *e);     /* a file of them */
	void *arg;
};

struct ctys {
	struct arena mem;
	VEC(struct ctys_request) requests;
};

/* argv without the program's own name. files NULL: there are neither groups nor macros. */
int ctys_parse(struct ctys *c, int argc, char **argv, const struct ctys_files *files, struct err *e);
void ctys_done(struct ctys *c);

/* What counts of an option or suboption; NULL: not given. An option without value is "". */
const char *ctys_option(const struct ctys_request *r, char letter);
const struct ctys_sub *ctys_sub(const struct ctys_request *r, const char *key);

/* '%' as a blank, '%%' as '%'. */
char *ctys_plain(const char *value, struct arena *a);

/* "lab00 xen create label:tst100 CONSOLE:none -Z KSU" */
void ctys_show(const struct ctys_request *r, struct str *out);

/* Who asks, and from where. */
struct ctys_here {
	const char *user, *host, *home;
	bool (*exists)(const char *path);       /* NULL: nothing is looked up */
};

/* Is it about this host, and who asks? */
bool ctys_is_here(const struct ctys_request *r, const struct ctys_here *here);

/*
 * The calls of berth that a request comes to, without berth's own name, appended to out; what
 * cannot be had as it was asked for is said in notes. ERR_UNSUPPORTED names what is not there.
 */
struct ctys_calls {
	VEC(struct words) v;
	struct words notes;
};

int ctys_berth(const struct ctys_request *q, const struct ctys_here *h, struct ctys_calls *out, struct arena *a, struct err *e);

/* The fields that a request for a list shows, as --output takes them. NULL with an error. */
const char *ctys_table(const struct ctys_request *q, struct arena *a, struct err *e);

/* The field that SORT names, as --sort takes it; of those alike the first is wanted: unique. NULL: it is not given. */
const char *ctys_sort(const struct ctys_request *r, bool *unique, struct arena *a);

/*
 * The other programs, each with options of its own; their targets are those of ctys. Words of berth
 * in out, without its own name.
 */
struct ctys_tool {
	const char *program;
	const char *with_value;         /* letters of options that take one */
	const char *becomes;            /* words of berth; NULL: there is nothing like it */
	const char *quick;              /* what it becomes with an option --quick...; NULL: the same */
	const char *why;                /* ... what is said then */
};

extern const struct ctys_tool ctys_tools[];     /* ends in a row without a program */

const struct ctys_tool *ctys_tool_find(const char *program);
int ctys_tool_call(const struct ctys_tool *t, int argc, char **argv, const struct ctys_here *here, struct words *out, struct arena *a,
		   struct err *e);

#endif
