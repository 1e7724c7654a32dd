/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "front/ctys_query.h"

/* The static record of ctys: the numbered fields of defined_fields, with the titles that ctys gives them. */
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
	{ "system", "OS", 14, false, "operating system", NULL },
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
	{ "execloc", "EXECLOCATION", 25, false, "where it may run", NULL },
	{ "reloccap", "RELOCCAP", 26, false, "whether it may move", NULL },
	{ "sshport", "SSHPORT", 27, false, "port of its ssh server", NULL },
	{ "hostname", "NETNAME", 28, false, "name of the interface", NULL },
	{ "release", "HYPERRELRUN", 29, false, "hypervisor that is there", NULL },
	{ "accel", "ACCELERATOR", 30, false, "accelerator", NULL },
	{ "exe", "EXEPATH", 31, false, "program", NULL },
	{ "index", "INDEX", 32, false, "number of the record", NULL },
	{ "ifname", "IFNAME", 33, false, "interface in the guest", NULL },
	{ "creator", "CTYSRELEASE", 34, false, "who made it", NULL },
	{ "netmask", "NETMASK", 35, false, "network mask", NULL },
	{ "gateway", "GATEWAY", 36, false, "gateway", NULL },
	{ "relay", "RELAY", 37, false, "bridge it is on", NULL },
	{ "arch", "ARCH", 38, false, "architecture", NULL },
	{ "platform", "PLATFORM", 39, false, "platform", NULL },
	{ "memory", "VRAM", 40, false, "memory", NULL },
	{ "cpus", "VCPU", 41, false, "processors", NULL },
	{ "context", "CONTEXTSTRING", 42, false, "the driver's own", NULL },
	{ "userstring", "USERSTRING", 43, false, "free", NULL },
	{ "user", "UID", 44, false, "owner", NULL },
	{ "group", "GID", 45, false, "group", NULL },
	{ "logins", "DEFAULTHOSTS", 46, false, "how to log in", NULL },
	{ "console", "DEFAULTCONSOLE", 47, false, "console", NULL },
	{ 0 },
};

static const char *capitals(const char *s, struct arena *a)
{
	char *out = arena_str(a, s);

	for (char *c = out; c && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

/* ctys writes words in capitals where we do not. */
static const char *value(const struct field *f, const json_t *kept, struct arena *a)
{
	static const char *const loud[] = { "driver", "vmstate", "accel" };
	const char *text = json_string_value(json_object_get(kept, f->key));

	for (size_t i = 0; i < sizeof loud / sizeof *loud; i++)
		if (!strcmp(f->key, loud[i]))
			return capitals(text, a);
	return arena_str(a, text);
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
	const json_t *kept;
	size_t n;

	json_array_foreach(json_object_get(c->details, "records"), n, kept) {
		struct ctys_record *r = vec_add(out, a);

		for (size_t i = 0; i < CTYS_FIELDS; i++)
			r->cells[i] = value(&ctys_fields[i], kept, a);
		r->cells[CTYS_FIELD_INDEX - 1] = c->record ? arena_fmt(a, "%ld", c->record) : NULL;
		finish(r, a);
	}
}
