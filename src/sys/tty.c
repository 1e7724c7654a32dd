/* SPDX-License-Identifier: ISC */
#include "sys/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/*
 * What a guest may have switched on in the terminal and not off again: colours,
 * application keys, mouse reports, bracketed paste, no wrapping, the other screen,
 * a hidden cursor.
 */
static const char sane[] = "\033[0m\033[?1l\033>\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l"
			   "\033[?7h\033[?47l\033[?25h";

static const int fatal[] = { SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

static struct termios before;
static volatile sig_atomic_t raw_fd = -1;

/* Only calls that are safe in a signal handler. */
void tty_restore(void)
{
	int fd = raw_fd;

	if (fd < 0)
		return;
	raw_fd = -1;
	tcsetattr(fd, TCSANOW, &before);
	if (write(fd, sane, sizeof sane - 1) < 0)
		return;         /* the window is gone: nothing is left to be tidied */
}

static void on_fatal(int sig)
{
	tty_restore();
	raise(sig);
}

static void arrange_restore(void)
{
	static int arranged;
	struct sigaction sa = { .sa_handler = on_fatal, .sa_flags = SA_RESETHAND | SA_NODEFER };

	if (arranged++)
		return;
	atexit(tty_restore);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		sigaction(fatal[i], &sa, NULL);
}

int tty_raw(int fd, struct err *e)
{
	struct termios raw;

	if (tcgetattr(fd, &before) < 0)
		return err_errno(e, errno, "this terminal");
	raw = before;
	cfmakeraw(&raw);
	arrange_restore();
	raw_fd = fd;
	if (tcsetattr(fd, TCSANOW, &raw) < 0) {
		raw_fd = -1;
		return err_errno(e, errno, "this terminal");
	}
	return 0;
}

int tty_rows(int fd)
{
	struct winsize size;

	return !ioctl(fd, TIOCGWINSZ, &size) && size.ws_row ? size.ws_row : 24;
}

int tty_watch_size(void)
{
	sigset_t winch;

	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, NULL);
	return signalfd(-1, &winch, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool tty_size(int fd, int watch, int *rows, int *columns)
{
	struct signalfd_siginfo told;
	struct winsize size;

	while (read(watch, &told, sizeof told) > 0)
		;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return true;
}
