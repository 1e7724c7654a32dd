/* SPDX-License-Identifier: ISC */
/*
 * What running guests use of this host. Virtual machines: their process, and QMP for
 * the disks; the network where it is a tap device. Containers: their control groups, and
 * their own network. Counters only grow; a rate is the difference of two looks.
 */
#ifndef BERTH_USAGE_H
#define BERTH_USAGE_H

#include <jansson.h>
#include <stdint.h>

#include "base/vec.h"
#include "model/facts.h"

enum counter { COUNT_CPU_US, COUNT_READ, COUNT_WRITTEN, COUNT_RECEIVED, COUNT_SENT, COUNTERS };

struct usage {
	const char *name, *driver;
	enum state state;
	bool alien;
	pid_t pid;                      /* of the hypervisor; 0: not known */
	int64_t ram;                    /* what the guest was given; 0: not known */
	int64_t memory;                 /* what it takes of the host; -1: not known */
	int64_t total[COUNTERS];        /* microseconds, bytes; -1: not known */
};

struct usages {
	struct arena mem;
	long at_ms;
	VEC(struct usage) v;
};

/* Every guest that runs, at this moment. */
int usages_take(struct facts *f, struct usages *out, struct err *e);
void usages_done(struct usages *u);

/*
 * Per second since then (CPU: percent of one processor); -1 where it is not known:
 * there was no such guest, or it has been started anew.
 */
double usage_rate(const struct usages *then, const struct usages *now, const struct usage *u, enum counter c);

/* The parts that read text; -1 or NULL: it is not in there. */
int64_t usage_stat_ticks(const char *stat);                                     /* /proc/PID/stat */
int64_t usage_sum(const char *text, const char *key);                           /* all numbers behind key */
int64_t usage_net(const char *dev, int column);                                 /* /proc/net/dev without "lo" */
char *usage_group(const char *cgroups, const char *controller, struct arena *a);        /* /proc/PID/cgroup; "": version 2 */
void usage_disks(const json_t *blockstats, struct usage *u);

#endif
