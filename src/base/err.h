/* SPDX-License-Identifier: ISC */
/*
 * Errors: one convention for the whole program.
 *
 * The caller owns a struct err on its stack and passes it last. A function that
 * fails fills it and returns -1 (or NULL); a function that succeeds leaves it
 * alone. Callers put what they were doing in front with err_add(); nobody prints
 * but main.c and the fan-out. Messages are lower case, quote the user's own words,
 * begin with file:line:column where there is one, and end with what to type next.
 *
 * The kind is the exit status of the program (doc/design.md, "Exit status").
 */
#ifndef BERTH_ERR_H
#define BERTH_ERR_H

enum err_kind {
	ERR_NONE = 0,
	ERR_FAILED = 1,
	ERR_USAGE = 2,
	ERR_NOT_FOUND = 3,
	ERR_EXISTS = 4,
	ERR_PERMISSION = 5,
	ERR_BUSY = 6,
	ERR_TIMEOUT = 7,
	ERR_UNREACHABLE = 8,
	ERR_PARTIAL = 9,
	ERR_INVALID = 10,
	ERR_AMBIGUOUS = 11,
	ERR_UNSUPPORTED = 12,
};

struct err {
	enum err_kind kind;
	char msg[2000];
};

/* Fill the error; always -1, so that failing takes one line. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a failed system call: appends ": " and the text of errnum, and derives the kind from it. */
int err_errno(struct err *e, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put context in front: "context: message". Keeps the kind; always -1. */
int err_add(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* An analyzer that looks at one file at a time has to be told what these return. */
#ifdef __clang_analyzer__
#define err_set(...)   (err_set(__VA_ARGS__), -1)
#define err_errno(...) (err_errno(__VA_ARGS__), -1)
#define err_add(...)   (err_add(__VA_ARGS__), -1)
#endif

/* The word for a kind, as --json prints it: "not-found". */
const char *err_word(enum err_kind kind);

#endif
