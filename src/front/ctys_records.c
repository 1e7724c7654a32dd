/* SPDX-License-Identifier: ISC */
#include <ctype.h>

#include "base/str.h"
#include "front/ctys_query.h"

/* The static record of ctys, with the names that berth has for its fields. */
const struct field ctys_fields[] = {
	{ "host", "PM", 1, false, "machine it was found on", NULL },
	{ "driver", "stype", 2, false, "type", NULL },
	{ "name", "label", 3, false, "what the guest is called", NULL },
	{ "id", "ID", 4, false, "its definition", NULL },
	{ "uuid", "UUID", 5, false, "UUID", NULL },
	{ "mac", "MAC", 6, false, "MAC address", NULL },
	{ "address", "TCP", 7, false, "address", NULL },
	{ "display", "DISPLAY", 8, false, "VNC display", NULL },
	{ "cport", "cport", 9, false, "port of its screen", NULL },
	{ "sport", "SPORT", 10, false, "port of its monitor", NULL },
	{ "vncbase", "VNCBASE", 11, false, "where ports of screens begin", NULL },
	{ "dist", "DIST", 12, false, "distribution", NULL },
	{ "distrel", "DISTREL", 13, false, "its release", NULL },
	{ "os", "OS", 14, false, "operating system", NULL },
	{ "osrel", "OSREL", 15, false, "its release", NULL },
	{ "verno", "VERNO", 16, false, "version of the definition", NULL },
	{ "serno", "SERNO", 17, false, "serial number", NULL },
	{ "category", "CATEGORY", 18, false, "PM or VM", NULL },
	{ "vmstate", "VMSTATE", 19, false, "what the definition is kept as", NULL },
	{ "hyperrel", "HYPERREL", 20, false, "hypervisor it was made with", NULL },
	{ "stackcap", "STACKCAP", 21, false, "what it can host", NULL },
	{ "stackreq", "STACKREQ", 22, false, "what it needs below", NULL },
	{ "hwcap", "HWCAP", 23, false, "hardware it offers", NULL },
	{ "hwreq", "HWREQ", 24, false, "hardware it needs", NULL },
	{ "execlocation", "EXECLOCATION", 25, false, "where it may run", NULL },
	{ "reloccap", "RELOCCAP", 26, false, "whether it may move", NULL },
	{ "sshport", "SSHPORT", 27, false, "port of its ssh server", NULL },
	{ "netname", "NETNAME", 28, false, "name of the interface", NULL },
	{ "hyperrelrun", "HYPERRELRUN", 29, false, "hypervisor that is there", NULL },
	{ "accel", "ACCELERATOR", 30, false, "accelerator", NULL },
	{ "exepath", "EXEPATH", 31, false, "program", NULL },
	{ "index", "INDEX", 32, false, "number of the record", NULL },
	{ "ifname", "IFNAME", 33, false, "interface in the guest", NULL },
	{ "ctysrelease", "CTYSRELEASE", 34, false, "who made it", NULL },
	{ "netmask", "NETMASK", 35, false, "network mask", NULL },
	{ "gateway", "GATEWAY", 36, false, "gateway", NULL },
	{ "relay", "RELAY", 37, false, "bridge it is on", NULL },
	{ "arch", "ARCH", 38, false, "architecture", NULL },
	{ "platform", "PLATFORM", 39, false, "platform", NULL },
	{ "memory", "VRAM", 40, false, "memory", NULL },
	{ "cpus", "VCPU", 41, false, "processors", NULL },
	{ "contextstring", "CONTEXTSTRING", 42, false, "the driver's own", NULL },
	{ "userstring", "USERSTRING", 43, false, "free", NULL },
	{ "user", "UID", 44, false, "owner", NULL },
	{ "group", "GID", 45, false, "group", NULL },
	{ "defaulthosts", "DEFAULTHOSTS", 46, false, "how to log in", NULL },
	{ "defaultconsole", "DEFAULTCONSOLE", 47, false, "console", NULL },
	{ 0 },
};

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static const char *number_of(const json_t *o, const char *key, const char *unit, struct arena *a)
{
	long long n = json_integer_value(json_object_get(o, key));

	if (*unit == 'M')
		n >>= 20;
	return n ? arena_fmt(a, "%lld%s", n, unit) : NULL;
}

static const char *capitals(const char *s, struct arena *a)
{
	char *out = arena_str(a, s);

	for (char *c = out; c && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

static void set(struct ctys_record *r, const char *key, const char *value)
{
	r->cells[field_find(ctys_fields, key) - ctys_fields] = value && *value ? value : NULL;
}

static void common(struct ctys_record *r, const struct card *c, struct arena *a)
{
	set(r, "host", c->host);
	set(r, "driver", capitals(c->driver, a));
	set(r, "name", c->label);
	set(r, "id", c->paths.n ? c->paths.v[0] : NULL);
	set(r, "uuid", c->uuid);
	set(r, "mac", c->macs.n ? c->macs.v[0] : NULL);
	set(r, "address", c->names.n ? c->names.v[0] : NULL);
	set(r, "cport", number_of(c->details, "vncport", "", a));
	set(r, "os", text_of(c->details, "os"));
	set(r, "category", "VM");
	set(r, "vmstate", capitals(c->state, a));
	set(r, "accel", capitals(text_of(c->details, "accelerator"), a));
	set(r, "index", c->record ? arena_fmt(a, "%ld", c->record) : NULL);
	set(r, "memory", number_of(c->details, "vram", "M", a));
	set(r, "cpus", number_of(c->details, "vcpu", "", a));
}

static void finish(struct ctys_record *r, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < CTYS_FIELDS; i++)
		str_fmt(&s, "%s%s", i ? ";" : "", r->cells[i] ? r->cells[i] : "");
	r->text = arena_str(a, str_text(&s));
}

void ctys_records_add(struct ctys_records *out, const struct card *c, struct arena *a)
{
	static const char *const names[] = { "mac", "ifname", "netmask", "gateway", "relay" };
	const json_t *interfaces = json_object_get(c->details, "interfaces");
	size_t n = json_array_size(interfaces);

	for (size_t i = 0; i < n || !i; i++) {
		const json_t *one = json_array_get(interfaces, i);
		struct ctys_record *r = vec_add(out, a);

		common(r, c, a);
		for (size_t k = 0; one && k < sizeof names / sizeof *names; k++)
			set(r, names[k], text_of(one, names[k]));
		if (n > 1 || text_of(one, "tcp"))
			set(r, "address", text_of(one, "tcp"));
		finish(r, a);
	}
}
