/* SPDX-License-Identifier: ISC */
#include "sys/share.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>

enum { WORTH_A_THREAD = 64 };

struct share {
	void (*work)(void *mine, size_t begin, size_t end);
	void *mine;
	size_t begin, end;
	pthread_t thread;
	bool is_thread;
};

static size_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) < 0 ? 1 : (size_t)CPU_COUNT(&set);
}

static size_t shares_of(size_t n)
{
	size_t most = n / WORTH_A_THREAD, have;

	if (most < 2)
		return 1;
	have = processors();
	most = most < have ? most : have;
	return most < SHARES ? most : SHARES;
}

static void *run(void *arg)
{
	struct share *s = arg;

	s->work(s->mine, s->begin, s->end);
	return NULL;
}

/* All but the first, which is the caller's own; who gets no thread is worked off by the caller, too. */
static void start(struct share *s, size_t n)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (size_t i = 1; i < n; i++)
		s[i].is_thread = !pthread_create(&s[i].thread, NULL, run, &s[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

size_t share_out(size_t n, void (*work)(void *mine, size_t begin, size_t end), void *mine, size_t size)
{
	struct share shares[SHARES] = { 0 };
	size_t parts = shares_of(n);

	for (size_t i = 0; i < parts; i++)
		shares[i] = (struct share){ .work = work, .mine = (char *)mine + i * size,
					    .begin = n * i / parts, .end = n * (i + 1) / parts };
	start(shares, parts);
	for (size_t i = 0; i < parts; i++)
		if (!shares[i].is_thread)
			run(&shares[i]);
	for (size_t i = 1; i < parts; i++)
		if (shares[i].is_thread)
			pthread_join(shares[i].thread, NULL);
	return parts;
}
