/* SPDX-License-Identifier: ISC */
#include "app/act.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/run_as.h"
#include "app/copies.h"
#include "app/qcow2.h"
#include "model/image.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/sock.h"

enum { RUNS_NOT_MS = 1000 };

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

static bool runs(const struct target *t)
{
	return t->facts.state >= STATE_RUNNING;
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

/* A copy of a running guest is its hypervisor's work; whatever else it is made of must hold still. */
static int holds_still(const struct target *t, enum verb v, struct err *e)
{
	bool online = t->driver->online && v != VERB_CLONE && (v != VERB_RESTORE || t->facts.memory);
	const char *name = t->guest.name;

	if (online && runs(t) && t->facts.state != STATE_UNKNOWN)
		return has_folder(t) ? 0 : not_built(t, e);
	if (online && t->facts.state == STATE_UNKNOWN)
		return err_set(e, ERR_FAILED, "'%s' does not answer", name);
	if (runs(t))
		return err_set(e, ERR_FAILED, "'%s' is running (berth %s %s)", name,
			       verb_word(t->driver->plan[VERB_STOP] ? VERB_STOP : VERB_KILL), name);
	if (t->facts.state == STATE_SAVED)
		return v == VERB_RESTORE ? 0 :
			err_set(e, ERR_FAILED, "'%s' is saved: its disks go with its memory (berth start %s)", name, name);
	if (t->facts.state != STATE_BUILT)
		return not_built(t, e);
	return 0;
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

/* What one verb says about a guest that runs or does not. */
static int running_fits(const struct target *t, enum verb v, struct err *e)
{
	const char *name = t->guest.name;
	enum state s = t->facts.state;

	if (v == VERB_RESUME && (s == STATE_SAVED || (s == STATE_PAUSED && t->facts.saved)))
		return is_whole(t, e);
	if (v == VERB_SUSPEND && s == STATE_SAVED)
		return err_set(e, ERR_EXISTS, "'%s' is saved already", name);
	/* Its keeper is about to start it again. */
	if (!runs(t) && t->facts.kept && (v == VERB_STOP || v == VERB_KILL))
		return 0;
	if (!runs(t))
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
	return v == VERB_RESUME || v == VERB_SUSPEND ? is_whole(t, e) : 0;
}

/* Of a guest without a lock of ours only its hypervisor can tell whether it runs. */
static int knows_state(const struct target *t, struct err *e)
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
	if (runs(t))
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

	if (knows_state(t, e) < 0)
		return -1;
	switch (v) {
	case VERB_BUILD:
		if (runs(t) || built)
			return err_set(e, ERR_EXISTS, "'%s' is built already (berth destroy %s to build it anew)", name, name);
		return 0;
	case VERB_START:
		if (s == STATE_PAUSED)
			return err_set(e, ERR_EXISTS, "'%s' is paused, not stopped (berth resume %s)", name, name);
		if (runs(t))
			return runs_already(t, e);
		if (!built && t->guest.disks.n)
			return not_built(t, e);
		if (t->facts.throwaway && built)
			return err_set(e, ERR_FAILED, "'%s' was a throwaway guest and has ended (berth destroy %s)", name, name);
		return is_whole(t, e);
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
		if (!built && !runs(t) && !t->facts.gone && !t->facts.remains)
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
		return runs(t) ? 0 : is_whole(t, e);
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

/*
 * A guest with saved memory goes on as a new process; one that is there is none it
 * could be (driver/qemu_memory.c).
 */
static int go_on(const struct target *t, struct plan *p, struct err *e)
{
	struct target later = *t;

	if (act_is_free(t, VERB_START, e) < 0)
		return -1;
	if (runs(t) && driver_plan(t->driver, VERB_KILL, &t->guest, &t->facts, p, e) < 0)
		return -1;
	later.facts.state = STATE_SAVED;
	return driver_plan(t->driver, VERB_START, &t->guest, &later.facts, p, e);
}

/* To files of the owner's, which are opened by these links. */
static int check_links(const struct target *t, const struct plan *p, struct err *e)
{
	for (size_t i = 0; !t->elsewhere && i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];

		if (s->kind == STEP_LINK && !file_exists(s->target))
			return err_set(e, ERR_NOT_FOUND, "'%s' needs %s, which is not there", t->guest.name, s->target);
		if (s->kind == STEP_LINK && qcow2_base_check(s->target, e) < 0)
			return -1;
	}
	return 0;
}

int act_plan(const struct target *t, enum verb v, struct plan *p, struct err *e)
{
	if (act_fits(t, v, e) < 0 || act_is_free(t, v, e) < 0)
		return -1;
	if (v == VERB_RESUME && (t->facts.state == STATE_SAVED || t->facts.saved))
		return go_on(t, p, e);
	if (v == VERB_DESTROY && runs(t) && t->driver->plan[VERB_KILL] &&
	    driver_plan(t->driver, VERB_KILL, &t->guest, &t->facts, p, e) < 0)
		return -1;
	if (v == VERB_DESTROY && t->facts.state == STATE_SAVED)
		p->note = "its saved memory goes, too";
	if (driver_plan(t->driver, v, &t->guest, &t->facts, p, e) < 0)
		return -1;
	return v == VERB_REGISTER || v == VERB_ATTACH ? check_links(t, p, e) : 0;
}

int act_plan_reap(const struct target *t, struct plan *p, struct err *e)
{
	const char *lock = guest_lock(&t->facts, t->guest.name, &p->mem);

	if (!t->facts.throwaway)
		return err_set(e, ERR_FAILED, "'%s' is no throwaway guest (berth up --rm makes them)", t->guest.name);
	plan_wait(p, "until the guest has ended", WAIT_GONE, lock, 0);
	plan_lock(p, "nobody starts it meanwhile", plan_fmt(p, "%s.lock", guest_folder(&t->facts, t->guest.name, &p->mem)), true);
	plan_wait(p, "and nobody has", WAIT_GONE, lock, RUNS_NOT_MS);
	return driver_plan(t->driver, VERB_DESTROY, &t->guest, &t->facts, p, e);
}

/* A small process of its own waits for the end of the guest; should it be killed, the record still tells. */
static void add_reaper(const struct target *t, struct plan *p)
{
	const struct facts *f = &t->facts;
	const char *berth = facts_tool(f, "berth");

	plan_daemon(p, "who deletes it when it ends", ARGV(berth ? berth : "berth", "reap", "--quiet", t->guest.name), NULL,
		    plan_fmt(p, "%s/log/%s.log", f->data_dir, t->guest.name), (uid_t)-1, (gid_t)-1);
}

static int check_throwaway(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;

	if (t->driver->foreign)
		return err_set(e, ERR_UNSUPPORTED, "%s guests cannot be thrown away when they end", t->driver->name);
	if (t->facts.state >= STATE_BUILT && !t->facts.throwaway)
		return err_set(e, ERR_EXISTS, "'%s' is there already, and stays (without --rm, or berth destroy %s first)", name, name);
	return 0;
}

int act_plan_up_once(struct target *t, struct plan *p, struct err *e)
{
	bool starts = t->facts.state < STATE_RUNNING;

	if (check_throwaway(t, e) < 0)
		return -1;
	/* Its reaper was killed: what it left is no guest any more. */
	if (t->facts.state == STATE_BUILT) {
		if (act_plan(t, VERB_DESTROY, p, e) < 0)
			return -1;
		t->facts.state = STATE_DEFINED;
		t->facts.machine = NULL;
	}
	t->facts.throwaway = true;
	if (act_plan_up(t, p, e) < 0)
		return -1;
	if (starts)
		add_reaper(t, p);
	return 0;
}

int act_plan_up(const struct target *t, struct plan *p, struct err *e)
{
	struct target later = *t;

	if (knows_state(t, e) < 0)
		return -1;
	if (t->facts.state < STATE_RUNNING && act_is_free(t, VERB_START, e) < 0)
		return -1;
	if ((t->facts.state == STATE_BUILT || t->facts.state == STATE_SAVED) && act_fits(t, VERB_START, e) < 0)
		return -1;
	if (t->facts.state == STATE_ABSENT || t->facts.state == STATE_DEFINED) {
		if (act_is_free(t, VERB_BUILD, e) < 0)
			return -1;
		if (driver_plan(t->driver, VERB_BUILD, &t->guest, &t->facts, p, e) < 0)
			return -1;
		later.facts.state = STATE_BUILT;
	}
	if (later.facts.state == STATE_PAUSED && later.facts.saved) {
		if (go_on(t, p, e) < 0)
			return -1;
	} else if (later.facts.state == STATE_PAUSED &&
		   driver_plan(t->driver, VERB_RESUME, &t->guest, &later.facts, p, e) < 0) {
		return -1;
	}
	if ((later.facts.state == STATE_BUILT || later.facts.state == STATE_SAVED) &&
	    driver_plan(t->driver, VERB_START, &t->guest, &later.facts, p, e) < 0)
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

static bool writes_in(const char *dir)
{
	return access(dir, W_OK) == 0;
}

/* One directory of root's is open to members of the group (driver/folder.c): a plan that writes nowhere else is theirs, too. */
static bool writes_where_it_may(const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct step *s = &p->steps.v[i];
		DEFER(arena_done) struct arena a = { 0 };
		const char *slash = s->path ? strrchr(s->path, '/') : NULL;

		if (!slash || (s->kind != STEP_DIR && s->kind != STEP_FILE))
			return false;
		if (!writes_in(s->kind == STEP_DIR ? s->path : arena_strn(&a, s->path, (size_t)(slash - s->path))))
			return false;
	}
	return true;
}

int act_execute(const struct target *t, const struct plan *p, struct act_show *show, struct err *e)
{
	const struct facts *f = &t->facts;
	struct exec x = { .secret = resolve_secret, .secret_arg = (void *)t, .trace = getenv("BERTH_TRACE"),
			  .die_after = getenv("BERTH_DIE_AFTER") };
	DEFER(arena_done) struct arena a = { 0 };
	char *dir = arena_fmt(&a, "%s/log", f->data_dir);
	bool ours = access(f->data_dir, W_OK) == 0 || errno != EACCES;
	int status;

	if (run_as_check(t, p, e) < 0)
		return -1;
	if (!ours && !writes_where_it_may(p))
		return err_set(e, ERR_PERMISSION, "%s: permission denied: only its owner makes and runs guests there (try it with sudo)",
			       f->data_dir);
	if (show) {
		x.progress = show->progress;
		x.part = show->part;
		x.progress_arg = show->arg;
		x.trouble = show->trouble;
		x.trouble_arg = (void *)t;
	}
	if (ours)
		x.log = arena_fmt(&a, "%s/%s.log", dir, t->guest.name);
	status = ours ? dir_make(dir, 0755, e) : 0;
	if (!status)
		status = plan_execute(p, &x, e);
	if (show)
		show->forced = x.otherwise;
	return status;
}
