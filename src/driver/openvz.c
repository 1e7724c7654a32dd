/* SPDX-License-Identifier: ISC */
/*
 * OpenVZ: containers of a host with its kernel, through its own programs. A
 * container is made from a template, which is a bare system already: settings are
 * written below its root, programs are installed in it while it runs for the first
 * time. berth's folder of such a guest holds its machine file and its record; the
 * container itself is where OpenVZ keeps it, and OpenVZ alone knows whether it runs.
 */
#include "driver/openvz.h"

#include <string.h>

#include "base/str.h"
#include "driver/folder.h"
#include "driver/host_key.h"
#include "driver/image.h"

enum { FIRST_CTID = 1000, LAST_CTID = 99999999, RESERVED_CTID = 100, ANSWER_TIMEOUT_MS = 60 * 1000 };

extern const struct driver driver_openvz;

bool vz_is_number(const char *name)
{
	return *name && !name[strspn(name, "0123456789")];
}

/* Eight digits at most: interfaces of the host have the number in their names (venet0.N, vethN.10), of 15 letters at most. */
const char *vz_ctid(const struct guest *g, struct arena *a)
{
	uint32_t hash = 2166136261u;    /* FNV-1a */
	long number = 0;

	if (vz_is_number(g->name) && strlen(g->name) <= 8 && g->name[0] != '0')
		for (const char *c = g->name; *c; c++)
			number = number * 10 + (*c - '0');
	if (number > RESERVED_CTID)
		return g->name;
	for (const char *c = g->name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return arena_fmt(a, "%lu", FIRST_CTID + (unsigned long)hash % (LAST_CTID - FIRST_CTID + 1));
}

char *vz_amount(uint64_t bytes, struct arena *a)
{
	static const char units[] = "KMGT";
	uint64_t n = (bytes + 1023) / 1024;
	size_t unit = 0;

	for (; units[unit + 1] && n && !(n % 1024); unit++)
		n /= 1024;
	return arena_fmt(a, "%llu%c", (unsigned long long)n, units[unit]);
}

const struct dialect *vz_dialect(const struct guest *g, const struct facts *f)
{
	const char *wanted = g ? g->openvz.dialect : NULL;

	if (str_eq(wanted, "vzctl"))
		return &openvz_vzctl;
	if (str_eq(wanted, "prlctl"))
		return &openvz_prlctl;
	if (facts_tool(f, "prlctl"))
		return &openvz_prlctl;
	return facts_tool(f, "vzctl") ? &openvz_vzctl : NULL;
}

static int check_paths(const struct guest *g, struct err *e)
{
	if (g->openvz.root[0] != '/')
		return err_set(e, ERR_INVALID, "%s: driver.openvz.root: '%s' is not an absolute path (try /vz)", g->file,
			       g->openvz.root);
	if (g->openvz.conf[0] != '/')
		return err_set(e, ERR_INVALID, "%s: driver.openvz.conf: '%s' is not an absolute path (try /etc/vz/conf)",
			       g->file, g->openvz.conf);
	return 0;
}

/* Everything of struct vz but the plan. */
static int begin(struct vz *v, const struct guest *g, const struct facts *f, struct arena *a, struct err *e)
{
	const struct dialect *d = vz_dialect(g, f);
	const char *tool = d ? facts_tool(f, d->tool) : NULL;

	if (!tool)
		return err_set(e, ERR_NOT_FOUND, "this host has no OpenVZ: %s is missing (it comes with the kernel of "
			       "openvz.org)", d ? d->tool : "vzctl");
	*v = (struct vz){ .g = g, .f = f, .d = d, .tool = tool, .id = d->id(g, a) };
	return check_paths(g, e);
}

int vz_begin(struct vz *v, const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	if (begin(v, g, f, &p->mem, e) < 0)
		return -1;
	v->p = p;
	return 0;
}

/* vzctl takes a name of digits for a number, which may be another container's. */
static int check_name(const struct vz *v, struct err *e)
{
	if (v->d != &openvz_vzctl || !vz_is_number(v->g->name) || str_eq(v->id, v->g->name))
		return 0;
	return err_set(e, ERR_INVALID, "%s: '%s' is no number that a container can have (try %d, or a name with a letter)", v->g->file,
		       v->g->name, FIRST_CTID);
}

struct step *vz_run(struct vz *v, const char *why, const char *word, const char *const *more)
{
	struct words w = { 0 };
	struct step *s;

	words_add(&w, &v->p->mem, v->tool);
	words_add(&w, &v->p->mem, word);
	words_add(&w, &v->p->mem, v->id);
	if (more)
		words_extend(&w, &v->p->mem, more);
	s = plan_run(v->p, why, argv_of(&w, &v->p->mem));
	s->statuses = v->d->statuses;
	return s;
}

struct step *vz_verb(struct vz *v, const char *why, enum verb verb)
{
	return vz_run(v, why, v->d->verbs[verb].word, ARGV(v->d->verbs[verb].option));
}

/* What one verb is made of where it is no more than a word. */
static int plain(const struct guest *g, const struct facts *f, enum verb verb, const char *why, struct plan *p,
		 struct err *e)
{
	struct vz v;

	if (vz_begin(&v, g, f, p, e) < 0)
		return -1;
	if (!v.d->verbs[verb].word)
		return err_set(e, ERR_UNSUPPORTED, "containers of %s cannot be %s (OpenVZ 7 has a prlctl that can)", v.d->tool,
			       verb_done(verb));
	vz_verb(&v, why, verb);
	return 0;
}

static int start(struct vz *v, struct err *e)
{
	vz_verb(v, "the container", VERB_START);
	vz_verb(v, "the container again", VERB_KILL);
	plan_undo(v->p);
	return vz_route(v, e);
}

/* The tool waits for the container by itself; ending one that has ended is fine with it. */
static void stop(struct vz *v)
{
	struct step *s = vz_verb(v, "ask it to halt, and wait", VERB_STOP);

	s->timeout_ms = guest_stop_ms(v->g);
	s->may_fail = true;
	vz_verb(v, "end it, if it is still there", VERB_KILL);
}

static int check_guest(const struct guest *g, struct err *e)
{
	if (!g->os)
		return err_set(e, ERR_INVALID, "%s: a container is made from a template: add os = debian-12 to [hardware]",
			       g->file);
	if (g->disks.n > 1)
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: %s: a container has one file system, and no further disks", g->file,
			       g->disks.v[1].place.line, g->disks.v[1].place.name);
	if (g->disks.n && (g->disks.v[0].source || g->disks.v[0].partitions.n))
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: %s: a container is made from a template: it has no partitions and no "
			       "source", g->file, g->disks.v[0].place.line, g->disks.v[0].place.name);
	return 0;
}

static int recipe(struct build *b, struct err *e)
{
	if (!template_recipe(b, e))
		return 0;
	/* A disk with a source, as a machine is told to have, is not to be had here either. */
	if (e->kind == ERR_UNSUPPORTED)
		err_set(e, ERR_UNSUPPORTED, "%s: no container can be made of '%s' (try os = debian-12)", b->g->file, b->g->os);
	return -1;
}

/* Packages of one release do not go into the template of another. */
static bool takes_packages(const struct build *b, const char *template)
{
	return str_eq(template, b->recipe.os->template);
}

static int check_template(const struct build *b, const char *template, struct err *e)
{
	const struct os *os = b->recipe.os;
	struct report ignored = { .file = b->g->file };
	struct words programs = { 0 };

	if (!template)
		return err_set(e, ERR_UNSUPPORTED, "%s: hardware.os: OpenVZ has no template of '%s'", b->g->file, os->name);
	catalog_packages(b->g, os->installer, os->suite, &programs, &b->p->mem, &ignored);
	report_done(&ignored);
	if (programs.n && !takes_packages(b, template))
		return err_set(e, ERR_UNSUPPORTED, "%s: programs cannot be installed into the template '%s' (say os = %s, or "
			       "leave them out)", b->g->file, template, os->name);
	return 0;
}

void vz_nameservers(struct vz *v, struct words *w)
{
	struct arena *a = &v->p->mem;
	struct words servers = { 0 };

	guest_nameservers(v->g, &servers, a);
	for (size_t i = 0; i < servers.n; i++) {
		words_add(w, a, "--nameserver");
		words_add(w, a, servers.v[i]);
	}
}

static int create(struct vz *v, const char *template, struct err *e)
{
	if (v->d->fetch && v->d->fetch(v, template, e) < 0)
		return -1;
	v->d->create(v, template);
	vz_verb(v, "the container", VERB_DESTROY);
	plan_undo(v->p);
	v->d->limits(v);
	return vz_plug(v, e);
}

/*
 * What is written into the container follows links on its way, as root of this host,
 * and its template came from anywhere: where we write, nothing may lead elsewhere.
 */
static void refuse_links(struct vz *v, const char *root)
{
	static const char *const ours[] = {
		"etc", "etc/apt", "etc/apt/apt.conf.d", "etc/apt/sources.list.d", "etc/default", "etc/skel", "etc/ssh",
		"etc/ssh/sshd_config.d", "etc/systemd", "etc/systemd/network", "etc/systemd/system", "home", "root",
		"root/.ssh", "usr", "var", "var/lib",
	};
	static const char *const found[] = { "'", NULL };
	struct arena *a = &v->p->mem;
	struct words w = { 0 };

	words_extend(&w, a, ARGV("find", root, "-maxdepth", "3", "-type", "l", "(", "-false"));
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		words_extend(&w, a, ARGV("-o", "-path", arena_fmt(a, "%s/%s", root, ours[i])));
	words_extend(&w, a, ARGV(")", "-printf", "'%P' of the template is a link and may lead out of it\\n"));
	plan_run(v->p, "no link in its template leads out of it", argv_of(&w, a))->fail_lines = found;
}

static int settle(struct vz *v, struct build *b, bool packages, struct err *e)
{
	const char *root = v->d->open(v);

	refuse_links(v, root);
	/* The settings may add to the sources. */
	if ((packages && b->installer->sources(&b->recipe, v->g, v->f, root, v->p, e) < 0) ||
	    b->system->settings(v->g, v->f, b->s, root, NULL, v->p, e) < 0)
		return -1;
	v->d->close(v);
	return 0;
}

static int install(struct vz *v, struct build *b, struct err *e)
{
	const char *const *hello = enter_argv(&driver_openvz, v->g, v->f, ARGV("true"), &v->p->mem, e);

	if (!hello || start(v, e) < 0)
		return -1;
	plan_wait_true(v->p, "until it answers", hello, ANSWER_TIMEOUT_MS);
	if (b->installer->add(&b->recipe, v->g, v->f, &driver_openvz, v->p, e) < 0)
		return -1;
	stop(v);
	return 0;
}

/* No port of this host is handed on to a container, whatever the type of its interface. */
static void publish(const struct guest *g, const struct facts *f, struct plan *p)
{
	struct facts portless = *f;

	portless.ssh_port = 0;
	folder_publish(g, &portless, "openvz", NULL, p);
}

static int vz_build(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	struct surroundings around = { .container = true, .venet = true };
	struct build b = { .g = g, .f = f, .s = &around, .p = p };
	const char *template;
	bool packages;
	struct vz v;

	if (vz_begin(&v, g, f, p, e) < 0 || check_name(&v, e) < 0 || check_guest(g, e) < 0 || recipe(&b, e) < 0)
		return -1;
	template = vz_template(g, f, b.recipe.os);
	if (check_template(&b, template, e) < 0)
		return -1;
	packages = takes_packages(&b, template);
	if (packages && template_key(&b, e) < 0)
		return -1;
	folder_begin(g, f, FOLDER_OPEN, p);
	around.ssh_public_key = host_key(f, p);
	if (create(&v, template, e) < 0 || settle(&v, &b, packages, e) < 0 || (packages && install(&v, &b, e) < 0))
		return -1;
	publish(g, f, p);
	return 0;
}

static int vz_start(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	struct vz v;

	return vz_begin(&v, g, f, p, e) < 0 ? -1 : start(&v, e);
}

static int vz_stop(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	struct vz v;

	if (vz_begin(&v, g, f, p, e) < 0)
		return -1;
	if (f->state == STATE_PAUSED)
		vz_verb(&v, "a paused container cannot hear", VERB_RESUME);
	stop(&v);
	return 0;
}

static int vz_kill(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return plain(g, f, VERB_KILL, "end the container", p, e);
}

/* Every start makes a new cable. */
static int vz_reboot(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	struct vz v;

	if (vz_begin(&v, g, f, p, e) < 0)
		return -1;
	vz_verb(&v, "stop and start the container", VERB_REBOOT);
	return vz_route(&v, e);
}

static int vz_pause(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return plain(g, f, VERB_PAUSE, "freeze its processes", p, e);
}

static int vz_resume(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	return plain(g, f, VERB_RESUME, "let its processes go on", p, e);
}

static int vz_destroy(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	folder_lock(g->name, f, p);
	if (!f->gone && plain(g, f, VERB_DESTROY, "the container and all that is in it", p, e) < 0)
		return -1;
	folder_destroy(g, f, p);
	return 0;
}

static int vz_enter(const struct guest *g, const struct facts *f, struct words *argv, struct arena *a, struct err *e)
{
	struct vz v;

	if (begin(&v, g, f, a, e) < 0)
		return -1;
	words_add(argv, a, v.tool);
	if (v.d->quiet)
		words_add(argv, a, v.d->quiet);
	words_add(argv, a, v.d->enter);
	words_add(argv, a, v.id);
	return 0;
}

static int reach_console(const struct guest *g, const struct facts *f, struct reach *out, struct arena *a, struct err *e)
{
	struct words w = { 0 };
	struct vz v;

	if (begin(&v, g, f, a, e) < 0)
		return -1;
	words_add(&w, a, v.tool);
	words_add(&w, a, v.d->console);
	words_add(&w, a, v.id);
	out->argv = argv_of(&w, a);
	return 0;
}

static int reach_ssh(const struct guest *g, struct reach *out, struct err *e)
{
	for (size_t i = 0; i < g->nics.n && !out->host; i++)
		if (nic_attached(&g->nics.v[i]) && !nic_is_dhcp(&g->nics.v[i]))
			out->host = g->nics.v[i].address;
	out->port = 22;
	return out->host ? 0 : err_set(e, ERR_UNSUPPORTED, "'%s' has no network whose address is known here", g->name);
}

static int vz_reach(const struct guest *g, const struct facts *f, enum reach_kind kind,
		    struct reach *out, struct arena *a, struct err *e)
{
	switch (kind) {
	case REACH_CONSOLE:
		return reach_console(g, f, out, a, e);
	case REACH_SSH:
		return reach_ssh(g, out, e);
	case REACH_SCREEN:
	case REACH_AGENT:
	case REACH_CONTROL:
		break;
	}
	return err_set(e, ERR_UNSUPPORTED, "'%s' is a container and has no %s (try berth exec or berth console)", g->name,
		       kind == REACH_SCREEN ? "screen" : "agent");
}

static const char *const tools[] = { "vzctl", "vzlist", "prlctl", NULL };

const struct driver driver_openvz = {
	.name = "openvz",
	.summary = "containers of OpenVZ, through vzctl or prlctl",
	.tools = tools,
	.plan = {
		[VERB_BUILD]   = vz_build,
		[VERB_START]   = vz_start,
		[VERB_STOP]    = vz_stop,
		[VERB_KILL]    = vz_kill,
		[VERB_REBOOT]  = vz_reboot,
		[VERB_PAUSE]   = vz_pause,
		[VERB_RESUME]  = vz_resume,
		[VERB_EXPORT]  = vz_export,
		[VERB_DESTROY] = vz_destroy,
	},
	.foreign = true,
	.survey = vz_survey,
	.parse = vz_parse,
	.enter = vz_enter,
	.enter_quotes = true,
	.reach = vz_reach,
};
