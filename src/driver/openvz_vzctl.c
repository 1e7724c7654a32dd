/* SPDX-License-Identifier: ISC */
/*
 * OpenVZ 4: vzctl and vzlist. Containers have numbers; a name is a second way to
 * call one. With the layout simfs a container's root tree is a directory of the host.
 */
#include "base/str.h"
#include "driver/openvz.h"

/* vzctl(8), "Exit status". */
static const struct step_status statuses[] = {
	{ 5,   ERR_UNSUPPORTED, "this host's kernel is none of OpenVZ" },
	{ 9,   ERR_BUSY,        NULL },
	{ 12,  ERR_PERMISSION,  "only root may do that (sudo berth ...)" },
	{ 14,  ERR_NOT_FOUND,   NULL },
	{ 31,  ERR_FAILED,      NULL },
	{ 32,  ERR_EXISTS,      NULL },
	{ 44,  ERR_EXISTS,      NULL },
	{ 46,  ERR_FAILED,      "the disk with the containers is full (df -h /vz)" },
	{ 91,  ERR_NOT_FOUND,   NULL },
	{ 131, ERR_EXISTS,      NULL },
	{ 0 },
};

static const char *id(const struct guest *g, struct arena *a)
{
	return vz_ctid(g, a);
}

/* What of that needs other words here: a build that was killed leaves a container behind. */
static const struct step_status *created(struct vz *v)
{
	struct step_status *s = arena_alloc(&v->p->mem, sizeof statuses + sizeof *s);

	s[0] = (struct step_status){ 44, ERR_EXISTS,
		plan_fmt(v->p, "there is a container %s already (what an interrupted build left is deleted by: vzctl "
			       "destroy %s)", v->id, v->id) };
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		s[i + 1] = statuses[i];
	return s;
}

static void create(struct vz *v, const char *template)
{
	const char *host = v->g->hostname ? v->g->hostname : v->g->name;
	struct words w = { 0 };
	const char *const fixed[] = { "--ostemplate", template, "--layout", "simfs", "--hostname", host, NULL };

	words_extend(&w, &v->p->mem, fixed);
	/* A name that is a number is one already. */
	if (!vz_is_number(v->g->name)) {
		words_add(&w, &v->p->mem, "--name");
		words_add(&w, &v->p->mem, v->g->name);
	}
	vz_run(v, "the container", "create", argv_of(&w, &v->p->mem))->statuses = created(v);
}

static void limits(struct vz *v)
{
	struct arena *a = &v->p->mem;
	struct words w = { 0 };
	const char *const fixed[] = {
		"--cpus", arena_fmt(a, "%ld", v->g->cpus), "--ram", vz_amount(v->g->ram, a), "--onboot", "no", NULL,
	};

	words_extend(&w, a, fixed);
	if (v->g->disks.n && v->g->disks.v[0].size) {
		const char *size = vz_amount(v->g->disks.v[0].size, a);

		words_add(&w, a, "--diskspace");
		words_add(&w, a, arena_fmt(a, "%s:%s", size, size));
	}
	vz_nameservers(v, &w);
	words_add(&w, a, "--save");
	vz_run(v, "its processors, memory, disk space and name servers", "set", argv_of(&w, a));
}

static int plug(struct vz *v, const struct vz_nic *n, struct err *e)
{
	const char *why = n->nic->place.name;

	if (n->link == VZ_VENET)
		vz_run(v, why, "set", ARGV("--ipadd", n->nic->address, "--save"));
	else
		vz_run(v, why, "set", ARGV("--netif_add", plan_fmt(v->p, "%s,%s,%s%s%s", n->name, n->mac, n->host,
								   n->bridge ? ",," : "", n->bridge ? n->bridge : ""),
					   "--save"));
	return 0;
}

static const char *open(struct vz *v)
{
	return plan_fmt(v->p, "%s/private/%s", v->g->openvz.root, v->id);
}

static void close(struct vz *v)
{
}

static const char *settings(struct vz *v)
{
	return plan_fmt(v->p, "%s.conf", v->id);
}

static const char *const *survey(const struct facts *f, struct arena *a)
{
	struct words w = { 0 };
	const char *const fixed[] = { facts_tool(f, "vzlist"), "-a", "-j", "-o", "ctid,name,status,ip", NULL };

	if (!fixed[0])
		return NULL;
	words_extend(&w, a, fixed);
	return argv_of(&w, a);
}

const struct dialect openvz_vzctl = {
	.tool = "vzctl",
	.verbs = {
		[VERB_START]   = { "start", NULL },
		[VERB_STOP]    = { "stop", NULL },
		[VERB_KILL]    = { "stop", "--fast" },
		[VERB_REBOOT]  = { "restart", NULL },
		[VERB_DESTROY] = { "destroy", NULL },
	},
	.statuses = statuses,
	.quiet = "--quiet",
	.enter = "exec2",
	.console = "console",
	.id = id,
	.fetch = vz_fetch,
	.create = create,
	.limits = limits,
	.plug = plug,
	.open = open,
	.close = close,
	.settings = settings,
	.survey = survey,
	.parse = vz_parse_vzlist,
};
