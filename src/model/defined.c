/* SPDX-License-Identifier: ISC */
#include "model/defined.h"

#include <string.h>

#include "model/os.h"
#include "text/ipv4.h"
#include "text/size.h"

/* One field, got from a guest; those that berth has nothing to say to are not in the list. */
struct maker {
	const char *key;
	const char *(*make)(const struct defined *d, struct arena *a);
};

size_t defined_records(const struct guest *g)
{
	return g->nics.n ? g->nics.n : 1;
}

static const struct nic *nic(const struct defined *d)
{
	return d->nic < d->g->nics.n ? &d->g->nics.v[d->nic] : NULL;
}

static const struct os *os(const struct defined *d, struct arena *a)
{
	return d->g->os ? os_find(d->g->os, a, NULL) : NULL;
}

static const char *number(long n, struct arena *a)
{
	return n ? arena_fmt(a, "%ld", n) : NULL;
}

static bool has_port(const struct defined *d)
{
	return str_eq(d->g->vnc, "tcp") && d->g->vnc_port;
}

static const char *host_of(const struct defined *d, struct arena *a)
{
	return d->host;
}

static const char *name_of(const struct defined *d, struct arena *a)
{
	return d->g->name;
}

static const char *id_of(const struct defined *d, struct arena *a)
{
	return d->path;
}

static const char *uuid_of(const struct defined *d, struct arena *a)
{
	return guest_uuid(d->g, a);
}

static const char *category_of(const struct defined *d, struct arena *a)
{
	return "VM";
}

static const char *vmstate_of(const struct defined *d, struct arena *a)
{
	return d->state;
}

static const char *release_of(const struct defined *d, struct arena *a)
{
	return d->release;
}

static const char *accel_of(const struct defined *d, struct arena *a)
{
	return d->g->accel;
}

static const char *platform_of(const struct defined *d, struct arena *a)
{
	return d->g->qemu.machine;
}

static const char *memory_of(const struct defined *d, struct arena *a)
{
	return d->g->ram ? size_text(d->g->ram, a) : NULL;
}

static const char *cpus_of(const struct defined *d, struct arena *a)
{
	return number(d->g->cpus, a);
}

static const char *user_of(const struct defined *d, struct arena *a)
{
	return d->user;
}

static const char *group_of(const struct defined *d, struct arena *a)
{
	return d->group;
}

static const char *os_of(const struct defined *d, struct arena *a)
{
	return d->g->os;
}

static const char *tags_of(const struct defined *d, struct arena *a)
{
	return d->tags;
}

static const char *driver_of(const struct defined *d, struct arena *a)
{
	return d->driver ? d->driver : d->g->driver;
}

static const char *mac_of(const struct defined *d, struct arena *a)
{
	return nic(d) ? guest_mac(d->g, d->nic, a) : NULL;
}

static const char *address_of(const struct defined *d, struct arena *a)
{
	return nic(d) ? nic(d)->address : NULL;
}

static const char *display_of(const struct defined *d, struct arena *a)
{
	return has_port(d) ? arena_fmt(a, ":%ld", d->g->vnc_port - 5900) : NULL;
}

static const char *cport_of(const struct defined *d, struct arena *a)
{
	return has_port(d) ? number(d->g->vnc_port, a) : NULL;
}

static const char *vncbase_of(const struct defined *d, struct arena *a)
{
	return str_eq(d->g->vnc, "tcp") ? number(d->g->vnc_base, a) : NULL;
}

static const char *dist_of(const struct defined *d, struct arena *a)
{
	const struct os *o = os(d, a);

	return o ? o->distro : NULL;
}

/* "12" of "debian-12" */
static const char *distrel_of(const struct defined *d, struct arena *a)
{
	const struct os *o = os(d, a);
	const char *dash = o ? strchr(o->name, '-') : NULL;

	return dash ? dash + 1 : NULL;
}

static const char *system_of(const struct defined *d, struct arena *a)
{
	const struct os *o = os(d, a);

	return !o ? NULL : str_eq(o->family, "windows") ? "Windows" : "Linux";
}

static const char *hostname_of(const struct defined *d, struct arena *a)
{
	return d->g->hostname ? d->g->hostname : d->g->name;
}

static const char *ifname_of(const struct defined *d, struct arena *a)
{
	return nic(d) ? nic(d)->ifname : NULL;
}

static const char *mask_of(const struct defined *d, struct arena *a)
{
	return nic(d) && nic(d)->address ? ipv4_text(nic_mask(nic(d)), a) : NULL;
}

static const char *gateway_of(const struct defined *d, struct arena *a)
{
	return nic(d) ? nic_gateway(d->g, nic(d)) : NULL;
}

static const char *relay_of(const struct defined *d, struct arena *a)
{
	return !nic(d) ? NULL : nic(d)->bridge ? nic(d)->bridge : nic(d)->link;
}

static const char *arch_of(const struct defined *d, struct arena *a)
{
	const struct os *o = os(d, a);

	return !o ? NULL : str_eq(o->arch, "amd64") ? "x86_64" : o->arch;
}

static const struct maker makers[] = {
	{ "host", host_of }, { "driver", driver_of }, { "name", name_of }, { "id", id_of },
	{ "uuid", uuid_of }, { "mac", mac_of }, { "address", address_of }, { "display", display_of },
	{ "cport", cport_of }, { "vncbase", vncbase_of }, { "dist", dist_of }, { "distrel", distrel_of },
	{ "system", system_of }, { "category", category_of }, { "vmstate", vmstate_of },
	{ "hostname", hostname_of }, { "release", release_of }, { "accel", accel_of }, { "ifname", ifname_of },
	{ "netmask", mask_of }, { "gateway", gateway_of }, { "relay", relay_of }, { "arch", arch_of },
	{ "platform", platform_of }, { "memory", memory_of }, { "cpus", cpus_of }, { "user", user_of },
	{ "group", group_of }, { "os", os_of }, { "tags", tags_of },
};

enum { NMAKERS = sizeof makers / sizeof *makers };

static const char *value(const struct field *f, const void *record, struct arena *a)
{
	const struct defined *d = record;

	if (!strcmp(f->key, "index"))
		return number(d->number, a);
	if (d->kept)
		return json_string_value(json_object_get(d->kept, f->key));
	for (size_t i = 0; i < NMAKERS; i++)
		if (!strcmp(makers[i].key, f->key))
			return makers[i].make(d, a);
	return NULL;
}

/* Those that berth has no use for are there for who counts them. */
#define UNUSED "always empty, for who counts the fields"

const struct field defined_fields[] = {
	{ "host",       "HOST",       1,  false, "the host it was found on", value },
	{ "driver",     "DRIVER",     2,  false, "its hypervisor", value },
	{ "name",       "NAME",       3,  false, "what it is called", value },
	{ "id",         "ID",         4,  false, "its machine file", value },
	{ "uuid",       "UUID",       5,  false, "its UUID", value },
	{ "mac",        "MAC",        6,  false, "the hardware address of the interface", value },
	{ "address",    "ADDRESS",    7,  false, "the IP address of the interface", value },
	{ "display",    "DISPLAY",    8,  false, "the VNC display of its screen, when it is a fixed one", value },
	{ "cport",      "CPORT",      9,  false, "the port of its screen, when it is a fixed one", value },
	{ "sport",      "SPORT",      10, false, UNUSED, value },
	{ "vncbase",    "VNCBASE",    11, true,  "where the ports of screens begin", value },
	{ "dist",       "DIST",       12, false, "its distribution", value },
	{ "distrel",    "DISTREL",    13, false, "the release of that", value },
	{ "system",     "SYSTEM",     14, false, "its kind of operating system: Linux, Windows", value },
	{ "osrel",      "OSREL",      15, false, UNUSED, value },
	{ "verno",      "VERNO",      16, false, UNUSED, value },
	{ "serno",      "SERNO",      17, false, UNUSED, value },
	{ "category",   "CATEGORY",   18, false, "VM", value },
	{ "vmstate",    "VMSTATE",    19, false, "what it is kept for: active, backup, template and so on", value },
	{ "hyperrel",   "HYPERREL",   20, false, UNUSED, value },
	{ "stackcap",   "STACKCAP",   21, false, UNUSED, value },
	{ "stackreq",   "STACKREQ",   22, false, UNUSED, value },
	{ "hwcap",      "HWCAP",      23, false, UNUSED, value },
	{ "hwreq",      "HWREQ",      24, false, UNUSED, value },
	{ "execloc",    "EXECLOC",    25, false, UNUSED, value },
	{ "reloccap",   "RELOCCAP",   26, false, UNUSED, value },
	{ "sshport",    "SSHPORT",    27, false, UNUSED, value },
	{ "hostname",   "HOSTNAME",   28, false, "what it calls itself", value },
	{ "release",    "RELEASE",    29, false, "the release of its hypervisor on the host", value },
	{ "accel",      "ACCEL",      30, false, "how its processors come to be: auto, kvm, tcg", value },
	{ "exe",        "EXE",        31, false, UNUSED, value },
	{ "index",      "INDEX",      32, true,  "the number of its record", value },
	{ "ifname",     "IFNAME",     33, false, "the name of the interface inside, when the machine file gives one", value },
	{ "creator",    "CREATOR",    34, false, UNUSED, value },
	{ "netmask",    "NETMASK",    35, false, "the mask of that address", value },
	{ "gateway",    "GATEWAY",    36, false, "the way out through the interface", value },
	{ "relay",      "RELAY",      37, false, "the bridge or network it is joined to", value },
	{ "arch",       "ARCH",       38, false, "the architecture of its operating system", value },
	{ "platform",   "PLATFORM",   39, false, "its type of machine, when the machine file gives one", value },
	{ "memory",     "MEMORY",     40, true,  "its memory", value },
	{ "cpus",       "CPUS",       41, true,  "its processors", value },
	{ "context",    "CONTEXT",    42, false, UNUSED, value },
	{ "userstring", "USERSTRING", 43, false, UNUSED, value },
	{ "user",       "USER",       44, false, "who found it", value },
	{ "group",      "GROUP",      45, false, "the group of that user", value },
	{ "logins",     "LOGINS",     46, false, UNUSED, value },
	{ "console",    "CONSOLE",    47, false, UNUSED, value },
	{ "os",         "OS",         0,  false, "its operating system, as the machine file names it", value },
	{ "tags",       "TAGS",       0,  false, "words that it is addressed by together with others", value },
	{ 0 },
};

json_t *defined_keep(const struct defined *d)
{
	DEFER(arena_done) struct arena a = { 0 };
	json_t *o = json_object();

	for (size_t i = 0; i < NMAKERS; i++) {
		const char *text = makers[i].make(d, &a);

		if (text)
			json_object_set_new(o, makers[i].key, json_string(text));
	}
	return o;
}
