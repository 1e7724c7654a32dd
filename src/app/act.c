/* SPDX-License-Identifier: ISC */
#include "app/act.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "app/copies.h"
#include "sys/file.h"

/* A restore that was killed (driver/folder.h) has left a guest that is neither what it was nor what it will be. */
static int is_whole(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;
	struct err ignored = { 0 };
	struct arena a = { 0 };
	char *snapshot = t->elsewhere ? NULL :
		file_read(arena_fmt(&a, "%s/restoring", guest_folder(&t->facts, name, &a)), 4096, NULL, &ignored);
	int status = 0;

	if (snapshot) {
		snapshot[strcspn(snapshot, "\n")] = 0;
		status = err_set(e, ERR_FAILED, "restoring '%s' was interrupted (berth restore %s %s)", name, name, snapshot);
	}
	free(snapshot);
	arena_done(&a);
	return status;
}

/* What a copy is made of must hold still. */
static int holds_still(const struct target *t, bool runs, struct err *e)
{
	const char *name = t->guest.name;

	if (runs)
		return err_set(e, ERR_FAILED, "'%s' is running (berth %s %s)", name,
			       verb_word(t->driver->plan[VERB_STOP] ? VERB_STOP : VERB_KILL), name);
	if (t->facts.state != STATE_BUILT)
		return err_set(e, ERR_NOT_FOUND, "'%s' is not built yet (berth up %s)", name, t->path);
	return 0;
}

/* Of a guest without a lock of ours only its hypervisor can tell whether it runs. */
static int knows_state(const struct target *t, struct err *e)
{
	if (!t->driver->foreign || t->facts.state != STATE_UNKNOWN)
		return 0;
	return err_set(e, ERR_TIMEOUT, "%s does not say whether '%s' runs (are its tools here, and do they answer?)",
		       t->driver->name, t->guest.name);
}

/* What its folder alone knows of a registered guest would be lost: then its owner has to say so. */
static int is_forgettable(const struct target *t, bool runs, struct err *e)
{
	const char *name = t->guest.name;
	struct words snapshots = { 0 };
	struct arena a = { 0 };
	int status = 0;

	if (!t->facts.registered && !t->elsewhere)
		return err_set(e, ERR_NOT_FOUND, "'%s' is not registered, but built (berth destroy %s)", name, name);
	if (runs)
		return err_set(e, ERR_FAILED, "'%s' is running (berth stop %s)", name, name);
	if (!t->elsewhere)
		status = copies_list(t, &snapshots, &a, e);
	if (snapshots.n)
		status = err_set(e, ERR_FAILED, "'%s' has snapshots (berth snapshot --delete %s %s)", name, snapshots.v[0], name);
	arena_done(&a);
	return status;
}

/* Verbs that need a guest which runs, which is built, or just a definition. */
int act_fits(const struct target *t, enum verb v, struct err *e)
{
	enum state s = t->facts.state;
	const char *name = t->guest.name;
	bool runs = s == STATE_RUNNING || s == STATE_PAUSED || s == STATE_UNKNOWN;

	if (knows_state(t, e) < 0)
		return -1;
	switch (v) {
	case VERB_BUILD:
		if (runs || s == STATE_BUILT)
			return err_set(e, ERR_EXISTS, "'%s' is built already (berth destroy %s to build it anew)", name, name);
		return 0;
	case VERB_START:
		if (runs)
			return err_set(e, ERR_EXISTS, "'%s' is running already", name);
		if (s != STATE_BUILT && t->guest.disks.n)
			return err_set(e, ERR_NOT_FOUND, "'%s' is not built yet (berth up %s)", name, t->path);
		return is_whole(t, e);
	case VERB_STOP:
	case VERB_KILL:
		if (!runs)
			return err_set(e, ERR_EXISTS, "'%s' is not running", name);
		return 0;
	case VERB_RESET:
	case VERB_REBOOT:
	case VERB_PAUSE:
	case VERB_RESUME:
		if (!runs)
			return err_set(e, ERR_FAILED, "'%s' is not running (berth start %s)", name, name);
		if (v == VERB_PAUSE && s == STATE_PAUSED)
			return err_set(e, ERR_EXISTS, "'%s' is paused already", name);
		if (v == VERB_REBOOT && s == STATE_PAUSED)
			return err_set(e, ERR_FAILED, "'%s' is paused and cannot hear (berth resume %s)", name, name);
		if (v == VERB_RESUME && s == STATE_RUNNING)
			return err_set(e, ERR_EXISTS, "'%s' is not paused", name);
		return 0;
	case VERB_REGISTER:
		if (s > STATE_DEFINED)
			return err_set(e, ERR_EXISTS, t->facts.registered ? "'%s' is registered already" :
				       "there is a guest '%s' already (set hardware.vm_id)", name);
		return 0;
	case VERB_UNREGISTER:
		return is_forgettable(t, runs, e);
	case VERB_DESTROY:
		if (t->facts.registered)
			return err_set(e, ERR_EXISTS, "'%s' is registered, and its disks are its owner's (berth unregister %s)",
				       name, name);
		if (s != STATE_BUILT && !runs && !t->facts.gone)
			return err_set(e, ERR_NOT_FOUND, "'%s' is not built, so there is nothing to destroy", name);
		return 0;
	case VERB_CLONE:
	case VERB_SNAPSHOT:
	case VERB_RESTORE:
	case VERB_EXPORT:
		return holds_still(t, runs, e) < 0 || (v != VERB_RESTORE && is_whole(t, e) < 0) ? -1 : 0;
	case VERB_COUNT:
		break;
	}
	return 0;
}

/* People do not tell names apart by their capitals, nor do all file systems. */
static int differs_by_more_than_capitals(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;
	struct words names = { 0 };
	struct arena a = { 0 };
	int status = t->elsewhere ? 0 : target_names(&t->facts, &names, &a, e);

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

int act_is_free(const struct target *t, enum verb v, struct err *e)
{
	if (v == VERB_BUILD || v == VERB_CLONE || v == VERB_REGISTER)
		return differs_by_more_than_capitals(t, e) < 0 ? -1 : name_is_free(t, e);
	return v == VERB_START ? addresses_are_free(t, e) : 0;
}

static int links_lead_somewhere(const struct target *t, const struct plan *p, struct err *e)
{
	for (size_t i = 0; !t->elsewhere && i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];

		if (s->kind == STEP_LINK && !file_exists(s->target))
			return err_set(e, ERR_NOT_FOUND, "'%s' needs %s, which is not there", t->guest.name, s->target);
	}
	return 0;
}

int act_plan(const struct target *t, enum verb v, struct plan *p, struct err *e)
{
	if (act_fits(t, v, e) < 0 || act_is_free(t, v, e) < 0)
		return -1;
	if (v == VERB_DESTROY && t->facts.state > STATE_BUILT && t->driver->plan[VERB_KILL] &&
	    t->driver->plan[VERB_KILL](&t->guest, &t->facts, p, e) < 0)
		return -1;
	if (driver_plan(t->driver, v, &t->guest, &t->facts, p, e) < 0)
		return -1;
	return v == VERB_REGISTER ? links_lead_somewhere(t, p, e) : 0;
}

int act_plan_up(const struct target *t, struct plan *p, struct err *e)
{
	struct target later = *t;

	if (knows_state(t, e) < 0)
		return -1;
	if (t->facts.state < STATE_RUNNING && act_is_free(t, VERB_START, e) < 0)
		return -1;
	if (t->facts.state == STATE_BUILT && is_whole(t, e) < 0)
		return -1;
	if (t->facts.state == STATE_ABSENT || t->facts.state == STATE_DEFINED) {
		if (act_is_free(t, VERB_BUILD, e) < 0)
			return -1;
		if (driver_plan(t->driver, VERB_BUILD, &t->guest, &t->facts, p, e) < 0)
			return -1;
		later.facts.state = STATE_BUILT;
	}
	if (later.facts.state == STATE_BUILT &&
	    driver_plan(t->driver, VERB_START, &t->guest, &later.facts, p, e) < 0)
		return -1;
	if (later.facts.state == STATE_PAUSED &&
	    driver_plan(t->driver, VERB_RESUME, &t->guest, &later.facts, p, e) < 0)
		return -1;
	p->title = plan_fmt(p, "up %s on %s", t->guest.name, t->driver->name);
	return 0;
}

/* The secret of the machine file that a plan refers to by its key path. */
static const char *secret_of(const struct guest *g, const char *path)
{
	static const char users[] = "users.users.";

	if (!strcmp(path, "config.root_passwd"))
		return g->root_passwd;
	if (strncmp(path, users, sizeof users - 1))
		return NULL;
	path += sizeof users - 1;
	for (size_t i = 0; i < g->users.n; i++) {
		const char *name = g->users.v[i].place.name;
		size_t n = strlen(name);

		if (!strncmp(path, name, n) && !strcmp(path + n, ".passwd"))
			return g->users.v[i].passwd;
	}
	return NULL;
}

static char *hashed(const char *plain, struct err *e)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data data = { 0 };
	const char *hash;

	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof salt) ||
	    !(hash = crypt_r(plain, salt, &data)) || *hash == '*') {
		err_set(e, ERR_FAILED, "the password cannot be hashed");
		return NULL;
	}
	return xstrdup(hash);
}

static char *resolve_secret(void *arg, const char *how, const char *key_path, struct err *e)
{
	const struct target *t = arg;
	const char *plain = secret_of(&t->guest, key_path);

	if (!plain) {
		err_set(e, ERR_INVALID, "%s: %s is needed and not set", t->path, key_path);
		return NULL;
	}
	return strcmp(how, "crypt") ? xstrdup(plain) : hashed(plain, e);
}

int act_execute(const struct target *t, const struct plan *p, struct act_show *show, struct err *e)
{
	const struct facts *f = &t->facts;
	struct exec x = { .secret = resolve_secret, .secret_arg = (void *)t, .trace = getenv("BERTH_TRACE") };
	struct arena a = { 0 };
	char *dir = arena_fmt(&a, "%s/log", f->data_dir);
	int status;

	if (show) {
		x.progress = show->progress;
		x.progress_arg = show->arg;
	}
	x.log = arena_fmt(&a, "%s/%s.log", dir, t->guest.name);
	status = dir_make(dir, 0755, e);
	if (!status)
		status = plan_execute(p, &x, e);
	if (show)
		show->forced = x.otherwise;
	arena_done(&a);
	return status;
}
