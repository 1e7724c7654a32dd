/* SPDX-License-Identifier: ISC */
/*
 * OpenVZ 7: prlctl. Containers have UUIDs and names, templates are made by the tool
 * itself, and the root file system lies in an image that has to be mounted.
 */
#include "base/str.h"
#include "driver/openvz.h"
#include "text/ipv4.h"

static const struct step_status statuses[] = {
	{ 253, ERR_UNREACHABLE, "the dispatcher of OpenVZ does not answer (systemctl start prl-disp)" },
	{ 254, ERR_BUSY,        NULL },
	{ 0 },
};

static const char *id(const struct guest *g, struct arena *a)
{
	return g->name;
}

static void create(struct vz *v, const char *template)
{
	vz_run(v, "the container", "create", ARGV("--vmtype", "ct", "--ostemplate", template,
						  "--uuid", guest_uuid(v->g, &v->p->mem)));
}

static void limits(struct vz *v)
{
	struct arena *a = &v->p->mem;
	struct words w = { 0 };
	const char *const fixed[] = {
		"--cpus", arena_fmt(a, "%ld", v->g->cpus), "--memsize", vz_amount(v->g->ram, a),
		"--hostname", v->g->hostname ? v->g->hostname : v->g->name, "--autostart", "off", NULL,
	};

	words_extend(&w, a, fixed);
	vz_nameservers(v, &w);
	vz_run(v, "its processors, memory and name servers", "set", argv_of(&w, a));
	if (v->g->disks.n && v->g->disks.v[0].size)
		vz_run(v, "its disk space", "set",
		       ARGV("--device-set", "hdd0", "--size", vz_amount(v->g->disks.v[0].size, a)));
}

static const char *with_bits(struct vz *v, const struct nic *n)
{
	return plan_fmt(v->p, "%s/%d", n->address, ipv4_mask_bits(nic_mask(n)));
}

static int plug(struct vz *v, const struct vz_nic *n, struct err *e)
{
	const char *why = n->nic->place.name;

	if (n->link == VZ_VENET)
		vz_run(v, why, "set", ARGV("--device-add", "net", "--type", "routed", "--ipadd", with_bits(v, n->nic)));
	else if (n->bridge)
		vz_run(v, why, "set", ARGV("--device-add", "net", "--network", n->bridge, "--mac", n->mac));
	else
		return err_set(e, ERR_UNSUPPORTED, "%s:%d: %s: prlctl connects a veth to a network only (add bridge = br0, or "
			       "say type = venet)", v->g->file, n->nic->place.line, n->nic->place.name);
	return 0;
}

static const char *open(struct vz *v)
{
	vz_run(v, "its root file system, on the host", "mount", NULL);
	vz_run(v, "its root file system again", "umount", NULL)->may_fail = true;
	plan_undo(v->p);
	return plan_fmt(v->p, "%s/root/%s", v->g->openvz.root, guest_uuid(v->g, &v->p->mem));
}

static void close(struct vz *v)
{
	vz_run(v, "its root file system, not on the host any more", "umount", NULL);
}

static const char *settings(struct vz *v)
{
	return plan_fmt(v->p, "%s.conf", guest_uuid(v->g, &v->p->mem));
}

static const char *const *survey(const struct facts *f, struct arena *a)
{
	struct words w = { 0 };
	const char *const fixed[] = { facts_tool(f, "prlctl"), "list", "-a", "--vmtype", "ct", "-j", "-o",
				      "name,status,ip_configured,uuid", NULL };

	words_extend(&w, a, fixed);
	return argv_of(&w, a);
}

const struct dialect openvz_prlctl = {
	.tool = "prlctl",
	.verbs = {
		[VERB_START]   = { "start", NULL },
		[VERB_STOP]    = { "stop", NULL },
		[VERB_KILL]    = { "stop", "--kill" },
		[VERB_REBOOT]  = { "restart", NULL },
		[VERB_PAUSE]   = { "pause", NULL },
		[VERB_RESUME]  = { "resume", NULL },
		[VERB_DESTROY] = { "delete", NULL },
	},
	.statuses = statuses,
	.enter = "exec",
	.console = "console",
	.id = id,
	.create = create,
	.limits = limits,
	.plug = plug,
	.open = open,
	.close = close,
	.settings = settings,
	.survey = survey,
	.parse = vz_parse_prlctl,
};
