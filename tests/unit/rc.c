/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "base/str.h"
#include "text/rc.h"

/* Text, and what is read: "LINE:COL KEY=VALUE", a '!' for a value in quotes, or "LINE:COL [word][word]"; then what is said. */
static const struct {
	const char *text, *want;
} rows[] = {
	{ "", "" },
	{ "A=b", "1:1 A=b\n" },
	{ "A=b\r\n\r\nC=d\r\n", "1:1 A=b\n3:1 C=d\n" },
	{ "  A = two words  \n", "1:3 A=two words\n" },
	{ "A=\nB=0\n", "1:1 A=\n2:1 B=0\n" },
	{ "# A=b\n   # c\nA=b # c\nC=d#e\nF=# g\n", "3:1 A=b\n4:1 C=d#e\n5:1 F=\n" },
	{ "A=\"0\"\nB='a # \"b' # c\nC=\"a\\\"\\$\\x\"\n", "1:1 A=!0\n2:1 B=!a # \"b\n3:1 C=!a\"$\\x\n" },
	{ "A=$(x) `y`; z\n", "1:1 A=$(x) `y`; z\n" },
	{ "A=\"b\nC=d\n", "2:1 C=d\nt:1:3: warning: A: the quote is not closed; the line is left out" },
	{ "A=\"b\"c\n", "t:1:3: warning: A: something stands behind the closing quote; the line is left out" },
	{ "what\n", "t:1:1: warning: not understood and left out, expected KEY=VALUE or options: 'what'" },
	{ "A\x01=b\n", "t:1:2: warning: a control character; the line is left out" },
	{ "-a b,c\n", "1:1 [-a][b,c]\n" },
	{ " -a 'b c' \"d\\\"e\"\\ f g''h # i\n", "1:2 [-a][b c][d\"e f][gh]\n" },
	{ "-a \\\n  -b\nA=c\n", "1:1 [-a][-b]\n3:1 A=c\n" },
	{ "-a \\\\\n-b\n", "1:1 [-a][\\]\n2:1 [-b]\n" },
	{ "-a $(b) `c` ;d ~ *\n", "1:1 [-a][$(b)][`c`][;d][~][*]\n" },
	{ "-a 'b\nA=c\n", "2:1 A=c\nt:1:1: warning: the line has a quote that is not closed; it is left out" },
	{ "-a \\", "1:1 [-a][\\]\n" },
};

static void show(const struct rc *rc, const struct report *r, struct str *out, struct arena *a)
{
	for (size_t i = 0; i < rc->lines.n; i++) {
		const struct rc_line *l = &rc->lines.v[i];

		str_fmt(out, "%d:%d ", l->line, l->col);
		if (l->key)
			str_fmt(out, "%s=%s%s", l->key, l->quoted ? "!" : "", l->value);
		for (size_t w = 0; w < l->words.n; w++)
			str_fmt(out, "[%s]", l->words.v[w]);
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < r->problems.n; i++)
		str_add(out, report_line(r, &r->problems.v[i], a));
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(rc_done) struct rc rc = { 0 };
		DEFER(report_done) struct report r = { .file = "t" };
		DEFER(str_done) struct str out = { 0 };

		rc_parse(&rc, rows[i].text, strlen(rows[i].text), &r);
		show(&rc, &r, &out, &r.mem);
		is(str_text(&out), rows[i].want, rows[i].text);
	}
	return tap_done();
}
