/* SPDX-License-Identifier: ISC */
#include "sys/share.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>

enum { MOST = 8, WORTH_A_THREAD = 64 };

struct share {
	void (*work)(void *arg, size_t begin, size_t end);
	void *arg;
	size_t begin, end;
	pthread_t thread;
	bool is_thread;
};

static size_t shares_of(size_t n)
{
	cpu_set_t set;
	size_t shares = n / WORTH_A_THREAD, have = 1;

	if (shares < 2)
		return 1;
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		have = (size_t)CPU_COUNT(&set);
	shares = shares < have ? shares : have;
	return shares < MOST ? shares : MOST;
}

static void *run(void *share)
{
	struct share *s = share;

	s->work(s->arg, s->begin, s->end);
	return NULL;
}

/* The first share is the caller's own, and so is one that gets no thread. */
static void start(struct share *s, size_t n)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (size_t i = 1; i < n; i++)
		s[i].is_thread = !pthread_create(&s[i].thread, NULL, run, &s[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void share_out(size_t n, void (*work)(void *arg, size_t begin, size_t end), void *arg)
{
	struct share shares[MOST] = { 0 };
	size_t parts = shares_of(n);

	for (size_t i = 0; i < parts; i++)
		shares[i] = (struct share){ .work = work, .arg = arg, .begin = n * i / parts, .end = n * (i + 1) / parts };
	start(shares, parts);
	for (size_t i = 0; i < parts; i++)
		if (!shares[i].is_thread)
			run(&shares[i]);
	for (size_t i = 0; i < parts; i++)
		if (shares[i].is_thread)
			pthread_join(shares[i].thread, NULL);
}
