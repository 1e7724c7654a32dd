/* SPDX-License-Identifier: ISC */
/* Does nobody else have what a guest takes: its name, its addresses, its ports? (act.h) */
#include <string.h>

#include "app/act.h"
#include "base/str.h"
#include "sys/sock.h"

/* People do not tell names apart by their capitals, nor do all file systems. */
static int differs_by_more_than_capitals(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;
	struct words names = { 0 };
	struct err ignored = { 0 };
	struct arena a = { 0 };
	int status = 0;

	/* Who may not look there may not build there either, and is told so then. */
	if (!t->elsewhere)
		target_names(&t->facts, &names, &a, &ignored);
	for (size_t i = 0; !status && i < names.n; i++)
		if (!strcasecmp(names.v[i], name) && strcmp(names.v[i], name) != 0)
			status = err_set(e, ERR_EXISTS, "the name '%s' is taken: there is a guest '%s' (set hardware.vm_id)",
					 name, names.v[i]);
	arena_done(&a);
	return status;
}

static int name_is_free(const struct target *t, struct err *e)
{
	struct arena a = { 0 };
	bool taken = words_has(&t->facts.containers, arena_fmt(&a, "%s/%s", t->driver->name, t->guest.name));

	arena_done(&a);
	if (!taken)
		return 0;
	return err_set(e, ERR_EXISTS, "the name '%s' is taken: %s has a guest called so that berth did not make (set "
		       "hardware.vm_id, or delete that one with its own tools)", t->guest.name, t->driver->name);
}

static int addresses_are_free(const struct target *t, struct err *e)
{
	for (size_t i = 0; i < t->guest.nics.n; i++) {
		const struct nic *n = &t->guest.nics.v[i];
		size_t len;

		if (!n->address || !nic_is_shared(n) || nic_is_dhcp(n))
			continue;
		len = strlen(n->address);
		for (size_t k = 0; k < t->facts.taken_addresses.n; k++) {
			const char *taken = t->facts.taken_addresses.v[k];

			if (!strncmp(taken, n->address, len) && taken[len] == ' ')
				return err_set(e, ERR_BUSY, "%s:%d: %s: address '%s' is used by '%s', which is running",
					       t->guest.file, n->place.line, n->place.name, n->address, taken + len + 1);
		}
	}
	return 0;
}

static int ports_are_free(const struct target *t, struct err *e)
{
	const struct guest *g = &t->guest;
	struct arena a = { 0 };
	struct forward w;
	int status = 0;

	for (size_t i = 0; i < g->forwards.n && !status; i++) {
		const struct item *f = &g->forwards.v[i];

		if (!forward_parse(f->text, &w, &a))
			continue;
		if (words_has(&t->facts.taken_ports, f->text))
			status = err_set(e, ERR_BUSY, "%s:%d: network.forward.%s: port %d of %s is taken on this host (choose another: "
					 "%s = %d:%d)", g->file, f->place.line, f->place.name, w.host, w.address, f->place.name,
					 w.host + 1000 > 65535 ? w.host - 1000 : w.host + 1000, w.guest);
		else if (w.host < t->facts.low_port && t->facts.run_uid)
			status = err_set(e, ERR_PERMISSION, "%s:%d: network.forward.%s: only root can take port %d (choose one from %d on, or: "
					 "sysctl net.ipv4.ip_unprivileged_port_start=%d)", g->file, f->place.line, f->place.name,
					 w.host, t->facts.low_port, w.host);
	}
	arena_done(&a);
	return status;
}

static int vnc_is_free(const struct target *t, struct err *e)
{
	int port = t->facts.vnc_port;

	if (!port || t->elsewhere || !sock_port_taken("127.0.0.1", port, false))
		return 0;
	return err_set(e, ERR_BUSY, "port %d, for the screen of '%s', is taken (ss -tlnp shows by whom; console.vnc_port sets another)",
		       port, t->guest.name);
}

int act_is_free(const struct target *t, enum verb v, struct err *e)
{
	if (v == VERB_BUILD || v == VERB_CLONE || v == VERB_REGISTER)
		return differs_by_more_than_capitals(t, e) < 0 ? -1 : name_is_free(t, e);
	if (v != VERB_START)
		return 0;
	return addresses_are_free(t, e) < 0 || ports_are_free(t, e) < 0 || vnc_is_free(t, e) < 0 ? -1 : 0;
}
