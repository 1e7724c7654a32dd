/* SPDX-License-Identifier: ISC */
/*
 * Is this host fit for guests? health_probe() looks, doctor_examine() judges: a table of
 * functions from what was seen to findings, each with what to type.
 */
#ifndef BERTH_DOCTOR_H
#define BERTH_DOCTOR_H

#include <stdint.h>

#include "base/vec.h"
#include "model/facts.h"

enum level { LEVEL_OK, LEVEL_NOTE, LEVEL_WARN, LEVEL_FAIL };

struct finding {
	enum level level;
	const char *what;       /* "kvm" */
	const char *fact;       /* "there is no /dev/kvm" */
	const char *type;       /* what to type about it; NULL: nothing */
};

struct findings {
	struct arena mem;
	VEC(struct finding) v;
};

/* A directory of ours, or the nearest one above that is there. */
struct dir_seen {
	const char *what, *path;
	bool there;             /* path itself */
	const char *error;      /* why nothing can be written there; NULL: it can */
	bool anybody;           /* all users may write to path */
	const char *closed;     /* a directory on the way that the user guests run as cannot pass; NULL: none */
	uint64_t free_bytes;
	uint64_t free_inodes, inodes;   /* 0 of 0: this file system does not count them */
};

enum { PLACES = 3 };    /* data, cache, run */

struct health {
	const struct facts *f;
	struct dir_seen places[PLACES];
	const char *lxc_version;        /* NULL: not asked, or no answer */
	int64_t now, built, rtc;        /* seconds; built: this program's file; rtc 0: there is none that can be read */
	uint64_t open_files;            /* may be open at once */
	uint64_t inotify_instances;     /* for one user; 0: not known */
	const char *forward_policy;     /* of iptables: "DROP"; NULL: not known */
	struct words unkept;            /* guests whose keeper was killed */
	bool docker, firewalld;
	bool bridge_filter;             /* what passes a bridge passes iptables, too */
};

void health_probe(struct health *h, struct facts *f);
void doctor_examine(const struct health *h, struct findings *out);

const char *level_word(enum level l);
enum level findings_worst(const struct findings *v);
void findings_done(struct findings *v);

#endif
