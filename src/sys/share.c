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
	const cpu_set_t *processors;
	pthread_t thread;
	bool is_thread;         /* for who made it */
};

static size_t shares_of(size_t n, const cpu_set_t *processors)
{
	size_t shares = n / WORTH_A_THREAD, have = (size_t)CPU_COUNT(processors);

	shares = shares < have ? shares : have;
	return shares < 1 ? 1 : shares < MOST ? shares : MOST;
}

static void run(struct share *s)
{
	s->work(s->arg, s->begin, s->end);
}

static void *run_free(void *share)
{
	struct share *s = share;

	sched_setaffinity(0, sizeof *s->processors, s->processors);
	run(s);
	return NULL;
}

static int next_processor(const cpu_set_t *processors, int after)
{
	do
		after = (after + 1) % CPU_SETSIZE;
	while (!CPU_ISSET(after, processors));
	return after;
}

/*
 * Begun on a processor of its own, and free to leave it: the scheduler finds out only after
 * milliseconds that there is another one, and by then the work is done.
 */
static void start(struct share *s, int processor)
{
	pthread_attr_t attr;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)processor, &one);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof one, &one);
	s->is_thread = !pthread_create(&s->thread, &attr, run_free, s);
	pthread_attr_destroy(&attr);
}

/* The first share is the caller's own, and so is one that gets no thread. */
static void start_all(struct share *s, size_t n, const cpu_set_t *processors)
{
	int at = n > 1 ? sched_getcpu() : 0;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	for (size_t i = 1; i < n; i++) {
		at = next_processor(processors, at);
		start(&s[i], at);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void share_out(size_t n, void (*work)(void *arg, size_t begin, size_t end), void *arg)
{
	struct share shares[MOST] = { 0 };
	cpu_set_t processors;
	size_t parts;

	CPU_ZERO(&processors);
	sched_getaffinity(0, sizeof processors, &processors);
	parts = shares_of(n, &processors);
	for (size_t i = 0; i < parts; i++)
		shares[i] = (struct share){ .work = work, .arg = arg, .begin = n * i / parts, .end = n * (i + 1) / parts,
					    .processors = &processors };
	start_all(shares, parts, &processors);
	for (size_t i = 0; i < parts; i++)
		if (!shares[i].is_thread)
			run(&shares[i]);
	for (size_t i = 0; i < parts; i++)
		if (shares[i].is_thread)
			pthread_join(shares[i].thread, NULL);
}
