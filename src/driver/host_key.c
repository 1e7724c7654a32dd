/* SPDX-License-Identifier: ISC */
/* The key pair DATA/keys/id_ed25519, made once, by whichever build comes first. */
#include "driver/host_key.h"

const char *host_key(const struct facts *f, struct plan *p)
{
	const char *keygen = facts_tool(f, "ssh-keygen");
	char *dir = plan_fmt(p, "%s/keys", f->data_dir);
	char *key = plan_fmt(p, "%s/id_ed25519", dir);
	char *fresh = plan_fmt(p, "%s/new/id_ed25519", dir);

	if (!keygen)
		return NULL;
	plan_guard(p, key);
	plan_dir(p, "a place for keys", dir, 0755);
	plan_lock(p, "made by one build, not by two", plan_fmt(p, "%s/lock", dir), true);
	plan_remove(p, "what an interrupted run left", plan_fmt(p, "%s/new", dir));
	plan_dir(p, "a place for the host's key", plan_fmt(p, "%s/new", dir), 0700);
	plan_run(p, "the key this host reaches its guests with",
		 ARGV(keygen, "-q", "-t", "ed25519", "-N", "", "-C", "berth", "-f", fresh));
	plan_move(p, "its public half", plan_fmt(p, "%s.pub", fresh), plan_fmt(p, "%s.pub", key));
	plan_move(p, "its private half", fresh, key);
	plan_guard(p, NULL);
	plan_remove(p, "where it was made", plan_fmt(p, "%s/new", dir));
	return plan_fmt(p, "%s.pub", key);
}
