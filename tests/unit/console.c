/* SPDX-License-Identifier: ISC */
/* A session at a console, from a pipe and from a terminal, and who else may have it. */
#include "tap.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "app/console.h"
#include "fake_hypervisor.h"
#include "text/frame.h"

static struct fake_hypervisor guest;

static struct console place(int in, int out)
{
	return (struct console){ .name = "web", .what = "monitor", .socket = guest.serial, .log = guest.log, .lock = at("console.lock"),
				 .control = guest.control, .in = in, .out = out };
}

/* A descriptor from which that text comes, and then the end. */
static int says(const char *text)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], text, strlen(text)) < 0)
		abort();
	close(ends[1]);
	return ends[0];
}

static void piped(void)
{
	static const struct { const char *before, *typed; long history; const char *shown; } rows[] = {
		{ "", "hello\n", 0, "hello\n" },
		{ "", "", 0, "" },
		{ "one\ntwo\nlogin: ", "hello\n", 0, "login: hello\n" },
		{ "one\ntwo\nlogin: ", "hello\n", 1, "two\nlogin: hello\n" },
		{ "one\ntwo\nlogin: ", "hello\n", 99, "one\ntwo\nlogin: hello\n" },
		{ "one\ntwo\nlogin: ", "hello\n", -1, "one\ntwo\nlogin: hello\n" },
		{ "a\x1d" "b\n", "\x1dkey\n", 1, "a\x1d" "b\n\x1dkey\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		pid_t pid = fake_hypervisor(&guest);
		int in = says(rows[i].typed);
		int out = open(at("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct console c = place(in, out);
		enum console_end end = CONSOLE_GUEST_ENDED;
		struct err e = { 0 };

		put(guest.log, rows[i].before);
		c.history = rows[i].history;
		ok(console_attach(&c, &end, &e) == 0 && end == CONSOLE_INPUT_ENDED, "ends with its input %s", e.msg);
		is(said(at("out")), rows[i].shown, "what is shown");
		close(in);
		close(out);
		fake_end(pid);
	}
}

/* A session on a terminal of its own: a process, its status the way it ended. */
struct seat {
	pid_t pid;
	int master, slave;
	struct termios before;
};

static struct seat sit_down(void)
{
	struct seat s;

	if (openpty(&s.master, &s.slave, NULL, NULL, NULL) < 0 || tcgetattr(s.slave, &s.before) < 0)
		abort();
	fcntl(s.master, F_SETFL, O_NONBLOCK);
	fflush(stdout);
	s.pid = fork();
	if (!s.pid) {
		struct console c = place(s.slave, s.slave);
		enum console_end end;
		struct err e = { 0 };

		exit(console_attach(&c, &end, &e) < 0 ? 100 + (int)e.kind : (int)end);
	}
	return s;
}

static bool is_raw(const struct seat *s)
{
	struct termios now;

	return tcgetattr(s->slave, &now) == 0 && !(now.c_lflag & (ICANON | ECHO | ISIG));
}

static bool as_before(const struct seat *s)
{
	struct termios now;

	return tcgetattr(s->slave, &now) == 0 && now.c_lflag == s->before.c_lflag && now.c_iflag == s->before.c_iflag &&
	       now.c_oflag == s->before.c_oflag;
}

static void type(const struct seat *s, const char *keys)
{
	if (write(s->master, keys, strlen(keys)) < 0)
		abort();
}

static int leave(struct seat *s)
{
	int status = 0;

	waitpid(s->pid, &status, 0);
	close(s->master);
	close(s->slave);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void detach(void)
{
	pid_t pid = fake_hypervisor(&guest);
	struct seat s = sit_down();

	ok(until(is_raw(&s)), "the terminal becomes raw");
	type(&s, "ab\x03\r");
	ok(until(str_eq(said(guest.log), "ab\x03\r")), "every key goes to the guest, Ctrl-C too");
	type(&s, "\x1dnot typed");
	ok(until(as_before(&s)), "after Ctrl-] the terminal is as it was");
	ok(leave(&s) == CONSOLE_DETACHED, "and the session is over");
	is(said(guest.log), "ab\x03\r", "the guest did not see that key");
	fake_end(pid);
}

static void killed(void)
{
	static const struct { int sig, status; } rows[] = {
		{ SIGTERM, 100 + ERR_FAILED }, { SIGHUP, 100 + ERR_FAILED }, { SIGQUIT, 128 + SIGQUIT }, { SIGABRT, 128 + SIGABRT },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		pid_t pid = fake_hypervisor(&guest);
		struct seat s = sit_down();

		ok(until(is_raw(&s)), "the terminal becomes raw");
		kill(s.pid, rows[i].sig);
		ok(until(as_before(&s)), "after signal %d the terminal is as it was", rows[i].sig);
		ok(leave(&s) == rows[i].status, "the status tells");
		fake_end(pid);
	}
}

static void guest_ends(void)
{
	pid_t pid = fake_hypervisor(&guest);
	struct seat s = sit_down();

	ok(until(is_raw(&s)), "the terminal becomes raw");
	type(&s, "x");
	ok(until(str_eq(said(guest.log), "x")), "the guest is there");
	fake_end(pid);
	ok(leave(&s) == CONSOLE_GUEST_ENDED, "the session ends with the guest");
}

static void taken(void)
{
	pid_t pid = fake_hypervisor(&guest);
	struct seat s = sit_down();
	int in = says("x");
	struct console c = place(in, 1);
	enum console_end end;
	struct err e = { 0 };

	ok(until(is_raw(&s)), "somebody is at the console");
	ok(console_attach(&c, &end, &e) < 0 && e.kind == ERR_BUSY, "it is busy");
	ok(strstr(e.msg, arena_fmt(&scratch_mem, "pid %d berth monitor on /dev/pts/", s.pid)) != NULL, "%s", e.msg);
	type(&s, "\x1d");
	leave(&s);
	fake_end(pid);

	guest.taken = true;
	pid = fake_hypervisor(&guest);
	ok(console_attach(&c, &end, &e) < 0 && e.kind == ERR_BUSY, "so it is when QMP says so");
	is(e.msg, "another program than berth is connected to the monitor of 'web'", "in other words");
	guest.taken = false;
	close(in);
	fake_end(pid);
}

/* The next frame that an attendant is told, as "H:1 rw 0 -". */
static const char *told(int fd)
{
	char buf[FRAME_HEAD + FRAME_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct frame f = { 0 };
	size_t n = 0, used;

	while (frame_next(buf, n, &f, &used) == 0) {
		if (poll(&p, 1, 10000) <= 0 || read(fd, buf + n, 1) != 1)
			return "(nothing)";
		n++;
	}
	return arena_fmt(&scratch_mem, "%c:%.*s", f.kind, (int)f.n, f.bytes);
}

static void tell(int fd, enum frame_kind kind, const char *text)
{
	DEFER(str_done) struct str out = { 0 };

	frame_text(&out, kind, text);
	if (write(fd, out.s, out.n) != (ssize_t)out.n)
		abort();
}

/* One at an attendant that we play; how it is ended is the status. */
static struct seat sit_by(int *attendant, bool read_only, int escape)
{
	struct seat s;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 || openpty(&s.master, &s.slave, NULL, NULL, NULL) < 0 ||
	    tcgetattr(s.slave, &s.before) < 0)
		abort();
	ioctl(s.master, TIOCSWINSZ, &(struct winsize){ .ws_row = 24, .ws_col = 80 });
	fcntl(s.master, F_SETFL, O_NONBLOCK);
	fflush(stdout);
	s.pid = fork();
	if (!s.pid) {
		struct console c = { .name = "web", .what = "console", .attended = true, .attendant = ends[1], .in = s.slave,
				     .out = s.slave, .read_only = read_only, .escape = escape, .history = 7 };
		enum console_end end;
		struct err e = { 0 };

		close(ends[0]);
		exit(console_attach(&c, &end, &e) < 0 ? 100 + (int)e.kind : (int)end);
	}
	close(ends[1]);
	*attendant = ends[0];
	return s;
}

/* All that its screen was ever given. */
static const char *screen(const struct seat *s, struct str *shown)
{
	char buf[4096];
	ssize_t n = read(s->master, buf, sizeof buf);

	if (n > 0)
		str_addn(shown, buf, (size_t)n);
	return str_text(shown);
}

static void attended(void)
{
	DEFER(str_done) struct str shown = { 0 };
	int at_guest;
	struct seat s = sit_by(&at_guest, false, 'X' - '@');

	is(told(at_guest), arena_fmt(&scratch_mem, "H:1 rw 7 %s", ttyname(s.slave)), "who it is");
	is(told(at_guest), "S:24 80", "how large its terminal is");
	ok(until(is_raw(&s)), "the terminal is raw");
	type(&s, "ab\x1d");
	is(told(at_guest), "D:ab\x1d", "what is typed, another's detach key with it");
	tell(at_guest, FRAME_DATA, "hello");
	ok(until(str_eq(screen(&s, &shown), "hello")), "what is said is shown");
	ioctl(s.master, TIOCSWINSZ, &(struct winsize){ .ws_row = 50, .ws_col = 132 });
	kill(s.pid, SIGWINCH);
	is(told(at_guest), "S:50 132", "a new size");
	type(&s, "\x18");
	ok(leave(&s) == CONSOLE_DETACHED, "its detach key leaves");
	close(at_guest);
}

static void ended_by_attendant(void)
{
	static const struct { enum frame_kind kind; const char *text; int status; } rows[] = {
		{ FRAME_END, "guest", CONSOLE_GUEST_ENDED }, { FRAME_END, "by 0 1", 100 + ERR_FAILED },
		{ FRAME_HELLO, NULL, 100 + ERR_FAILED }, { (enum frame_kind)'?', "", 100 + ERR_FAILED },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int at_guest;
		struct seat s = sit_by(&at_guest, true, 0);

		is(told(at_guest), arena_fmt(&scratch_mem, "H:1 ro 7 %s", ttyname(s.slave)), "who looks on says so");
		ok(until(is_raw(&s)), "and has a raw terminal");
		type(&s, "unheard");
		if (rows[i].text)
			tell(at_guest, rows[i].kind, rows[i].text);
		else
			shutdown(at_guest, SHUT_WR);
		ok(until(as_before(&s)), "which is as it was after '%s'", rows[i].text ? rows[i].text : "an end without a word");
		ok(leave(&s) == rows[i].status, "the status tells");
		is(told(at_guest), "(nothing)", "nothing was typed");
		close(at_guest);
	}
}

/* What is shown of a log before a program takes the terminal over. */
static void history(void)
{
	static const struct { long lines; const char *shown; } rows[] = {
		{ -1, "one\ntwo\nlogin: " }, { 99, "one\ntwo\nlogin: " }, { 1, "two\nlogin: " }, { 0, "login: " },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int out = open(at("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct err e = { 0 };

		put(guest.log, "one\ntwo\nlogin: ");
		ok(console_history(guest.log, rows[i].lines, out, &e) == 0, "%ld lines of history %s", rows[i].lines, e.msg);
		is(said(at("out")), rows[i].shown, "are shown");
		unlink(guest.log);
		ok(console_history(guest.log, rows[i].lines, out, &e) == 0, "of a guest that said nothing, nothing %s", e.msg);
		close(out);
	}
}

int main(void)
{
	/* Whoever started us may have been told to survive a hangup; the tests send some. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	scratch_begin();
	guest = (struct fake_hypervisor){ .lock = at("lock"), .control = at("qmp.sock"), .log = at("console.log"),
					  .errors = at("qemu.log"), .serial = at("serial.sock") };
	piped();
	detach();
	killed();
	guest_ends();
	taken();
	attended();
	ended_by_attendant();
	history();
	scratch_end();
	return tap_done();
}
