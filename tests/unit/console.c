/* SPDX-License-Identifier: ISC */
/* A session at a console, from a pipe and from a terminal, and who else may have it. */
#include "tap.h"

#include <pty.h>
#include <termios.h>

#include "app/console.h"
#include "fake_hypervisor.h"

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
	history();
	scratch_end();
	return tap_done();
}
