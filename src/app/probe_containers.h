/* SPDX-License-Identifier: ISC */
/* Facts that containers need: limits, bridges, ids, and what their hypervisors have already. */
#ifndef BERTH_PROBE_CONTAINERS_H
#define BERTH_PROBE_CONTAINERS_H

#include <stdint.h>

#include "model/driver.h"
#include "model/facts.h"
#include "model/guest.h"

/* What starting one takes: processors, where limits are set, bridges. */
void probe_start_container(struct facts *f);

/* Which of the host's ids containers may have; part of what starting one takes. */
void probe_ids(struct facts *f);

/* What other guests have on this host's networks: their MACs, and the addresses of those that run. */
void probe_neighbours(struct facts *f, const char *name);

/* Of one that runs by its lock alone: which of its processes were killed while they were frozen, and cannot end. */
void probe_killed(struct facts *f, const struct driver *d, const struct guest *g);

/* What building one takes besides: ids, templates. */
void probe_build_container(struct facts *f, const struct guest *g);

/*
 * From the text of /etc/subuid (subuid(5)): the first range of at least want ids
 * that belongs to name or uid. false: there is none, and *base is then the first
 * multiple of want, not below least, that nobody's range touches.
 */
bool subid_find(const char *text, const char *name, uid_t uid, uint32_t want, uint32_t least, uint32_t *base,
		uint32_t *count);

/* The same of a range that is in both texts, /etc/subuid and /etc/subgid; free is what is in neither. */
bool subid_find_both(const char *users, const char *groups, const char *name, uid_t uid, uint32_t want, uint32_t least,
		     uint32_t *base, uint32_t *count);

#endif
