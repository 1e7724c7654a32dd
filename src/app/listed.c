/* SPDX-License-Identifier: ISC */
#include "app/listed.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/attendant.h"
#include "app/keep.h"
#include "app/probe.h"
#include "app/session.h"
#include "app/target.h"
#include "model/driver.h"
#include "sys/file.h"
#include "text/size.h"

enum { LONGEST_COMMAND = 1 << 20 };

/* What was looked up of one guest so far. */
struct looked {
	struct arena mem;
	bool read, good;        /* its machine file was read, and is one */
	struct guest guest;
	struct words argv;      /* of its hypervisor */
};

struct listed {
	struct facts *f;
	const struct sighting *s;
	struct looked *looked;
};

static void looked_done(struct looked *l)
{
	guest_done(&l->guest);
	arena_done(&l->mem);
}

static const char *number(long long n, struct arena *a)
{
	return n ? arena_fmt(a, "%lld", n) : NULL;
}

static bool runs(const struct sighting *s)
{
	return s->state >= STATE_RUNNING;
}

static char *machine_file(const struct listed *l, struct arena *a)
{
	return arena_fmt(a, "%s/guest.conf", guest_folder(l->f, l->s->name, a));
}

/* As it was built; NULL: nobody made it with berth, or it cannot be read. */
static const struct guest *guest(const struct listed *l)
{
	struct looked *k = l->looked;
	const char *file = machine_file(l, &k->mem);
	DEFER(report_done) struct report r = { .file = file };
	DEFER(free_str) char *content = NULL;
	struct err ignored = { 0 };
	size_t size;

	if (k->read || l->s->alien)
		return k->good ? &k->guest : NULL;
	k->read = true;
	content = file_read(file, INI_MAX_BYTES, &size, &ignored);
	k->good = content && guest_parse(&k->guest, file, content, size, &r, &ignored) == 0;
	k->guest.name = l->s->name;
	return k->good ? &k->guest : NULL;
}

static const struct words *argv(const struct listed *l)
{
	struct looked *k = l->looked;
	struct err ignored = { 0 };
	DEFER(free_str) char *all = NULL;
	size_t size = 0;

	if (k->argv.n || !l->s->pid)
		return &k->argv;
	all = file_read(arena_fmt(&k->mem, "/proc/%d/cmdline", (int)l->s->pid), LONGEST_COMMAND, &size, &ignored);
	for (size_t at = 0; all && at < size; at += strlen(all + at) + 1)
		words_add(&k->argv, &k->mem, arena_str(&k->mem, all + at));
	return &k->argv;
}

static const char *told(const struct listed *l, enum told what, struct arena *a)
{
	const struct driver *d = l->s->driver ? driver_find(l->s->driver) : NULL;

	return d && d->tell && argv(l)->n ? d->tell(argv(l), what, a) : NULL;
}

/* A way into a guest of ours that runs; false: there is none. */
static bool way(const struct listed *l, enum reach_kind kind, struct reach *out, struct arena *a)
{
	const struct driver *d = l->s->driver ? driver_find(l->s->driver) : NULL;
	const struct guest *g = runs(l->s) ? guest(l) : NULL;
	struct facts f = *l->f;
	struct err ignored = { 0 };

	if (!g || !d || !d->reach)
		return false;
	f.vnc_port = (int)l->s->gist.vnc_port;
	return d->reach(g, &f, kind, out, a, &ignored) == 0;
}

/* The port of its screen; 0: it has none, or a socket. */
static int screen_port(const struct listed *l, struct arena *a)
{
	struct reach r = { 0 };
	const char *vnc, *display;

	if (!l->s->alien)
		return way(l, REACH_SCREEN, &r, a) ? r.port : 0;
	vnc = told(l, TOLD_SCREEN, a);
	display = vnc && !str_starts(vnc, "unix:") ? strrchr(vnc, ':') : NULL;
	return display ? 5900 + atoi(display + 1) : 0;
}

static const char *host_of(const struct field *f, const void *record, struct arena *a)
{
	struct utsname u;

	return uname(&u) ? NULL : arena_str(a, u.nodename);
}

static const char *driver_of(const struct field *f, const void *record, struct arena *a)
{
	return ((const struct listed *)record)->s->driver;
}

static const char *name_of(const struct field *f, const void *record, struct arena *a)
{
	return ((const struct listed *)record)->s->name;
}

static const char *id_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;
	const char *registered = l->s->gist.registered;

	return l->s->alien ? NULL : registered ? registered : machine_file(l, a);
}

static const char *uuid_of(const struct field *f, const void *record, struct arena *a)
{
	const struct guest *g = guest(record);

	return g ? guest_uuid(g, a) : told(record, TOLD_UUID, a);
}

static const char *mac_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;

	if (l->s->alien)
		return told(l, TOLD_MAC, a);
	return l->s->gist.mac;
}

static const char *address_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;

	return l->s->gist.there ? l->s->gist.address : l->s->address;
}

/* What a session of this host has noted of itself; NULL: it is none. */
static const char *session_note(const struct listed *l, struct arena *a)
{
	return str_eq(l->s->driver, "host") && !l->s->alien ? guest_run_file(l->f, l->s->name, "session", a) : NULL;
}

static const char *display_of(const struct field *f, const void *record, struct arena *a)
{
	const char *session = runs(((const struct listed *)record)->s) ? session_note(record, a) : NULL;
	int port = screen_port(record, a);
	char buf[32];

	if (session)
		return arena_str(a, session_display(session, buf, sizeof buf));
	return port ? arena_fmt(a, ":%d", port - 5900) : NULL;
}

static const char *cport_of(const struct field *f, const void *record, struct arena *a)
{
	int port = screen_port(record, a);
	struct reach r = { 0 };

	if (port)
		return arena_fmt(a, "%d", port);
	return way(record, REACH_SCREEN, &r, a) ? r.socket : NULL;
}

static const char *sport_of(const struct field *f, const void *record, struct arena *a)
{
	struct reach r = { 0 };

	return way(record, REACH_MONITOR, &r, a) ? r.socket : NULL;
}

static const char *pid_of(const struct field *f, const void *record, struct arena *a)
{
	return number(((const struct listed *)record)->s->pid, a);
}

/* Who the hypervisor's process belongs to. */
static bool owner(const struct listed *l, struct stat *st, struct arena *a)
{
	return l->s->pid && !stat(arena_fmt(a, "/proc/%d", (int)l->s->pid), st);
}

static const char *user_of(const struct field *f, const void *record, struct arena *a)
{
	struct stat st;

	return owner(record, &st, a) ? user_name(st.st_uid, a) : NULL;
}

static const char *group_of(const struct field *f, const void *record, struct arena *a)
{
	struct stat st;

	return owner(record, &st, a) ? group_name(st.st_gid, a) : NULL;
}

static const char *site_of(const struct field *f, const void *record, struct arena *a)
{
	return "SERVER";
}

static const char *ifname_of(const struct field *f, const void *record, struct arena *a)
{
	const struct guest *g = guest(record);

	return g && g->nics.n ? g->nics.v[0].ifname : NULL;
}

static const char *nothing(const struct field *f, const void *record, struct arena *a)
{
	return NULL;
}

static const char *context_of(const struct field *f, const void *record, struct arena *a)
{
	const struct gist *g = &((const struct listed *)record)->s->gist;

	return g->session ? g->session : g->machine;
}

static const char *exe_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;
	char path[PATH_MAX];
	ssize_t n = l->s->pid ? readlink(arena_fmt(a, "/proc/%d/exe", (int)l->s->pid), path, sizeof path) : -1;

	return n > 0 ? arena_strn(a, path, (size_t)n) : NULL;
}

static const char *release_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;
	const struct driver *d = l->s->driver ? driver_find(l->s->driver) : NULL;

	return d ? probe_release(l->f, d) : NULL;
}

static const char *accel_of(const struct field *f, const void *record, struct arena *a)
{
	return told(record, TOLD_ACCEL, a);
}

static const char *arch_of(const struct field *f, const void *record, struct arena *a)
{
	struct utsname u;

	return uname(&u) ? NULL : arena_str(a, u.machine);
}

static const char *state_of(const struct field *f, const void *record, struct arena *a)
{
	return state_word(((const struct listed *)record)->s->state);
}

static const char *os_of(const struct field *f, const void *record, struct arena *a)
{
	return ((const struct listed *)record)->s->gist.os;
}

static const char *cpus_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;

	return number(l->s->alien ? l->s->cpus : l->s->gist.cpus, a);
}

static const char *memory_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;
	uint64_t ram = l->s->alien ? l->s->ram : (uint64_t)l->s->gist.ram;

	return ram ? size_text(ram, a) : NULL;
}

static const char *ssh_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;
	long long port = l->s->gist.ssh_port;

	return port && runs(l->s) ? arena_fmt(a, "127.0.0.1:%lld", port) : NULL;
}

static const char *note_of(const struct field *f, const void *record, struct arena *a)
{
	const struct listed *l = record;
	int status;

	if (l->s->alien)
		return "alien";
	if (l->s->gist.throwaway)
		return l->s->state == STATE_BUILT ? "to be deleted" : "throwaway";
	status = l->s->state == STATE_BUILT ? session_status(session_note(l, a)) : -1;
	return status < 0 ? keep_note(l->f, l->s->name, l->s->state) : arena_fmt(a, "ended with status %d", status);
}

const struct field listed_fields[] = {
	{ "host",     "HOST",     1,  false, "the host it is on", host_of },
	{ "driver",   "DRIVER",   2,  false, "its hypervisor", driver_of },
	{ "name",     "NAME",     3,  false, "what it is called", name_of },
	{ "id",       "ID",       4,  false, "its machine file", id_of },
	{ "uuid",     "UUID",     5,  false, "its UUID", uuid_of },
	{ "mac",      "MAC",      6,  false, "the hardware address of its first interface", mac_of },
	{ "address",  "ADDRESS",  7,  false, "its IP address, when it is known without asking the guest", address_of },
	{ "display",  "DISPLAY",  8,  false, "the VNC display of its screen, or the X display of a session", display_of },
	{ "cport",    "CPORT",    9,  false, "port or socket of its screen", cport_of },
	{ "sport",    "SPORT",    10, false, "socket of its hypervisor's monitor", sport_of },
	{ "pid",      "PID",      11, true,  "the process of its hypervisor", pid_of },
	{ "user",     "USER",     12, false, "who that process belongs to", user_of },
	{ "group",    "GROUP",    13, false, "the group it belongs to", group_of },
	{ "site",     "SITE",     14, false, "always SERVER: clients and tunnels are no guests", site_of },
	{ "jobid",    "JOBID",    15, false, "always empty, for who counts the fields", nothing },
	{ "ifname",   "IFNAME",   16, false, "the name of its first interface inside, when the machine file gives one", ifname_of },
	{ "reserved", "RESERVED", 17, false, "always empty, too", nothing },
	{ "context",  "CONTEXT",  18, false, "the machine type it was built with, or the kind of a session", context_of },
	{ "exe",      "EXE",      19, false, "the program of that process", exe_of },
	{ "release",  "RELEASE",  20, false, "the release of its hypervisor on this host", release_of },
	{ "accel",    "ACCEL",    21, false, "how its processors come to be: kvm, tcg", accel_of },
	{ "arch",     "ARCH",     22, false, "its architecture", arch_of },
	{ "state",    "STATE",    0,  false, "stopped, running, paused, saved or unknown", state_of },
	{ "os",       "OS",       0,  false, "its operating system", os_of },
	{ "cpus",     "CPUS",     0,  true,  "its processors", cpus_of },
	{ "memory",   "MEMORY",   0,  true,  "its memory", memory_of },
	{ "ssh",      "SSH",      0,  false, "where its ssh is reached", ssh_of },
	{ "note",     "NOTE",     0,  false, "what else there is to know: alien, throwaway, to be deleted and so on", note_of },
	{ 0 },
};

void listed_add(struct view *v, struct facts *f, const struct sighting *s)
{
	DEFER(looked_done) struct looked looked = { 0 };

	view_add(v, &(struct listed){ f, s, &looked });
}
