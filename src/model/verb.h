/* SPDX-License-Identifier: ISC */
/*
 * What can be done to a guest. The driver matrix in the manual, `berth drivers`,
 * completion and the message "null guests cannot be paused" all come from these rows.
 */
#ifndef BERTH_VERB_H
#define BERTH_VERB_H

/*	enum          word        as in "cannot be …"   summary */
#define VERBS(X) \
	X(BUILD,    "build",    "built",    "make the guest's disks and settings") \
	X(START,    "start",    "started",  "start the guest") \
	X(STOP,     "stop",     "stopped",  "ask the guest to power off, then end it") \
	X(KILL,     "kill",     "killed",   "end the guest at once") \
	X(RESET,    "reset",    "reset",    "press the reset button") \
	X(REBOOT,   "reboot",   "rebooted", "ask the guest to reboot") \
	X(PAUSE,    "pause",    "paused",   "freeze the guest in memory") \
	X(RESUME,   "resume",   "resumed",  "let a paused guest go on") \
	X(SUSPEND,  "suspend",  "suspended", "write the guest's memory to disk and end it") \
	X(ATTACH,   "attach",   "extended", "add a disk or a network interface, also while it runs") \
	X(DETACH,   "detach",   "reduced", "take away what was attached") \
	X(CD,       "cd",       "reloaded", "change or eject the CD, also while it runs") \
	X(RENAME,   "rename",   "renamed",  "give a stopped guest another name") \
	X(CLONE,    "clone",    "cloned",   "make a new guest with the content of a stopped one") \
	X(SNAPSHOT, "snapshot", "snapshot", "keep the content of a guest under a name") \
	X(RESTORE,  "restore",  "restored", "put a guest back to a snapshot") \
	X(EXPORT,   "export",   "exported", "pack the guest into one file") \
	X(DESTROY,  "destroy",  "destroyed", "delete the guest with its disks") \
	X(REGISTER, "register", "registered", "make a guest of disks that stay where they are") \
	X(UNREGISTER, "unregister", "unregistered", "forget a registered guest, and leave its disks where they are")

enum verb {
#define X(id, word, done, summary) VERB_##id,
	VERBS(X)
#undef X
	VERB_COUNT
};

const char *verb_word(enum verb v);             /* "start" */
const char *verb_done(enum verb v);             /* "started" */
const char *verb_summary(enum verb v);
int verb_find(const char *word);                /* -1: no such verb */

#endif
