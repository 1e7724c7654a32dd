/* SPDX-License-Identifier: ISC */
/* What several commands do alike. */
#ifndef BERTH_COMMON_H
#define BERTH_COMMON_H

#include "app/act.h"
#include "app/console.h"
#include "app/probe.h"
#include "app/target.h"
#include "cmd/cmd.h"

/*
 * The guest named by a word of the command line, with --driver and --facts heeded
 * and the machine file's warnings printed (unless --quiet). probe: PROBE_… flags.
 */
int call_target(struct call *c, const char *word, int probe, struct target *t, struct err *e);

/* The same, as it was built: what its owner has written into the file since does not count. */
int call_built(struct call *c, const char *word, int probe, struct target *t, struct err *e);

/* Carry the plan out, or print it as --dry-run, --sh and --json ask. */
int call_plan(struct call *c, const struct target *t, const struct plan *p, struct err *e);

/* Wait for a guest that has been started, as --wait and --timeout say. It changes nothing, so it is no step of the plan. */
int call_wait(struct call *c, struct target *t, struct err *e);

/* Print the plan, as --sh and --json ask. */
void call_show(const struct call *c, const struct plan *p);

/*
 * Sit down there: this terminal and standard input are the guest's until they are taken away again.
 * The status of a session that has ended meanwhile, else 0.
 */
int call_console(struct call *c, const struct console *con, struct err *e);

/*
 * Patterns and tags among the arguments become the guests they mean, each of them once. A
 * command with the option --yes asks before, or wants to be given that.
 */
int call_expand(struct call *c, struct err *e);

/* Ask whether that is meant; ERR_USAGE when nobody is there to be asked. Who has --yes does not come here. */
int call_sure(const struct call *c, const char *what, struct err *e);

/* What this start boots from, as these options say; before the plan is made. */
int call_once(struct call *c, struct target *t, struct err *e);

#define OPTIONS_ONCE \
	{ "boot",    'b', "FROM[:WHAT]", "boot from cd, dvd, hdd, usb, fdd or pxe, this time" }, \
	{ "kernel",  'k', "FILE",        "boot this kernel, this time" }, \
	{ "initrd",  'i', "FILE",        "with this initial ramdisk" }, \
	{ "append",  'a', "WORDS",       "more words for the kernel, this time" }, \
	{ "args",    0,   "WORD",        "one more argument for the hypervisor, this time; may be repeated" }

#define ONCE_TEXT \
	"What --boot and its like say is for this start alone, is recorded nowhere, and is over at the next reset: --boot cd:FILE has " \
	"that file in the first CD drive (one is added where there is none), hdd:NAME begins with that disk, usb:FILE and fdd:FILE plug " \
	"an image in, to be read only, pxe:NAME boots over that interface. --kernel begins with a kernel of this host, to whose words " \
	"--append adds. "

/* Of commands with --all; heeded by call_many. */
#define OPTION_FILTER_ALL { "filter", 0, "CONDITION", "with --all, only where that is so: driver=lxc, name!=db*" }

/* The row of that option. */
#define OPTION_YES { "yes", 'y', NULL, "do not ask whether all guests that a pattern or a tag means are meant" }

/*
 * One verb on every guest named. ERR_PARTIAL when some failed; when all did, the kind
 * they have in common, or ERR_FAILED.
 */
int call_verb(struct call *c, enum verb v, struct err *e);

/* How one status comes from those of many guests; a kind of 0 is a good one. */
struct tally {
	int n, failed;
	enum err_kind kind;
};

void tally_add(struct tally *t, enum err_kind kind);
int tally_end(const struct tally *t, const char *what, struct err *e);

/*
 * The same, --jobs at a time, and with --all for every guest that runs (many.c);
 * STOP is KILL for those whose hypervisor cannot ask them.
 */
int call_many(struct call *c, enum verb v, struct err *e);

#endif
