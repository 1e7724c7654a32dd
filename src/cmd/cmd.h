/* SPDX-License-Identifier: ISC */
/*
 * The command table: one command, one file, one row. Help, manual page and shell
 * completion are generated from the rows; main.c finds the row, parses the options
 * it names, and calls it.
 *
 * To add a command: write src/cmd/NAME.c with a const struct command cmd_NAME at
 * its end (a '-' in the name is '_' in C) and put NAME into src/cmd/meson.build.
 */
#ifndef BERTH_CMD_H
#define BERTH_CMD_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "text/view.h"

struct opt {
	const char *name;       /* "timeout" */
	char letter;            /* 't', or 0 */
	const char *arg;        /* "SECONDS"; NULL: a flag */
	const char *help;       /* lower case, no full stop */
};

struct call;

struct command {
	const char *name;
	const char *group;              /* heading in help: "Guests", "Machine files", "Reaching guests", "This program" */
	const char *args;               /* "FILE|GUEST" for the usage line; "" for none */
	const char *summary;            /* one line, lower case */
	const char *description;        /* paragraphs for the manual page, in plain sentences */
	const char *example;            /* lines as typed, each starting with "berth" */
	const struct opt *options;   /* ends in a row without name; NULL: none */
	int min, max;                   /* how many arguments; max -1: any */
	const char *completes;          /* what completion offers for arguments: "guest" "file" "key" "command" NULL */
	bool acts;                      /* makes plans: takes --dry-run, --json, --sh as well */
	const struct field *fields;     /* prints rows of them (cmd/rows.h): takes --output and its kind as well */
	bool rest;                      /* everything after the first argument or "--" is left alone (exec) */
	int (*run)(struct call *c, struct err *e);      /* 0, -1 with the error, or a positive exit status */
};

/* One call of a command: its words, its options, and where its output goes. */
struct call {
	const struct command *command;
	struct arena mem;
	int argc;
	char **argv;                    /* the arguments without options */
	int behind;                     /* how many of them, the last, stood behind "--" */
	struct words options;           /* "name" or "name=value", as given, the common ones too */
	bool json, dry_run, sh, quiet, verbose;
	const char *driver;             /* --driver NAME; NULL: what the file says */
	const char *accel;              /* --accel NAME; NULL: what the file says */
	const char *facts_file;         /* --facts FILE: plan for that host instead of this one */
};

extern const struct command *const commands[];          /* those for people: NULL-terminated, in the order of meson.build */
extern const struct opt common_options[];            /* every command takes these */
extern const struct opt plan_options[];              /* commands that act take these too */
extern const struct opt table_options[];             /* and these, commands that print rows */

/* All that a command takes: up to four of these lists, its own first, NULL at the end. */
void command_options(const struct command *c, const struct opt *lists[5]);

const struct command *command_find(const char *name);   /* a unique prefix is enough; NULL: none or several */
const char *call_option(const struct call *c, const char *name);        /* its value, "" for a flag, NULL: not given */
int command_usage(const struct command *c, struct err *e);              /* ERR_USAGE with the usage line */
void command_help(const struct command *c, bool json);                  /* prints `berth help NAME`; NULL: the overview */

/* Find the command in argv[1], parse the options its row names, run it: its status, or -1 with the error. */
int dispatch(int argc, char **argv, struct err *e);

/* Standard output, for commands; JSON goes out as one document with "schema": "berth.NAME/1" first. */
void out_text(const struct str *s);
void out_json(const char *schema, json_t *doc);                         /* takes the reference */

#endif
