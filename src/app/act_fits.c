/* SPDX-License-Identifier: ISC */
/* Is the guest in a state for a verb? (act.h) */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/act.h"
#include "app/copies.h"
#include "app/image_use.h"
#include "base/str.h"
#include "model/image.h"
#include "sys/file.h"
#include "sys/lock.h"

/* What lies with its owner may have gone since: all that is left is a link. */
static int disks_are_there(const struct target *t, struct err *e)
{
	const struct guest *g = &t->guest;
	struct arena a = { 0 };
	int status = 0;

	for (size_t i = 0; i < g->disks.n && !t->elsewhere && !status; i++) {
		const struct disk *d = &g->disks.v[i];
		const char *link = arena_fmt(&a, "%s/%s", guest_folder(&t->facts, g->name, &a), image_file(g, i, &a));

		if (file_exists(link) && access(link, F_OK) < 0 && errno == ENOENT)
			status = err_set(e, ERR_NOT_FOUND, "'%s' needs %s, which is not there any more", g->name,
					 d->source && d->slot ? d->source : arena_fmt(&a, "%s/%s", g->dir, image_file(g, i, &a)));
	}
	arena_done(&a);
	return status;
}

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
	return status < 0 ? -1 : disks_are_there(t, e);
}

/* The guest has a folder of its own, as one that is started without being built has not. */
static bool has_folder(const struct target *t)
{
	struct arena a = { 0 };
	bool yes = t->elsewhere || file_exists(guest_folder(&t->facts, t->guest.name, &a));

	arena_done(&a);
	return yes;
}

static int not_built(const struct target *t, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, "'%s' is not built yet (berth up %s)", t->guest.name, t->path);
}

/* No other start has the hardware that this memory belongs to. */
static int memory_keeps(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;

	if (!t->facts.once_ran || !target_runs(t))
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "'%s' was started as its machine file does not say (--boot and the like), so no other start "
					   "could go on with its memory (berth stop %s)", name, name);
}

/* A copy of a running guest is its hypervisor's work; whatever else it is made of must hold still. */
static int holds_still(const struct target *t, enum verb v, struct err *e)
{
	bool online = t->driver->online && v != VERB_CLONE && (v != VERB_RESTORE || t->facts.memory);
	const char *name = t->guest.name;

	if (online && target_runs(t) && t->facts.state != STATE_UNKNOWN)
		return !has_folder(t) ? not_built(t, e) : v == VERB_SNAPSHOT ? memory_keeps(t, e) : 0;
	if (online && t->facts.state == STATE_UNKNOWN)
		return err_set(e, ERR_FAILED, "'%s' does not answer", name);
	if (target_runs(t))
		return err_set(e, ERR_FAILED, "'%s' is running (berth %s %s)", name,
			       verb_word(t->driver->plan[VERB_STOP] ? VERB_STOP : VERB_KILL), name);
	if (t->facts.state == STATE_SAVED)
		return v == VERB_RESTORE ? 0 :
			err_set(e, ERR_FAILED, "'%s' is saved: its disks go with its memory (berth start %s)", name, name);
	if (t->facts.state != STATE_BUILT)
		return not_built(t, e);
	return v == VERB_RENAME ? 0 : image_use_check(t, v != VERB_CLONE && v != VERB_EXPORT, e);
}

static int not_running(const struct target *t, enum err_kind kind, struct err *e)
{
	const char *name = t->guest.name;

	if (t->facts.state == STATE_SAVED)
		return err_set(e, kind, "'%s' is saved, not running (berth start %s, or berth start --cold %s to give its memory up)",
			       name, name, name);
	if (kind == ERR_EXISTS)
		return err_set(e, kind, "'%s' is not running", name);
	return err_set(e, kind, "'%s' is not running (berth start %s)", name, name);
}

static int can_start(const struct target *t, struct err *e)
{
	return is_whole(t, e) < 0 ? -1 : image_use_check(t, true, e);
}

/* What one verb says about a guest that runs or does not. */
static int running_fits(const struct target *t, enum verb v, struct err *e)
{
	const char *name = t->guest.name;
	enum state s = t->facts.state;

	if (v == VERB_RESUME && s == STATE_PAUSED && t->facts.saved)
		return is_whole(t, e);
	if (v == VERB_RESUME && s == STATE_SAVED)
		return can_start(t, e);
	if (v == VERB_SUSPEND && s == STATE_SAVED)
		return err_set(e, ERR_EXISTS, "'%s' is saved already", name);
	/* Its keeper is about to start it again. */
	if (!target_runs(t) && t->facts.kept && (v == VERB_STOP || v == VERB_KILL))
		return 0;
	if (!target_runs(t))
		return not_running(t, v == VERB_STOP || v == VERB_KILL ? ERR_EXISTS : ERR_FAILED, e);
	if (v == VERB_PAUSE && s == STATE_PAUSED)
		return err_set(e, ERR_EXISTS, "'%s' is paused already", name);
	if (v == VERB_REBOOT && s == STATE_PAUSED)
		return err_set(e, ERR_FAILED, "'%s' is paused and cannot hear (berth resume %s)", name, name);
	if (v == VERB_RESUME && s == STATE_RUNNING)
		return err_set(e, ERR_EXISTS, "'%s' is not paused", name);
	if (v == VERB_SUSPEND && s == STATE_UNKNOWN)
		return err_set(e, ERR_FAILED, "'%s' does not answer", name);
	if (v == VERB_SUSPEND && !has_folder(t))
		return not_built(t, e);
	if (v == VERB_SUSPEND && memory_keeps(t, e) < 0)
		return -1;
	return v == VERB_RESUME || v == VERB_SUSPEND ? is_whole(t, e) : 0;
}

int act_knows_state(const struct target *t, struct err *e)
{
	if (!t->driver->foreign || t->facts.state != STATE_UNKNOWN)
		return 0;
	return err_set(e, ERR_TIMEOUT, "%s does not say whether '%s' runs (are its tools here, and do they answer?)",
		       t->driver->name, t->guest.name);
}

/* Who has it is for people to read: the file beside the lock may be an old one. */
static int runs_already(const struct target *t, struct err *e)
{
	struct arena a = { 0 };
	char *who = t->elsewhere ? NULL : lock_holder(guest_lock(&t->facts, t->guest.name, &a));

	if (who)
		who[strcspn(who, "\n")] = 0;
	err_set(e, ERR_EXISTS, "'%s' is running already%s%s%s", t->guest.name, who && *who ? " (" : "",
		who ? who : "", who && *who ? ")" : "");
	free(who);
	arena_done(&a);
	return -1;
}

/* What its folder alone knows of a registered guest would be lost: then its owner has to say so. */
static int is_forgettable(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;
	struct words snapshots = { 0 };
	struct arena a = { 0 };
	int status = 0;

	if (!t->facts.registered && !t->elsewhere)
		return err_set(e, ERR_NOT_FOUND, "'%s' is not registered, but built (berth destroy %s)", name, name);
	if (target_runs(t))
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
	bool built = s == STATE_BUILT || s == STATE_SAVED;

	if (act_knows_state(t, e) < 0)
		return -1;
	switch (v) {
	case VERB_BUILD:
		if (target_runs(t) || built)
			return err_set(e, ERR_EXISTS, "'%s' is built already (berth destroy %s to build it anew)", name, name);
		return 0;
	case VERB_START:
		if (s == STATE_PAUSED)
			return err_set(e, ERR_EXISTS, "'%s' is paused, not stopped (berth resume %s)", name, name);
		if (target_runs(t))
			return runs_already(t, e);
		if (!built && t->guest.disks.n)
			return not_built(t, e);
		if (t->facts.throwaway && built)
			return err_set(e, ERR_FAILED, "'%s' was a throwaway guest and has ended (berth destroy %s)", name, name);
		return can_start(t, e);
	case VERB_STOP:
	case VERB_KILL:
	case VERB_RESET:
	case VERB_REBOOT:
	case VERB_PAUSE:
	case VERB_RESUME:
	case VERB_SUSPEND:
		return running_fits(t, v, e);
	case VERB_REGISTER:
		if (s > STATE_DEFINED)
			return err_set(e, ERR_EXISTS, t->facts.registered ? "'%s' is registered already" :
				       "there is a guest '%s' already (set hardware.vm_id)", name);
		return 0;
	case VERB_UNREGISTER:
		return is_forgettable(t, e);
	case VERB_DESTROY:
		if (t->facts.registered)
			return err_set(e, ERR_EXISTS, "'%s' is registered, and its disks are its owner's (berth unregister %s)",
				       name, name);
		if (!built && !target_runs(t) && !t->facts.gone && !t->facts.remains)
			return err_set(e, ERR_NOT_FOUND, "'%s' is not built, so there is nothing to destroy", name);
		return 0;
	case VERB_ATTACH:
	case VERB_DETACH:
	case VERB_CD:
		if (t->facts.registered)
			return err_set(e, ERR_UNSUPPORTED, "'%s' is registered, and its machine file its owner's: change that", name);
		if (s != STATE_BUILT && !t->built_for)
			return err_set(e, ERR_NOT_FOUND, "'%s' is not built, so there is no place where the change could be kept (berth "
				       "build %s)", name, t->path);
		if (s == STATE_SAVED)
			return err_set(e, ERR_FAILED, "'%s' is saved, and goes on with the hardware it had (berth start %s)", name, name);
		return target_runs(t) ? 0 : is_whole(t, e);
	case VERB_RENAME:
		if (t->facts.registered)
			return err_set(e, ERR_UNSUPPORTED, "'%s' is registered: its name is that of its machine file (berth unregister %s)",
				       name, name);
		return holds_still(t, v, e) < 0 ? -1 : is_whole(t, e);
	case VERB_CLONE:
	case VERB_SNAPSHOT:
	case VERB_RESTORE:
	case VERB_EXPORT:
		return holds_still(t, v, e) < 0 || (v != VERB_RESTORE && is_whole(t, e) < 0) ? -1 : 0;
	case VERB_COUNT:
		break;
	}
	return 0;
}
