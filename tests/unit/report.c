/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "text/report.h"

static void lines(void)
{
	static const struct {
		struct problem problem;
		const char *want;
	} rows[] = {
		{ { SEV_ERROR, 7, 9, "ram: '4Q' is not a size" }, "web.conf:7:9: ram: '4Q' is not a size" },
		{ { SEV_WARNING, 7, 9, "unknown key" }, "web.conf:7:9: warning: unknown key" },
		{ { SEV_ERROR, 7, 0, "no column" }, "web.conf:7: no column" },
		{ { SEV_ERROR, 0, 0, "all of it" }, "web.conf: all of it" },
	};
	struct report r = { .file = "web.conf" };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is(report_line(&r, &rows[i].problem, &r.mem), rows[i].want, rows[i].want);
	r.file = NULL;
	is(report_line(&r, &rows[3].problem, &r.mem), "all of it", "a report without a file");
	report_done(&r);
}

static void sorting(void)
{
	static const char *const want[] = { "whole", "1:1 first", "1:1 second", "1:5", "2:1", "10:1" };
	struct report r = { 0 };

	report_error(&r, 10, 1, "10:1");
	report_error(&r, 1, 5, "1:5");
	report_warning(&r, 1, 1, "1:1 %s", "first");
	report_error(&r, 2, 1, "2:1");
	report_error(&r, 1, 1, "1:1 %s", "second");
	report_error(&r, 0, 0, "whole");
	report_sort(&r);
	for (size_t i = 0; i < 6; i++)
		is(r.problems.v[i].text, want[i], want[i]);
	ok(r.errors == 5 && r.warnings == 1, "errors and warnings are counted apart");
	report_done(&r);
	ok(!r.errors && !r.problems.n, "done leaves an empty report");
}

static void errors(void)
{
	struct report r = { .file = "t" };
	struct err e = { 0 };

	report_warning(&r, 1, 1, "only a warning");
	ok(report_err(&r, &e) == 0 && e.kind == ERR_NONE, "a warning is no error");
	report_error(&r, 4, 1, "late");
	ok(report_err(&r, &e) == -1 && e.kind == ERR_INVALID, "an error is");
	is(e.msg, "t:4:1: late", "one error speaks for itself");
	report_error(&r, 2, 1, "early");
	report_err(&r, &e);
	is(e.msg, "t:2:1: early (and 1 more error)", "the first by place is shown, though the report is not sorted");
	report_error(&r, 9, 1, "third");
	report_err(&r, &e);
	is(e.msg, "t:2:1: early (and 2 more errors)", "the others are counted");
	report_done(&r);
}

static void control_bytes(void)
{
	struct report r = { 0 };

	report_error(&r, 1, 1, "'%s'", "a\033[31mb\nc\177\xc3\xa9");
	is(r.problems.v[0].text, "'a?[31mb?c?\xc3\xa9'", "control bytes do not reach a terminal");
	report_done(&r);
}

int main(void)
{
	lines();
	sorting();
	errors();
	control_bytes();
	return tap_done();
}
