/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "model/guest.h"
#include "sys/file.h"

struct check {
	struct str out;
	json_t *problems;       /* with --json */
	size_t errors, warnings, bad_files, missing;
};

static void add_json(struct check *k, const struct report *r, const struct problem *p)
{
	json_array_append_new(k->problems,
			      json_pack("{s:s, s:i, s:i, s:s, s:s}", "file", r->file, "line", p->line, "column", p->col,
					"severity", p->severity == SEV_ERROR ? "error" : "warning", "text", p->text));
}

static void add_problems(struct check *k, struct report *r)
{
	report_sort(r);
	for (size_t i = 0; i < r->problems.n; i++) {
		if (k->problems)
			add_json(k, r, &r->problems.v[i]);
		else
			str_fmt(&k->out, "%s\n", report_line(r, &r->problems.v[i], &r->mem));
	}
	k->errors += r->errors;
	k->warnings += r->warnings;
	k->bad_files += r->errors > 0;
}

static void check_file(struct check *k, const char *file)
{
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { .file = file };
	DEFER(ini_done) struct ini ini = { 0 };
	struct err e = { 0 };
	size_t size;
	DEFER(free_str) char *text = file_read(file, INI_MAX_BYTES, &size, &e);

	/* A file that cannot be read is a problem of that file; the others are looked at all the same. */
	if (!text)
		report_error(&r, 0, 0, "%s", str_starts(e.msg, file) && e.msg[strlen(file)] == ':'
					     ? e.msg + strlen(file) + 2 : e.msg);
	else if (ini_parse(&ini, file, text, size, &r) == 0)
		guest_read(&g, &ini, &r);
	k->missing += e.kind == ERR_NOT_FOUND;
	add_problems(k, &r);
}

static int check(struct call *c, struct err *e)
{
	struct check k = { .problems = c->json ? json_array() : NULL };

	for (int i = 0; i < c->argc; i++)
		check_file(&k, c->argv[i]);
	if (c->json)
		out_json("berth.check/1", json_pack("{s:i, s:i, s:o}", "errors", (int)k.errors, "warnings", (int)k.warnings,
						    "problems", k.problems));
	else if (!k.errors && !k.warnings && !c->quiet)
		str_fmt(&k.out, "%d file%s, nothing wrong\n", c->argc, c->argc == 1 ? "" : "s");
	out_text(&k.out);
	str_done(&k.out);
	if (k.errors)
		return err_set(e, k.errors == k.missing ? ERR_NOT_FOUND : ERR_INVALID, "%zu error%s in %zu file%s", k.errors,
			       k.errors == 1 ? "" : "s", k.bad_files, k.bad_files == 1 ? "" : "s");
	return 0;
}

const struct command cmd_check = {
	.name = "check",
	.group = "Machine files",
	.args = "FILE...",
	.summary = "say all that is wrong with machine files",
	.description = "Reads each file and reports every problem at once, by place: what cannot be read, wrong types and ranges, unknown keys, "
		       "missing keys, partitions that do not fit, addresses and names used twice. Ends with status 10 when there is an error, "
		       "with 3 when nothing is wrong but that files are not there; warnings alone are no failure.",
	.example = "berth check examples/*.conf",
	.min = 1,
	.max = -1,
	.completes = "file",
	.run = check,
};
