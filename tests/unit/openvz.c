/* SPDX-License-Identifier: ISC */
/* What the tools of OpenVZ say, read; numbers made of names; and what prlctl is told, which no plan in golden/ shows. */
#include "tap.h"

#include "base/str.h"
#include "driver/openvz.h"

/* As vzlist 4.11 and prlctl 9 write it. */
#define VZLIST \
	"[\n  {\n    \"ctid\": 101,\n    \"name\": \"web\",\n    \"status\": \"running\",\n    \"ip\": [\"10.97.50.101\", \"10.97.50.102\"]\n  },\n" \
	"  {\n    \"ctid\": 103,\n    \"name\": \"\",\n    \"status\": \"stopped\",\n    \"ip\": []\n  },\n" \
	"  {\n    \"ctid\": 104,\n    \"name\": null,\n    \"status\": \"suspended\",\n    \"ip\": []\n  },\n" \
	"  {\n    \"ctid\": 105,\n    \"name\": \"db\",\n    \"status\": \"mounted\",\n    \"ip\": []\n  }\n]\n"
#define PRLCTL \
	"[\n\t{\n\t\t\"uuid\": \"0f5f1f1c-9a52-4d35-8d0e-0a8ac1f1a2b3\",\n\t\t\"name\": \"web\",\n\t\t\"status\": \"running\",\n" \
	"\t\t\"ip_configured\": \"10.0.0.1/255.255.255.0 10.0.0.2\"\n\t},\n" \
	"\t{\n\t\t\"uuid\": \"1\",\n\t\t\"name\": \"db\",\n\t\t\"status\": \"paused\",\n\t\t\"ip_configured\": \"-\"\n\t},\n" \
	"\t{\n\t\t\"uuid\": \"2\",\n\t\t\"name\": \"mail\",\n\t\t\"status\": \"stopping\",\n\t\t\"ip_configured\": \"\"\n\t},\n" \
	"\t{\n\t\t\"uuid\": \"3c\",\n\t\t\"name\": \"\",\n\t\t\"status\": \"stopped\"\n\t}\n]\n"

typedef int parse_fn(const struct reply *r, struct roster *out, struct err *e);

static const struct { const char *name; parse_fn *parse; struct reply reply; const char *want; } replies[] = {
	{ "vzlist", vz_parse_vzlist, { VZLIST, 0 }, "web running 10.97.50.101, 103 stopped -, 104 stopped -, db stopped -, " },
	{ "vzlist without containers", vz_parse_vzlist, { "[]\n", 1 }, "" },
	{ "vzlist that says nothing", vz_parse_vzlist, { "", 0 }, "" },
	{ "vzlist that fails", vz_parse_vzlist, { "", 255 }, "! 1" },
	{ "vzlist of an old release", vz_parse_vzlist, { "Usage: vzlist [-a | -S] [-n]\n", 1 }, "! 1" },
	{ "an object is no list", vz_parse_vzlist, { "{\"ctid\": 101}", 0 }, "! 1" },
	{ "half a list", vz_parse_vzlist, { "[ { \"ctid\": 101, ", 0 }, "! 1" },
	{ "rows that are none", vz_parse_vzlist, { "[ 1, null, \"x\", [], {}, { \"ctid\": 107 } ]", 0 }, "107 unknown -, " },
	{ "prlctl", vz_parse_prlctl, { PRLCTL, 0 }, "web running 10.0.0.1, db paused -, mail unknown -, 3c stopped -, " },
	{ "prlctl without containers", vz_parse_prlctl, { "[\n]\n", 0 }, "" },
	{ "prlctl without its dispatcher", vz_parse_prlctl, { "Failed to connect", 253 }, "! 1" },
};

static void parse(void)
{
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		DEFER(roster_done) struct roster r = { 0 };
		DEFER(str_done) struct str got = { 0 };
		struct err e = { 0 };

		if (replies[i].parse(&replies[i].reply, &r, &e) < 0)
			str_fmt(&got, "! %d", (int)e.kind);
		for (size_t k = 0; k < r.guests.n; k++) {
			const struct sighting *s = &r.guests.v[k];

			str_fmt(&got, "%s %s %s, ", s->name, state_word(s->state), s->address ? s->address : "-");
			if (!s->alien || strcmp(s->driver, "openvz") != 0)
				str_add(&got, "(not an alien of openvz) ");
		}
		is(str_text(&got), replies[i].want, replies[i].name);
	}
}

static const struct { const char *name, *ctid; } numbers[] = {
	{ "123", "123" },
	{ "101", "101" },
	{ "99999999", "99999999" },
	{ "100", "31468012" },                 /* reserved for OpenVZ itself */
	{ "123456789", "46198556" },          /* too long for the name of an interface */
	{ "0123", "40680553" },
	{ "web", "65930825" },
	{ "web2", "29450537" },
	{ "7up", "45057155" },
};

static void ctid(void)
{
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		DEFER(arena_done) struct arena a = { 0 };
		struct guest g = { .name = numbers[i].name };

		is(vz_ctid(&g, &a), numbers[i].ctid, numbers[i].name);
	}
}

static const struct { uint64_t bytes; const char *want; } amounts[] = {
	{ 2ull << 30, "2G" }, { 1536ull << 20, "1536M" }, { 512ull << 20, "512M" }, { 1ull << 40, "1T" },
	{ 1500ull << 10, "1500K" }, { 1, "1K" }, { 0, "0K" },
};

static void amount(void)
{
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
		DEFER(arena_done) struct arena a = { 0 };

		is(vz_amount(amounts[i].bytes, &a), amounts[i].want, amounts[i].want);
	}
}

/* One guest on one host, from which each test changes one thing. */
struct scene {
	struct guest g;
	struct facts f;
	struct plan p;
	struct err e;
};

static void have(struct scene *s, const char *tool)
{
	*vec_add(&s->f.tools, &s->f.mem) = (struct tool){ tool, arena_fmt(&s->f.mem, "/usr/sbin/%s", tool) };
}

static void set(struct scene *s)
{
	*s = (struct scene){
		.g = { .file = "t.conf", .dir = "/src", .name = "web", .os = "debian-12", .cpus = 2, .ram = 512ull << 20, .stop_delay = 60,
		       .openvz = { .dialect = "auto", .root = "/vz", .conf = "/etc/vz/conf" } },
		.f = { .data_dir = "/data", .cache_dir = "/cache", .run_dir = "/run", .apt_conf = "" },
	};
	*vec_add(&s->f.apt_sources, &s->f.mem) = (struct apt_source){ "debian.sources", "Suites: bookworm\n" };
	*vec_add(&s->g.nics, &s->g.mem) = (struct nic){ .place = { "eth0", 7, 1 }, .type = "venet", .address = "10.0.0.5" };
	*vec_add(&s->g.disks, &s->g.mem) = (struct disk){ .place = { "hdd0", 4, 1 }, .size = 4ull << 30 };
}

static void drop(struct scene *s)
{
	arena_done(&s->g.mem);
	arena_done(&s->f.mem);
	plan_done(&s->p);
}

/* The commands of a plan that begin with a word, a line each, without that word. */
static char *told(struct scene *s, enum verb v, const char *program)
{
	const struct driver *d = driver_find("openvz");
	struct str out = { 0 };

	if (driver_plan(d, v, &s->g, &s->f, &s->p, &s->e) < 0)
		str_fmt(&out, "! %d %s", (int)s->e.kind, s->e.msg);
	for (size_t i = 0; i < s->p.steps.n && !s->e.kind; i++) {
		const char *const *w = s->p.steps.v[i].argv;

		if (!w || strcmp(*w, program) != 0)
			continue;
		while (*++w)
			str_fmt(&out, "%s ", *w);
		str_add(&out, "\n");
	}
	return str_text(&out)[0] ? str_take(&out) : xstrdup("");
}

static void prlctl(void)
{
	struct scene s;
	DEFER(free_str) char *got = NULL;

	set(&s);
	have(&s, "vzctl");
	have(&s, "prlctl");
	got = told(&s, VERB_BUILD, "/usr/sbin/prlctl");
	is(got, "create web --vmtype ct --ostemplate debian-12-x86_64 --uuid 4d131ea7-2db5-80c3-a135-98cb15cbbb6c \n"
	   "set web --cpus 2 --memsize 512M --hostname web --autostart off \n"
	   "set web --device-set hdd0 --size 4G \n"
	   "set web --device-add net --type routed --ipadd 10.0.0.5/24 \n"
	   "mount web \n"
	   "umount web \n"
	   "start web \n"
	   "exec web true \n"
	   "exec web apt-get update \n"
	   "exec web env 'DEBIAN_FRONTEND=noninteractive' apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confdef "
	   "-o Dpkg::Options::=--force-confold dbus iproute2 netbase systemd-sysv \n"
	   "exec web apt-get clean \n"
	   "stop web \n"
	   "stop web --kill \n", "prlctl, where it is installed");
	drop(&s);
}

static const struct { const char *name, *tools[2], *dialect; enum verb verb; const char *program, *want; } verbs[] = {
	{ "vzctl alone", { "vzctl" }, "auto", VERB_KILL, "/usr/sbin/vzctl", "stop 65930825 --fast \n" },
	{ "prlctl beside it", { "vzctl", "prlctl" }, "auto", VERB_KILL, "/usr/sbin/prlctl", "stop web --kill \n" },
	{ "vzctl by choice", { "vzctl", "prlctl" }, "vzctl", VERB_KILL, "/usr/sbin/vzctl", "stop 65930825 --fast \n" },
	{ "prlctl by choice, and not here", { "vzctl" }, "prlctl", VERB_KILL, "", "! 3 this host has no OpenVZ: prlctl is missing "
	  "(it comes with the kernel of openvz.org)" },
	{ "neither", { NULL }, "auto", VERB_START, "", "! 3 this host has no OpenVZ: vzctl is missing "
	  "(it comes with the kernel of openvz.org)" },
	{ "vzctl has no pause", { "vzctl" }, "auto", VERB_PAUSE, "",
	  "! 12 containers of vzctl cannot be paused (OpenVZ 7 has a prlctl that can)" },
	{ "prlctl has", { "prlctl" }, "auto", VERB_PAUSE, "/usr/sbin/prlctl", "pause web \n" },
	{ "and a way back", { "prlctl" }, "auto", VERB_RESUME, "/usr/sbin/prlctl", "resume web \n" },
	{ "destroyed", { "prlctl" }, "auto", VERB_DESTROY, "/usr/sbin/prlctl", "delete web \n" },
};

static void dialects(void)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		DEFER(free_str) char *got = NULL;
		struct scene s;

		set(&s);
		s.g.openvz.dialect = verbs[i].dialect;
		for (size_t k = 0; k < 2 && verbs[i].tools[k]; k++)
			have(&s, verbs[i].tools[k]);
		got = told(&s, verbs[i].verb, verbs[i].program);
		is(got, verbs[i].want, verbs[i].name);
		drop(&s);
	}
}

/* One thing of the guest or the host, and what a build says to it. */
static void no_os(struct scene *s) { s->g.os = NULL; }
static void two_disks(struct scene *s) { vec_add(&s->g.disks, &s->g.mem)->place = (struct place){ "hdd1", 5, 1 }; }
static void a_source(struct scene *s) { s->g.disks.v[0].source = "x.qcow2"; }
static void no_address(struct scene *s) { s->g.nics.v[0].address = NULL; }
static void nat(struct scene *s) { no_address(s); s->g.nics.v[0].type = "nat"; }
static void bridge(struct scene *s) { s->g.nics.v[0].type = "bridge"; }
static void cable(struct scene *s) { no_address(s); s->g.nics.v[0].type = "veth"; }
static void windows(struct scene *s) { s->g.os = "windows-7"; }
static void curl(struct scene *s) { s->f.templates.n = 0; }
static void relative(struct scene *s) { s->g.openvz.root = "vz"; }

static void foreign(struct scene *s)
{
	struct program *p = vec_add(&s->g.programs, &s->g.mem);

	s->g.os = "fedora-14-x86";
	words_add(&s->f.templates, &s->f.mem, "fedora-14-x86.tar.xz");
	p->place = (struct place){ "sshd", 1, 1 };
	p->section = "services";
	words_add(&p->value, &s->g.mem, "1");
}

static const struct { const char *name; void (*change)(struct scene *s); const char *want; } refusals[] = {
	{ "no os", no_os, "! 10 t.conf: a container is made from a template: add os = debian-12 to [hardware]" },
	{ "two disks", two_disks, "! 12 t.conf:5: hdd1: a container has one file system, and no further disks" },
	{ "a source", a_source, "! 12 t.conf:4: hdd0: a container is made from a template: it has no partitions and no source" },
	{ "a venet without an address", no_address, "! 10 t.conf:7: eth0: a venet needs an address: the host gives it to the guest "
	  "(add [network] [[eths]] [[[eth0]]] address = 192.168.1.2, or say type = veth and bridge = br0)" },
	{ "nat", nat, "! 12 t.conf:7: eth0: openvz has no network of its own that gives out addresses "
	  "(add [network] [[eths]] [[[eth0]]] address = 192.168.1.2, or say type = veth and bridge = br0)" },
	{ "no bridge", bridge, "! 3 t.conf:7: eth0: this host has no bridge 'br0' (ip link add br0 type bridge)" },
	{ "a cable without an address", cable, "! 10 t.conf:7: eth0: a cable to the host needs an address: the host has a route to it "
	  "(add [network] [[eths]] [[[eth0]]] address = 192.168.1.2, or say type = veth and bridge = br0)" },
	{ "windows", windows, "! 12 t.conf: no container can be made of 'windows-7' (try os = debian-12)" },
	{ "nothing to fetch with", curl, "! 3 curl, which fetches templates, is missing: apt install curl "
	  "(or put debian-12-x86_64.tar.gz into /vz/template/cache/)" },
	{ "a relative root", relative, "! 10 t.conf: driver.openvz.root: 'vz' is not an absolute path (try /vz)" },
	{ "programs into another's template", foreign, "! 12 t.conf: programs cannot be installed into the template 'fedora-14-x86' "
	  "(say os = debian-12, or leave them out)" },
};

static void refuse(void)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		DEFER(free_str) char *got = NULL;
		struct scene s;

		set(&s);
		have(&s, "vzctl");
		words_add(&s.f.templates, &s.f.mem, "debian-12-x86_64.tar.gz");
		refusals[i].change(&s);
		got = told(&s, VERB_BUILD, "");
		is(got, refusals[i].want, refusals[i].name);
		drop(&s);
	}
}

/* The owner's own template, by its name, as it is: nothing is installed into it. */
static void own_template(void)
{
	DEFER(free_str) char *got = NULL;
	struct scene s;

	set(&s);
	have(&s, "vzctl");
	s.g.os = "fedora-14-x86";
	words_add(&s.f.templates, &s.f.mem, "fedora-14-x86.tar.bz2");
	got = told(&s, VERB_BUILD, "/usr/sbin/vzctl");
	is(got, "create 65930825 --ostemplate fedora-14-x86 --layout simfs --hostname web --name web \n"
	   "set 65930825 --cpus 2 --ram 512M --onboot no --diskspace 4G:4G --save \n"
	   "set 65930825 --ipadd 10.0.0.5 --save \n", "a template of the owner's own");
	drop(&s);
}

int main(void)
{
	parse();
	ctid();
	amount();
	prlctl();
	dialects();
	refuse();
	own_template();
	return tap_done();
}
