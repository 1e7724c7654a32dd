/* SPDX-License-Identifier: ISC */
/* An attendant between a guest that echoes and its viewers, polite ones and others. */
#include "tap.h"

#include <sched.h>
#include <sys/inotify.h>

#include "attend/attend.h"
#include "fake_hypervisor.h"
#include "sys/sock.h"
#include "text/frame.h"

enum { MUCH = 4 << 20 };

static struct fake_hypervisor guest;
static bool without_watches;

static int status_of(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A user whose programs have all the watches that its host gives. */
static bool give_watches_up(void)
{
	int fd = unshare(CLONE_NEWUSER) < 0 ? -1 : open("/proc/sys/user/max_inotify_instances", O_WRONLY | O_CLOEXEC);
	bool gone = fd >= 0 && write_all(fd, "0", 1) == 0 && inotify_init1(IN_CLOEXEC) < 0;

	close(fd);
	return gone;
}

static bool can_give_watches_up(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(!give_watches_up());
	return status_of(pid) == 0;
}

/* How many of its descriptors are such. */
static int descriptors(pid_t pid, const char *kind)
{
	char path[64], target[64];
	int found = 0;

	for (int fd = 0; fd < 64; fd++) {
		ssize_t n;

		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
		n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = 0;
		found += n > 0 && strstr(target, kind);
	}
	return found;
}

static bool has_watch(pid_t pid)
{
	return descriptors(pid, "inotify");
}

/* An attendant as a process; its exit status is the kind of its error. */
static pid_t attendant(const char *const *program)
{
	struct attend a = { .dir = scratch_dir, .program = program, .lock = guest.lock };
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct err e = { 0 };

		if (without_watches && !give_watches_up())
			abort();
		_exit(attend_run(&a, &e) < 0 ? (int)e.kind : 0);
	}
	if (!until(file_exists(at("console.sock"))))
		abort();
	return pid;
}

/* What the guest has said so far, in place, as a hypervisor writes it. */
static void logged(const char *text)
{
	int fd = open(guest.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

/* More of it, which nothing but the file tells of. */
static void logged_more(const char *text)
{
	int fd = open(guest.log, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

struct seat {
	int fd;
	struct str in;          /* not read yet */
	struct str said;        /* by the guest */
	struct str answers;     /* "H:1 1 L: E:guest " */
};

static void take(struct seat *s)
{
	char buf[65536];
	ssize_t n = recv(s->fd, buf, sizeof buf, MSG_DONTWAIT);
	size_t at_byte = 0, used;
	struct frame f;

	if (n <= 0)
		return;
	str_addn(&s->in, buf, (size_t)n);
	while (frame_next(s->in.s + at_byte, s->in.n - at_byte, &f, &used) > 0) {
		if (f.kind == FRAME_DATA)
			str_addn(&s->said, f.bytes, f.n);
		else
			str_fmt(&s->answers, "%c:%.*s ", f.kind, (int)f.n, f.bytes);
		at_byte += used;
	}
	memmove(s->in.s, s->in.s + at_byte, s->in.n -= at_byte);
}

static bool gets(struct seat *s, const char *said)
{
	return until((take(s), !strcmp(str_text(&s->said), said)));
}

static bool answered(struct seat *s, const char *answers)
{
	return until((take(s), !strcmp(str_text(&s->answers), answers)));
}

static bool hung_up(struct seat *s)
{
	char c;

	return until((take(s), recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0));
}

static void say(const struct seat *s, enum frame_kind kind, const char *text)
{
	DEFER(str_done) struct str out = { 0 };

	frame_text(&out, kind, text);
	if (send(s->fd, out.s, out.n, MSG_NOSIGNAL) != (ssize_t)out.n)
		abort();
}

static struct seat come(void)
{
	struct err e = { 0 };
	struct seat s = { .fd = sock_connect(at("console.sock"), 1000, &e) };

	if (s.fd < 0)
		abort();
	return s;
}

static struct seat sit_down(const char *hello)
{
	struct seat s = come();

	say(&s, FRAME_HELLO, hello);
	return s;
}

static void leave(struct seat *s)
{
	close(s->fd);
	str_done(&s->in);
	str_done(&s->said);
	str_done(&s->answers);
}

static void together(void)
{
	struct seat one, two, looker;

	logged("one\ntwo\nlogin: ");
	one = sit_down("1 rw all /dev/pts/1");
	two = sit_down("1 rw 1 -");
	looker = sit_down("1 ro 0 -");
	ok(gets(&one, "one\ntwo\nlogin: "), "all of the history");
	ok(gets(&two, "two\nlogin: "), "or its last line and what follows it");
	ok(gets(&looker, "login: "), "or only that");
	ok(answered(&one, "H:1 1 ") && answered(&two, "H:1 2 ") && answered(&looker, "H:1 3 "), "each has its number");
	say(&one, FRAME_DATA, "ada");
	ok(gets(&one, "one\ntwo\nlogin: ada") && gets(&two, "two\nlogin: ada") && gets(&looker, "login: ada"), "all see what one types");
	say(&looker, FRAME_DATA, "no");
	say(&looker, FRAME_LIST, "");
	ok(until((take(&looker), strstr(str_text(&looker.answers), "L: "))), "who looks on is served");
	say(&two, FRAME_DATA, "!");
	ok(gets(&two, "two\nlogin: ada!") && gets(&looker, "login: ada!"), "and heard by nobody");
	leave(&one);
	leave(&two);
	leave(&looker);
}

static void listed_and_ended(void)
{
	struct seat one = sit_down("1 rw 0 /dev/pts/1"), two = sit_down("1 ro 0 -"), by = come();
	DEFER(str_done) struct str told = { 0 };
	const char *first, *second;

	ok(until((take(&one), one.answers.n)) && until((take(&two), two.answers.n)), "two viewers");
	say(&by, FRAME_LIST, "");
	ok(until((take(&by), strstr(str_text(&by.answers), "L: "))), "are listed");
	first = strstr(str_text(&by.answers), arena_fmt(&scratch_mem, " rw %d %d ", (int)getuid(), (int)getpid()));
	second = strstr(str_text(&by.answers), arena_fmt(&scratch_mem, " ro %d %d ", (int)getuid(), (int)getpid()));
	ok(first && strstr(first, " /dev/pts/1 L:") && second && strstr(second, " - L: "), "with all of it: %s", by.answers.s);
	str_clear(&by.answers);
	say(&by, FRAME_END, "99");
	ok(answered(&by, "E:0 "), "nobody has that number");
	say(&by, FRAME_END, arena_fmt(&scratch_mem, "%d", atoi(one.answers.s + strlen("H:1 "))));
	ok(answered(&by, "E:0 E:1 "), "one has this");
	str_fmt(&told, "E:by %d %d ", (int)getuid(), (int)getpid());
	ok(until((take(&one), strstr(str_text(&one.answers), told.s))), "and is told by whom");
	ok(hung_up(&one), "before the connection ends");
	say(&by, FRAME_END, "all");
	ok(answered(&by, "E:0 E:1 E:1 ") && hung_up(&two), "all that are left");
	leave(&one);
	leave(&two);
	leave(&by);
}

/* Each of these ends its own connection and no other. */
static void nonsense(void)
{
	static const struct { enum frame_kind kind; const char *text; } rows[] = {
		{ FRAME_HELLO, "2 rw all -" }, { FRAME_HELLO, "1 rx all -" }, { FRAME_HELLO, "1 rw -1 -" }, { FRAME_HELLO, "" },
		{ FRAME_HELLO, "1 rw all" }, { FRAME_SIZE, "24 80" }, { FRAME_END, "x" }, { FRAME_END, "" }, { FRAME_DATA, "x" },
	};
	static const struct { enum frame_kind kind; const char *text; } later[] = {
		{ FRAME_HELLO, "1 rw all -" }, { FRAME_SIZE, "24" }, { FRAME_SIZE, "24 99999" },
	};
	struct seat witness, garbage = come();

	logged("");
	witness = sit_down("1 rw 0 -");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seat s = come();

		say(&s, rows[i].kind, rows[i].text);
		ok(hung_up(&s), "%c '%s' at first ends it", rows[i].kind, rows[i].text);
		leave(&s);
	}
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		struct seat s = sit_down("1 rw 0 -");

		say(&s, later[i].kind, later[i].text);
		ok(hung_up(&s), "%c '%s' later ends it", later[i].kind, later[i].text);
		leave(&s);
	}
	ok(write(garbage.fd, "GET / HTTP/1.0\r\n\r\n", 18) == 18 && hung_up(&garbage), "another protocol ends it");
	say(&witness, FRAME_SIZE, "24 80");
	say(&witness, FRAME_DATA, "still");
	ok(gets(&witness, "still"), "the others go on");
	leave(&garbage);
	leave(&witness);
}

/* One that does not read is in nobody's way, and has missed nothing when it does. */
static void slow(void)
{
	struct seat lazy, quick;
	char *much = malloc(MUCH + 1);

	for (size_t i = 0; i < MUCH; i++)
		much[i] = (char)('a' + i % 23);
	much[MUCH] = 0;
	logged(much);
	lazy = sit_down("1 ro all -");
	quick = sit_down("1 rw all -");
	ok(until((take(&quick), quick.said.n == MUCH)) && !strcmp(quick.said.s, much), "who reads has all of 4 MiB");
	str_clear(&quick.said);
	say(&quick, FRAME_DATA, "end");
	ok(gets(&quick, "end"), "and is served");
	ok(until((take(&lazy), lazy.said.n == MUCH + 3)) && !strncmp(lazy.said.s, much, MUCH), "who is slow gets all of it later");
	leave(&lazy);
	leave(&quick);
	free(much);
}

static void killed(pid_t *pid)
{
	struct seat s, again;

	logged("before ");
	s = sit_down("1 rw all -");
	ok(gets(&s, "before "), "a viewer");
	kill(*pid, SIGKILL);
	ok(status_of(*pid) == 128 + SIGKILL && hung_up(&s), "whose attendant is killed");
	leave(&s);
	unlink(at("console.sock"));
	*pid = attendant(NULL);
	again = sit_down("1 rw all -");
	say(&again, FRAME_DATA, "after");
	ok(gets(&again, "before after"), "the next one goes on, with all that was");
	leave(&again);
}

/* A host has few watches, and may have many guests. */
static void watches(pid_t *pid)
{
	DEFER(str_done) struct str all = { 0 };
	struct seat s;

	ok(until(!has_watch(*pid)), "nobody looks on: no watch is taken");
	logged("seen ");
	s = sit_down("1 rw all -");
	ok(gets(&s, "seen ") && has_watch(*pid), "one is, for who does");
	leave(&s);
	ok(until(!has_watch(*pid)), "and is given back");
	if (!can_give_watches_up()) {
		skip("where there are none left, nothing is missed", "no user namespace may be made here");
		return;
	}
	kill(*pid, SIGKILL);
	status_of(*pid);
	unlink(at("console.sock"));
	without_watches = true;
	*pid = attendant(NULL);
	without_watches = false;
	s = sit_down("1 rw all -");
	str_add(&all, "seen ");
	for (int i = 0; i < 10 && gets(&s, all.s); i++) {
		logged_more("blindly ");
		str_add(&all, "blindly ");
	}
	ok(gets(&s, all.s) && !has_watch(*pid), "where there are none left, nothing is missed");
	ok(descriptors(*pid, "console.log") <= 1, "and nothing is opened again and again");
	leave(&s);
}

static void guest_ends(pid_t hypervisor, pid_t pid)
{
	struct seat s;

	logged("last words");
	s = sit_down("1 ro all -");
	fake_end(hypervisor);
	ok(until((take(&s), strstr(str_text(&s.answers), "E:guest "))), "a viewer is told that the guest has ended");
	is(str_text(&s.said), "last words", "after its last words");
	ok(status_of(pid) == 0 && !file_exists(at("console.sock")), "and the attendant goes, with its socket");
	leave(&s);
}

/* At a console that a program shows; what that says itself is no part of it. */
static void by_program(void)
{
	const char *script = arena_fmt(&scratch_mem, "stty size raw -echo >>'%s'; trap \"stty size >>'%s'\" WINCH; "
						     "while c=$(dd bs=1 count=1 2>/dev/null) && [ \"$c\" != q ]; do printf %%s \"$c\" >>'%s'; done",
				       at("sizes"), at("sizes"), guest.log);
	pid_t hypervisor = fake_hypervisor(&guest), pid = attendant((const char *const[]){ "sh", "-c", script, NULL });
	struct seat s = sit_down("1 rw all -");

	ok(until(file_exists(at("sizes"))), "the program runs");
	say(&s, FRAME_DATA, "ab");
	ok(gets(&s, "ab"), "and takes the keys");
	say(&s, FRAME_SIZE, "50 132");
	ok(until((say(&s, FRAME_DATA, "."), strstr(said(at("sizes")), "50 132"))), "it learns the size of the terminal");
	str_clear(&s.said);
	unlink(at("sizes"));
	say(&s, FRAME_DATA, "q");
	ok(until(file_exists(at("sizes"))), "when it ends and the guest lives, it is run again");
	leave(&s);
	ok(status_of(pid) == 0, "with the last viewer the attendant goes");
	pid = attendant((const char *const[]){ "true", NULL });
	s = sit_down("1 rw all -");
	ok(answered(&s, "H:1 1 "), "one at a console whose program does not stay");
	fake_end(hypervisor);
	ok(answered(&s, "H:1 1 E:guest ") && status_of(pid) == 0, "or with the guest");
	leave(&s);
}

/* The attendant of a session; server NULL: without a desktop. */
static pid_t session(const char *const *server, const char *script)
{
	struct attend a = { .dir = scratch_dir, .session = true, .server = server,
			    .program = (const char *const[]){ "sh", "-c", script, NULL } };
	pid_t pid;

	unlink(at("session"));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct err e = { 0 };

		_exit(attend_run(&a, &e) < 0 ? (int)e.kind : 0);
	}
	if (!until(file_exists(at("session"))))
		abort();
	return pid;
}

static void shared_session(void)
{
	pid_t pid = session(NULL, "stty -echo; tty >/dev/tty; read x; echo \"<$x>\"; exit 4");
	struct seat one = sit_down("1 rw all -"), two = sit_down("1 rw all -");

	ok(until((take(&one), strstr(str_text(&one.said), "/dev/pts/"))), "a program that has a terminal of its own");
	say(&two, FRAME_DATA, "ada\n");
	ok(until((take(&one), strstr(str_text(&one.said), "<ada>"))), "what one types and it answers is seen by the other");
	ok(until((take(&one), strstr(str_text(&one.answers), "E:guest "))) && status_of(pid) == 0, "with the program the session ends");
	is(said(at("session")), "started\nended 4\n", "and its status is kept");
	ok(strstr(said(at("console.log")), "<ada>") && !file_exists(at("console.sock")), "as is what it said");
	leave(&one);
	leave(&two);
}

/* One that has done the first of these, and goes on with the second. */
static pid_t session_that(const char *first, const char *second)
{
	pid_t pid;

	unlink(at("ready"));
	pid = session(NULL, arena_fmt(&scratch_mem, "%s; : >'%s'; %s", first, at("ready"), second));
	if (!until(file_exists(at("ready"))))
		abort();
	return pid;
}

/* What is left in the background, and holds the terminal, keeps no session. */
static void session_ends(void)
{
	struct err e = { 0 };
	pid_t pid = session(NULL, "trap '' HUP; sleep 5 & exit 0");

	ok(status_of(pid) == 0, "a session whose program has left something behind");
	pid = session_that("exec >&- 2>&- <&-; trap 'exit 7' HUP", "while :; do sleep 0.01; done");
	ok(attend_hang_up(scratch_dir, &e) == 0 && status_of(pid) == 0, "one that has closed its terminal is hung up");
	is(said(at("session")), "started\nended 7\n", "and ends in its own way");
	pid = session_that("trap '' HUP", "exec sleep 1000");
	ok(attend_hang_up(scratch_dir, &e) == 0 && status_of(pid) == 0, "one that does not care about that is asked again");
	is(said(at("session")), "started\nended 143\n", "with SIGTERM");
	ok(attend_hang_up(scratch_dir, &e) < 0, "one that has ended cannot be");
}

/* It says its display piece by piece, as X servers do, and may end at any time. */
static void desktop(void)
{
	static const char *const server[] = { "sh", "-c", "printf 4 >&\"$4\"; echo 2 >&\"$4\"; cat \"$2\" >/dev/null && exec sleep 1000",
					      "x", NULL };
	static const char *const dies[] = { "sh", "-c", "echo 7 >&\"$4\"; until [ -e \"${2%/*}/go\" ]; do sleep 0.01; done", "x", NULL };
	pid_t pid = session(server, "echo \"$DISPLAY $(wc -c <\"$XAUTHORITY\")\"");
	FILE *go;

	ok(status_of(pid) == 0, "a program on a desktop");
	is(said(at("console.log")), ":42 44\r\n", "knows its display and the key to it");
	is(said(at("session")), "started :42\nended 0\n", "which others learn, too");
	pid = session(dies, "exec sleep 1000");
	go = fopen(at("go"), "w");
	if (go)
		fclose(go);
	ok(status_of(pid) == 0, "without its X server it ends");
	is(said(at("session")), "started :7\nended 129\n", "with the status of who was hung up");
}

int main(void)
{
	pid_t hypervisor, pid;

	signal(SIGPIPE, SIG_IGN);
	scratch_begin();
	guest = (struct fake_hypervisor){ .lock = at("lock"), .control = at("qmp.sock"), .log = at("console.log"),
					  .errors = at("qemu.log"), .serial = at("serial.sock") };
	hypervisor = fake_hypervisor(&guest);
	pid = attendant(NULL);
	together();
	listed_and_ended();
	nonsense();
	slow();
	killed(&pid);
	watches(&pid);
	guest_ends(hypervisor, pid);
	by_program();
	shared_session();
	session_ends();
	desktop();
	scratch_end();
	return tap_done();
}
