/* SPDX-License-Identifier: ISC */
/* Who is there and in what state, read off what the kernel lists. */
#include "tap.h"

#include "base/str.h"
#include "driver/lxc.h"

#define HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define SOCKET "0000000029e86d0d: 00000002 00000000 00010000 0001 01 439478 "
#define TALK "000000005ad0b13c: 00000003 00000000 00000000 0001 03 439590 "
#define OURS(name) SOCKET "@/home/u/data/guests/" name "/command\n"
#define SYSTEM(name) SOCKET "@/var/lib/lxc/" name "/command\n"
#define V1(name, state) "/sys/fs/cgroup/freezer/lxc.payload." name "/freezer.state " state "\n"
#define LINK(name, state) "/run/u/" name "/freezer " state "\n"
#define V2(name, state) "/sys/fs/cgroup/lxc.payload." name "/cgroup.freeze " state "\n"
#define BOTH(name, state) "/sys/fs/cgroup/unified/lxc.payload." name "/cgroup.freeze " state "\n"
#define CONFIG(name) "/var/lib/lxc/" name "/config # Template used to create this container\n"

static const struct { const char *name, *sockets, *v1, *v2, *both, *configs, *want; } rows[] = {
	{ "nobody", HEAD, "", "", "", "", "" },
	{ "nothing to read", "", "", "", "", "", "" },
	{ "ours", HEAD OURS("web"), "", "", "", "", "web running, " },
	{ "sockets of others between",
	  HEAD SOCKET "/run/systemd/notify\n" SOCKET "\n" OURS("web") SOCKET "@/tmp/.X11-unix/X0\n",
	  "", "", "", "", "web running, " },
	{ "one that is being asked is one",
	  HEAD OURS("web") TALK "@/home/u/data/guests/web/command\n" TALK "\n", "", "", "", "",
	  "web running, " },
	{ "aliens on other paths", HEAD SYSTEM("db") SOCKET "@/srv/data/guests/mail/command\n", "", "", "", "",
	  "db running alien, mail running alien, " },
	{ "a path that ours begins with, and one that begins with ours",
	  HEAD SOCKET "@/home/u/data/command\n" SOCKET "@/home/u/data/guests/a/b/command\n", "", "", "", "",
	  "data running alien, b running alien, " },
	{ "hashed paths",
	  HEAD SOCKET "@lxc/1f3870be274f6c49/command\n" SOCKET "@lxc/9d5ed678fe57bcca/web/command\n", "", "", "",
	  "", "" },
	{ "garbage",
	  " @ @/ @/command @//command\n @/x\n @@@ /command\n@/no/space/command\n @/cut/off/comm", "", "", "", "", "" },
	{ "no line end", SOCKET "@/home/u/data/guests/web/command", "", "", "", "", "web running, " },
	{ "names with dots", HEAD OURS("a.b") OURS("a"), LINK("a.b", "FROZEN"), "", "", "", "a.b paused, a running, " },
	{ "a name that ends like another",
	  HEAD OURS("b") OURS("b-1"), LINK("b-1", "FROZEN"), "", "", "", "b running, b-1 paused, " },
	{ "frozen", HEAD OURS("web"), LINK("db", "THAWED") LINK("web", "FROZEN"), "", "", "", "web paused, " },
	{ "freezing", HEAD OURS("web"), LINK("web", "FREEZING"), "", "", "", "web paused, " },
	{ "thawed", HEAD OURS("web"), LINK("web", "THAWED") LINK("db", "FROZEN"), "", "", "", "web running, " },
	{ "frozen, version 2",
	  HEAD SYSTEM("web") SYSTEM("db"), "", V2("db", "0") V2("web", "1"), "", "", "web paused alien, db running alien, " },
	{ "frozen, both versions",
	  HEAD SYSTEM("web") SYSTEM("db"), V1("web", "THAWED") V1("db", "THAWED"), "", BOTH("db", "0") BOTH("web", "1"),
	  "", "web paused alien, db running alien, " },
	{ "frozen without a socket", HEAD, LINK("web", "FROZEN"), V2("web", "1"), "", "", "" },
	{ "stopped aliens", HEAD SYSTEM("db"), "", "", "", CONFIG("db") CONFIG("mail") "/var/lib/lxc/empty/config \n",
	  "db running alien, mail stopped alien, empty stopped alien, " },
	{ "a frozen alien", HEAD SYSTEM("db"), V1("db", "FROZEN"), "", "", CONFIG("db"), "db paused alien, " },
	{ "an alien with a name of ours",
	  HEAD OURS("web") SYSTEM("web"), "", "", "", CONFIG("web"), "web running, web running alien, " },
	{ "the same, seen first", HEAD SYSTEM("web") OURS("web"), "", "", "", "", "web running alien, web running, " },
	{ "a stopped one with a name of ours",
	  HEAD OURS("web"), "", "", "", CONFIG("web"), "web running, web stopped alien, " },
	{ "a frozen alien with a name of ours", HEAD OURS("web") SYSTEM("web"), V1("web", "FROZEN") LINK("web", "THAWED"), "", "", "",
	  "web running, web paused alien, " },
};

static char *seen(struct roster *r, const struct reply *replies, size_t n, uid_t uid)
{
	struct facts f = { .data_dir = "/home/u/data", .run_dir = "/run/u", .uid = uid };
	DEFER(str_done) struct str got = { 0 };
	struct err e = { 0 };

	if (lxc_parse(&f, replies, n, r, &e) < 0)
		str_fmt(&got, "! %s", e.msg);
	for (size_t k = 0; k < r->guests.n; k++) {
		const struct sighting *s = &r->guests.v[k];

		str_fmt(&got, "%s %s%s, ", s->name, state_word(s->state), s->alien ? " alien" : "");
		if (strcmp(s->driver, "lxc") != 0)
			str_add(&got, "(not of lxc) ");
	}
	arena_done(&f.mem);
	return arena_str(&r->mem, str_text(&got));
}

static void parse(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DEFER(roster_done) struct roster r = { 0 };
		const struct reply replies[] = {
			{ "", 0 }, { rows[i].sockets, 0 }, { rows[i].v1, 0 }, { rows[i].v2, 0 }, { rows[i].both, 0 }, { rows[i].configs, 0 }, { rows[i].v1, 0 },
		};

		is(seen(&r, replies, sizeof replies / sizeof *replies, 1000), rows[i].want, rows[i].name);
	}
}

/* Root's own are found by the names their groups may have. */
static void roots(void)
{
	static const struct { const char *name, *freezers, *want; } ways[] = {
		{ "root's own, frozen", V1("web", "FROZEN"), "web paused, " },
		{ "in the next group", V1("web", "THAWED") V1("web-1", "FROZEN"), "web paused, " },
		{ "where many were left behind", V1("web", "THAWED") V1("web-1", "THAWED") V1("web-12", "FROZEN"), "web paused, " },
		{ "another one's group", V1("web2", "FROZEN") V1("web-x", "FROZEN"), "web running, " },
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		DEFER(roster_done) struct roster r = { 0 };
		const struct reply replies[] = {
			{ "", 0 }, { HEAD OURS("web"), 0 }, { ways[i].freezers, 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 },
		};

		is(seen(&r, replies, sizeof replies / sizeof *replies, 0), ways[i].want, ways[i].name);
	}
}

static void blanks(void)
{
	static const struct reply replies[] = {
		{ "", 0 }, { OURS("web"), 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "/home/u/my vms/run/web/freezer FROZEN\n", 0 },
	};
	struct facts f = { .data_dir = "/home/u/data", .run_dir = "/home/u/my vms/run", .uid = 1000 };
	DEFER(roster_done) struct roster r = { 0 };
	struct err e = { 0 };

	ok(!lxc_parse(&f, replies, 7, &r, &e) && r.guests.n == 1 && r.guests.v[0].state == STATE_PAUSED,
	   "a blank in a path is no end of it");
}

/* Whose name is taken: LXC's own directory is one place, every other another. */
static void places(void)
{
	static const struct reply replies[] = {
		{ "", 0 }, { SYSTEM("db") SOCKET "@/srv/guests/mail/command\n", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { CONFIG("mail"), 0 },
	};
	static const char *const want[] = { "db 0", "mail 1", "mail 0" };
	struct facts f = { .data_dir = "/home/u/data", .run_dir = "/run/u" };
	DEFER(roster_done) struct roster r = { 0 };
	struct err e = { 0 };

	ok(!lxc_parse(&f, replies, 6, &r, &e) && r.guests.n == 3, "a running one elsewhere, and a stopped one of that name");
	for (size_t i = 0; i < r.guests.n && i < sizeof want / sizeof *want; i++)
		is(arena_fmt(&r.mem, "%s %d", r.guests.v[i].name, r.guests.v[i].elsewhere), want[i], "where");
}

/* What is asked and what is understood are the same number of things. */
static void asked(void)
{
	static const struct reply replies[16] = {
		{ "", 0 }, { OURS("web"), 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 },
	};
	struct facts f = { .run_dir = "/run/u" };
	struct plan p = { 0 }, none = { 0 };
	DEFER(roster_done) struct roster r = { 0 }, fewer = { 0 };
	struct err e = { 0 };
	struct tool *t;

	ok(!lxc_survey(&f, &none, &e) && !none.steps.n, "without LXC nothing is asked");
	t = vec_add(&f.tools, &f.mem);
	t->name = "lxc-start";
	t->path = "/usr/bin/lxc-start";
	ok(!lxc_survey(&f, &p, &e) && p.steps.n > 2 && p.steps.n <= 8, "with it, some files are");
	is(seen(&r, replies, p.steps.n, 0), "web running, ", "as many answers are enough");
	is(seen(&fewer, replies, p.steps.n - 1, 0), "", "fewer are none");
	plan_done(&p);
	plan_done(&none);
	arena_done(&f.mem);
}

int main(void)
{
	parse();
	roots();
	asked();
	blanks();
	places();
	return tap_done();
}
