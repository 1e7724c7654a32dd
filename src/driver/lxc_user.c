/* SPDX-License-Identifier: ISC */
/*
 * Containers without root. The user is root in them, so what they need of the host
 * was given to the user before, by its administrator or by systemd:
 *
 *  - subordinate ids for the container's other users (subuid(5));
 *  - /dev/net/tun, for networks of its own, which every udev opens to all;
 *  - a control group to make others in, for the system inside: systemd gives one to
 *    who has a user manager (systemd-run --user), else the caller has to be in one.
 *
 * What goes wrong for want of them says nothing of the kind, so it is asked before.
 */
#include <inttypes.h>

#include "base/str.h"
#include "driver/lxc.h"

static const char *user(const struct facts *f)
{
	return f->user ? f->user : "USER";
}

int lxc_user_builds(const struct guest *g, const struct facts *f, struct err *e)
{
	if (!f->uid)
		return 0;
	if (!f->id_tools)
		return err_set(e, ERR_NOT_FOUND, "newuidmap is missing: apt-get install uidmap");
	if (!f->id_count)
		return err_set(e, ERR_PERMISSION, "'%s' has no ids for users of containers (as root: usermod --add-subuids %" PRIu32
			       "-%" PRIu32 " --add-subgids %" PRIu32 "-%" PRIu32 " %s)", user(f), f->id_base,
			       f->id_base + LXC_IDS - 1, f->id_base, f->id_base + LXC_IDS - 1, user(f));
	return 0;
}

static bool has_private_network(const struct guest *g)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (nic_attached(&g->nics.v[i]) && nic_is_private(&g->nics.v[i]))
			return true;
	return false;
}

int lxc_user_starts(const struct guest *g, const struct facts *f, struct err *e)
{
	if (!f->uid)
		return 0;
	if (lxc_user_builds(g, f, e) < 0)
		return -1;
	if (!f->tun && has_private_network(g))
		return err_set(e, ERR_PERMISSION, "'%s' may not open /dev/net/tun, which a network of the guest's own needs (as root: "
			       "chmod 0666 /dev/net/tun)", user(f));
	if (!f->own_cgroup && !f->user_manager)
		return err_set(e, ERR_PERMISSION, "'%s' has no control group that the system of a container could use (where systemd "
			       "runs, as root: loginctl enable-linger %s)", user(f), user(f));
	return 0;
}

const char *const *lxc_user_prefix(const struct facts *f, struct arena *a)
{
	struct words w = { 0 };

	if (f->uid && f->user_manager) {
		/* The way to systemd, which a user who came by su(1) does not know. */
		words_add(&w, a, "env");
		words_add(&w, a, arena_fmt(a, "XDG_RUNTIME_DIR=/run/user/%u", (unsigned)f->uid));
		words_extend(&w, a, ARGV("systemd-run", "--user", "--scope", "--quiet", "--collect",
						    "--property=Delegate=yes", "--"));
	}
	return argv_of(&w, a);
}
