/* SPDX-License-Identifier: ISC */
#include "app/ssh.h"

static void option(struct words *w, struct arena *a, const char *name, const char *value)
{
	words_add(w, a, "-o");
	words_add(w, a, arena_fmt(a, "%s=%s", name, value));
}

/*
 * Guests behind forwarded ports all have the same address, and a container's address
 * is another guest's tomorrow, so host keys go by the guest's name, in a file of its
 * own: it goes with the guest, and the user's known_hosts stays clean.
 * ssh_config splits a value at blanks, hence the quotes.
 */
const char *const *ssh_argv(const struct target *t, const struct reach *way, const struct ssh_wish *wish, struct arena *a)
{
	const struct guest *g = &t->guest;
	const char *user = wish->user ? wish->user : g->users.n ? g->users.v[0].name : NULL;
	struct words w = { 0 };

	words_add(&w, a, "ssh");
	words_add(&w, a, "-p");
	words_add(&w, a, arena_fmt(a, "%d", way->port));
	if (wish->identity) {
		words_add(&w, a, "-i");
		words_add(&w, a, wish->identity);
	}
	option(&w, a, "HostKeyAlias", g->name);
	option(&w, a, "UserKnownHostsFile", arena_fmt(a, "\"%s/known_hosts\"", guest_folder(&t->facts, g->name, a)));
	/* So that they can be renamed with the guest. */
	option(&w, a, "HashKnownHosts", "no");
	option(&w, a, "StrictHostKeyChecking", "accept-new");
	if (user) {
		words_add(&w, a, "-l");
		words_add(&w, a, user);
	}
	words_add(&w, a, way->host);
	for (const char *const *r = wish->rest; *r; r++)
		words_add(&w, a, *r);
	return argv_of(&w, a);
}
