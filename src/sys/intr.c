/* SPDX-License-Identifier: ISC */
#include "sys/intr.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <time.h>

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };
enum { STOP_SIGNALS = sizeof stop_signals / sizeof *stop_signals };

static volatile sig_atomic_t asked;
static bool active, shielded, on_hold;
static sigset_t outside;
static struct sigaction before[STOP_SIGNALS];

static void on_stop(int sig)
{
	asked = sig;
}

void intr_begin(void)
{
	struct sigaction sa = { .sa_handler = on_stop };
	sigset_t blocked;

	asked = 0;
	shielded = on_hold = false;
	active = true;
	sigemptyset(&sa.sa_mask);
	sigemptyset(&blocked);
	for (int i = 0; i < STOP_SIGNALS; i++)
		sigaddset(&blocked, stop_signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &outside);
	for (int i = 0; i < STOP_SIGNALS; i++) {
		sigaction(stop_signals[i], NULL, &before[i]);
		/* What was ignored on purpose (nohup) stays ignored. */
		if (before[i].sa_handler != SIG_IGN)
			sigaction(stop_signals[i], &sa, NULL);
	}
}

bool intr_asked(void)
{
	if (active && !shielded)
		intr_poll(NULL, 0, 0);
	return asked;
}

void intr_hold(bool on)
{
	on_hold = on;
}

void intr_shield(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	shielded = true;
	for (int i = 0; i < STOP_SIGNALS; i++)
		sigaction(stop_signals[i], &ignore, NULL);
}

void intr_end(void)
{
	if (!active)
		return;
	for (int i = 0; i < STOP_SIGNALS; i++)
		sigaction(stop_signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &outside, NULL);
	active = false;
}

static struct timespec *timespec_of(struct timespec *ts, int ms)
{
	if (ms < 0)
		return NULL;
	*ts = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	return ts;
}

int intr_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	long until = deadline_ms(timeout_ms);
	bool listens = active && !shielded && !on_hold;
	struct timespec ts;
	int r;

	do {
		if (listens && asked) {
			errno = EINTR;
			return -1;
		}
		r = ppoll(fds, n, timespec_of(&ts, left_ms(until)), listens ? &outside : NULL);
	} while (r < 0 && errno == EINTR);
	return r;
}

long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000L;
}

long deadline_ms(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

int left_ms(long deadline)
{
	long left;

	if (deadline < 0)
		return -1;
	left = deadline - now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
