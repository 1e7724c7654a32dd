/* SPDX-License-Identifier: ISC */
#include "app/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/probe_apt.h"
#include "app/probe_containers.h"
#include "app/probe_kvm.h"
#include "app/probe_net.h"
#include "app/remember.h"
#include "exec/exec.h"
#include "model/driver.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/sock.h"

/* What starting and reaching a guest takes, and what building one takes besides. */
static const char *const to_start[] = { "ssh", NULL };
static const char *const to_build[] = {
	"qemu-img", "qemu-storage-daemon", "mmdebstrap", "sfdisk", "mke2fs", "mkswap",
	"mkfs.vfat", "mkntfs", "ntfslabel", "debugfs", "e2fsck", "grub-mkimage", "mcopy", "mmd", "ssh-keygen",
	"useradd", "groupadd", "sed", "find", "cp", "dd", "curl", NULL,
};

static const char *const to_copy[] = { "qemu-img", "tar", "gzip", "zstd", NULL };

/* sbin too: an ordinary user's PATH often lacks it, and mke2fs lives there. */
const char *probe_program(const char *name, struct arena *a)
{
	const char *path = getenv("PATH");
	char *dirs = arena_fmt(a, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	char *save = NULL;

	for (char *d = strtok_r(dirs, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
		char *file = arena_fmt(a, "%s/%s", d, name);

		if (!access(file, X_OK))
			return file;
	}
	return NULL;
}

static bool looked_for(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->tools.n; i++)
		if (!strcmp(f->tools.v[i].name, name))
			return true;
	return false;
}

static void probe_tools(struct facts *f, const char *const *names)
{
	for (const char *const *w = names; *w; w++)
		if (!looked_for(f, *w))
			*vec_add(&f->tools, &f->mem) = (struct tool){ *w, probe_program(*w, &f->mem) };
}

/* The program that runs: it edits the machine file of a clone, and keeps guests. */
static void probe_self(struct facts *f)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);

	if (n > 0 && n < (ssize_t)sizeof path)
		*vec_add(&f->tools, &f->mem) = (struct tool){ "berth", arena_strn(&f->mem, path, (size_t)n) };
}

/* Beside the program that runs, as it is built; or where it was installed. */
static const char *find_attendant(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	const char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL, *beside;

	beside = slash ? arena_fmt(a, "%.*s/berth-attend", (int)(slash - path), path) : NULL;
	if (beside && file_exists(beside))
		return beside;
	return file_exists(BERTH_LIBEXEC "/berth-attend") ? BERTH_LIBEXEC "/berth-attend" : NULL;
}

void probe_attendant(struct facts *f)
{
	if (!looked_for(f, "berth-attend"))
		*vec_add(&f->tools, &f->mem) = (struct tool){ "berth-attend", find_attendant(&f->mem) };
}

static const char *xdg(struct arena *a, const char *variable, const char *fallback)
{
	const char *v = getenv(variable), *home = getenv("HOME");

	if (v && *v == '/')
		return arena_fmt(a, "%s/berth", v);
	return arena_fmt(a, "%s/%s/berth", home ? home : "/nonexistent", fallback);
}

void probe_config(const char *file, struct words *paths, struct arena *a)
{
	const char *home = getenv("BERTH_HOME");

	if (home && *home) {
		words_add(paths, a, arena_fmt(a, "%s/config/%s", path_absolute(home, a), file));
		return;
	}
	if (getuid())
		words_add(paths, a, arena_fmt(a, "%s/%s", xdg(a, "XDG_CONFIG_HOME", ".config"), file));
	words_add(paths, a, arena_fmt(a, "/etc/berth/%s", file));
}

static void system_places(struct facts *f)
{
	f->data_dir = "/var/lib/berth";
	f->cache_dir = "/var/cache/berth";
	f->run_dir = "/run/berth";
}

int probe_places(struct facts *f, struct err *e)
{
	const char *home = getenv("BERTH_HOME"), *system = getenv("BERTH_SYSTEM");
	struct arena *a = &f->mem;

	f->uid = f->run_uid = getuid();
	f->gid = f->run_gid = getgid();
	if (system && *system) {
		system_places(f);
	} else if (home && *home) {
		f->data_dir = path_absolute(home, a);
		f->cache_dir = arena_fmt(a, "%s/cache", f->data_dir);
		f->run_dir = arena_fmt(a, "%s/run", f->data_dir);
	} else if (!f->uid) {
		system_places(f);
	} else {
		const char *run = getenv("XDG_RUNTIME_DIR");

		f->data_dir = xdg(a, "XDG_DATA_HOME", ".local/share");
		f->cache_dir = xdg(a, "XDG_CACHE_HOME", ".cache");
		f->run_dir = run && *run == '/' ? arena_fmt(a, "%s/berth", run)
						: arena_fmt(a, "%s/run", f->cache_dir);
	}
	/* RUN/NAME/serial.sock must fit into sun_path (108 bytes) with a name of 40 at least. */
	if (strlen(f->run_dir) > 50)
		return err_set(e, ERR_INVALID, "'%s' is too long for sockets, expected at most 50 bytes (set BERTH_HOME "
			       "or XDG_RUNTIME_DIR to a shorter directory)", f->run_dir);
	return 0;
}

int probe_run_as(struct facts *f, const char *run_as, struct err *e)
{
	struct passwd *pw;
	struct group *gr;

	if (f->uid) {
		if (run_as && !((pw = getpwnam(run_as)) && pw->pw_uid == f->uid))
			return err_set(e, ERR_PERMISSION, "run.run_as: only root can run a guest as '%s'", run_as);
		return 0;
	}
	pw = getpwnam(run_as ? run_as : "berth");
	if (!pw && run_as)
		return err_set(e, ERR_NOT_FOUND, "run.run_as: there is no user '%s' on this host", run_as);
	if (!pw)
		pw = getpwnam("nobody");
	f->run_uid = pw ? pw->pw_uid : 65534;
	f->run_gid = pw ? pw->pw_gid : 65534;
	if ((gr = getgrnam("berth")))
		f->group = gr->gr_gid;
	/* The one group that opens /dev/kvm, where there is one. */
	if ((gr = getgrnam("kvm")))
		f->run_gid = gr->gr_gid;
	return 0;
}

/* As whom a session runs: with his own group, whatever machines need. */
static void probe_login(struct facts *f)
{
	const struct passwd *pw = getpwuid(f->run_uid);

	f->display = arena_str(&f->mem, getenv("DISPLAY"));
	if (!pw)
		return;
	f->run_gid = pw->pw_gid;
	f->run_user = arena_str(&f->mem, pw->pw_name);
	f->run_home = file_exists(pw->pw_dir) ? arena_str(&f->mem, pw->pw_dir) : "/";
	f->run_shell = arena_str(&f->mem, pw->pw_shell);
}

/*
 * "QEMU emulator version 7.2.22 (Debian …)" → "7.2". Asking costs the loader's 12 ms,
 * so the answer is remembered.
 */
static void probe_qemu_version(struct facts *f)
{
	const char *qemu = facts_tool(f, "qemu-system-x86_64");
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };
	int major, minor;
	const char *id, *v;

	if (!qemu)
		return;
	id = remember_id(f, ARGV(qemu));
	f->qemu_version = remembered(f, "qemu-version", id);
	if (f->qemu_version)
		return;
	if (exec_capture(ARGV(qemu, "--version"), 10000, &out, &ignored) != 0 ||
	    !(v = strstr(str_text(&out), "version ")) || sscanf(v, "version %d.%d", &major, &minor) != 2)
		return;
	f->qemu_version = arena_fmt(&f->mem, "%d.%d", major, minor);
	remember(f, "qemu-version", id, f->qemu_version);
}

/* Which way it traces was decided when it was compiled, and one that has no log for it does not start when told to use it. */
static void probe_traces(struct facts *f)
{
	const char *qemu = facts_tool(f, "qemu-system-x86_64"), *id, *known;
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };
	int status;

	if (!qemu)
		return;
	id = remember_id(f, ARGV(qemu));
	known = remembered(f, "qemu-traces", id);
	if (!known) {
		status = exec_capture(ARGV(qemu, "-trace", "file=/dev/null", "-M", "help"), 10000, &out, &ignored);
		known = status ? "no" : "yes";
		/* Who gave no answer in time is asked again. */
		if (status >= 0)
			remember(f, "qemu-traces", id, known);
	}
	f->qemu_traces = str_eq(known, "yes");
}

const char *probe_release(struct facts *f, const struct driver *d)
{
	if (strcmp(d->name, "qemu") != 0)
		return NULL;
	if (!f->qemu_version) {
		probe_driver(f, d);
		probe_qemu_version(f);
	}
	return f->qemu_version;
}

static void probe_firmware(struct facts *f)
{
	static const char *const codes[][2] = {
		{ "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
		{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
		{ "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
	};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (file_exists(codes[i][0]) && file_exists(codes[i][1])) {
			f->ovmf_code = codes[i][0];
			f->ovmf_vars = codes[i][1];
			return;
		}
}

static void probe_cache(struct facts *f)
{
	static const char *const kinds[] = { "tree", "boot", "disk", "container" };
	struct err ignored = { 0 };

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct words names = { 0 };

		if (dir_list(arena_fmt(&f->mem, "%s/%s", f->cache_dir, kinds[k]), &names, &f->mem, &ignored) < 0)
			continue;
		for (size_t i = 0; i < names.n; i++)
			words_add(&f->cached, &f->mem, arena_fmt(&f->mem, "%s/%s", kinds[k], names.v[i]));
	}
}

static void probe_accel(struct facts *f, const char *accel)
{
	if (str_eq(accel, "tcg")) {
		f->kvm_why = "emulation was asked for";
	} else if (str_eq(accel, "kvm")) {
		f->kvm = true;
		f->kvm_why = "KVM was asked for, unprobed";
	} else {
		DEFER(str_done) struct str why = { 0 };

		f->kvm = kvm_probe(&(struct kvm_probe){ "/dev/kvm", facts_tool(f, "qemu-system-x86_64"), f->cache_dir,
					       f->run_uid, f->run_gid }, &why);
		f->kvm_why = arena_str(&f->mem, str_text(&why));
	}
}

void probe_driver(struct facts *f, const struct driver *d)
{
	probe_tools(f, d->tools);
}

static void probe_drivers(struct facts *f)
{
	for (const struct driver *const *d = drivers; *d; d++)
		probe_driver(f, *d);
}

static bool on_shared_network(const struct guest *g)
{
	for (size_t i = 0; i < g->nics.n; i++)
		if (nic_is_shared(&g->nics.v[i]))
			return true;
	return false;
}

int probe_host(struct facts *f, int what, const struct driver *d, const struct guest *g, struct err *e)
{
	struct utsname u;

	if (!uname(&u))
		f->arch = arena_str(&f->mem, u.machine);
	probe_tools(f, to_start);
	probe_drivers(f);
	probe_firmware(f);
	if (probe_run_as(f, g ? g->run_as : NULL, e) < 0)
		return -1;
	if (d && str_eq(d->name, "host"))
		probe_login(f);
	probe_start_container(f);
	probe_attendant(f);
	if (what & PROBE_START && (!d || !strcmp(d->name, "qemu"))) {
		probe_accel(f, g ? g->accel : "auto");
		probe_traces(f);
	}
	if (g && on_shared_network(g))
		probe_neighbours(f, g->name);
	if (g)
		probe_guest_net(f, g);
	if (what & (PROBE_COPY | PROBE_START))
		probe_self(f);
	if (what & PROBE_COPY)
		probe_tools(f, to_copy);
	if (what & PROBE_BUILD) {
		probe_tools(f, to_build);
		probe_qemu_version(f);
		probe_cache(f);
		probe_apt(f);
		probe_build_container(f, g);
		f->fuse = !access("/dev/fuse", R_OK | W_OK) && facts_tool(f, "qemu-storage-daemon");
	}
	return 0;
}

static bool probe_saved(const struct facts *f, const char *name)
{
	struct arena a = { 0 };
	bool yes = file_exists(arena_fmt(&a, "%s/saved", guest_folder(f, name, &a)));

	arena_done(&a);
	return yes;
}

static const char *probe_was(struct facts *f, const char *name)
{
	const char *file = arena_fmt(&f->mem, "%s/saved.was", guest_folder(f, name, &f->mem));
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(file, 16, NULL, &ignored);

	return text ? arena_strn(&f->mem, text, strcspn(text, "\n")) : NULL;
}

enum state probe_process(const struct facts *f, const char *name, pid_t *pid)
{
	DEFER(arena_done) struct arena a = { 0 };

	if (lock_held_by(guest_lock(f, name, &a), pid))
		return STATE_RUNNING;
	if (!file_exists(guest_folder(f, name, &a)))
		return STATE_ABSENT;
	return probe_saved(f, name) ? STATE_SAVED : STATE_BUILT;
}

enum state probe_state(const struct facts *f, const char *name)
{
	pid_t unused;

	return probe_process(f, name, &unused);
}

/* A port that stays the guest's own as long as nobody else takes it: 20000 and a hash of the name. */
static int preferred_port(const char *name)
{
	unsigned hash = 2166136261u;    /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return 20000 + (int)(hash % 10000);
}

static int pinned_screen(const struct facts *f, const char *name)
{
	DEFER(arena_done) struct arena a = { 0 };
	json_error_t je;
	json_t *record = json_load_file(arena_fmt(&a, "%s/record.json", guest_folder(f, name, &a)), 0, &je);
	int port = (int)json_integer_value(json_object_get(record, "vnc_port"));

	json_decref(record);
	return port;
}

/* The first port from base on that no guest has been given and nobody listens on; 0: none. */
static int next_screen(const struct facts *f, int base)
{
	enum { LAST = 65535 };
	DEFER(arena_done) struct arena a = { 0 };
	struct words names = { 0 };
	struct err ignored = { 0 };
	bool *given = arena_alloc(&a, LAST + 1);

	dir_list(arena_fmt(&a, "%s/guests", f->data_dir), &names, &a, &ignored);
	for (size_t i = 0; i < names.n; i++) {
		int port = pinned_screen(f, names.v[i]);

		if (port > 0 && port <= LAST)
			given[port] = true;
	}
	for (int port = base; port <= LAST; port++)
		if (!given[port] && !sock_port_taken("127.0.0.1", port, false))
			return port;
	return 0;
}

void probe_screen(struct facts *f, const struct guest *g, const char *name)
{
	if (!str_eq(g->vnc, "tcp"))
		return;
	f->vnc_port = g->vnc_port ? (int)g->vnc_port : pinned_screen(f, name);
	if (!f->vnc_port && f->state <= STATE_DEFINED)
		f->vnc_port = next_screen(f, (int)g->vnc_base);
}

int probe_moved_port(const struct facts *f, const char *name)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(guest_port_file(f, name, &a), 16, NULL, &ignored);

	return text ? atoi(text) : 0;
}

int probe_guest(struct facts *f, const char *name, struct err *e)
{
	char *file = arena_fmt(&f->mem, "%s/record.json", guest_folder(f, name, &f->mem));
	int port = preferred_port(name), moved = probe_moved_port(f, name);
	json_error_t je;
	struct stat st;
	json_t *record;

	f->state = probe_state(f, name);
	f->saved = probe_saved(f, name);
	f->was = probe_was(f, name);
	record = json_load_file(file, 0, &je);
	f->built = record;
	f->once_ran = file_exists(guest_once_file(f, name, &f->mem));
	f->kept = lock_held(guest_keep_lock(f, name, &f->mem));
	if (record) {
		f->registered = json_object_get(record, "registered");
		f->machine = arena_str(&f->mem, json_string_value(json_object_get(record, "machine")));
		f->throwaway = json_is_true(json_object_get(record, "throwaway"));
		f->slots = (int)json_integer_value(json_object_get(record, "slots"));
		port = (int)json_integer_value(json_object_get(record, "ssh_port"));
		json_decref(record);
	}
	port = moved ? moved : port;
	f->ssh_port = f->state == STATE_RUNNING || probe_own_network(f, name) ? port : sock_free_port(port);
	f->ssh_moved = f->ssh_port != port;
	f->run_dir_foreign = stat(guest_run_dir(f, name, &f->mem), &st) == 0 && st.st_uid != f->run_uid;
	return 0;
}
