/* SPDX-License-Identifier: ISC */
#include "app/probe.h"
#include "cmd/cmd.h"

static const char *containers(const struct facts *f)
{
	if (f->uid && (!f->id_count || !f->id_tools))
		return "none: no ids for them (usermod --add-subuids, --add-subgids; apt-get install uidmap)";
	if (f->uid && !f->own_cgroup && !f->user_manager)
		return "none: no control group for their systems (loginctl enable-linger)";
	return f->cgroup ? "with limits, and ids of their own" : "without limits: no cgroup of this host is ours to write";
}

static int print_facts(const struct facts *f, const struct call *c)
{
	DEFER(str_done) struct str s = { 0 };

	if (c->json) {
		out_json("berth.facts/1", facts_json(f));
		return 0;
	}
	str_fmt(&s, "guests      %s/guests\ncache       %s\nrunning     %s\n", f->data_dir, f->cache_dir, f->run_dir);
	str_fmt(&s, "run as      uid %u, gid %u\n", (unsigned)f->run_uid, (unsigned)f->run_gid);
	str_fmt(&s, "qemu        %s\n", f->qemu_version ? f->qemu_version : "not installed");
	str_fmt(&s, "accelerator %s (%s)\n", f->kvm ? "kvm" : "tcg", f->kvm_why ? f->kvm_why : "");
	str_fmt(&s, "uefi        %s\n", f->ovmf_code ? f->ovmf_code : "not installed (apt-get install ovmf)");
	str_fmt(&s, "fuse        %s\n", f->fuse ? "yes: disks are overlays" : "no: disks are full copies");
	str_fmt(&s, "containers  %s\n", containers(f));
	for (size_t i = 0; i < f->apt_sources.n; i++)
		str_fmt(&s, "packages    %s\n", f->apt_sources.v[i].name);
	for (size_t i = 0; i < f->tools.n; i++)
		if (!f->tools.v[i].path)
			str_fmt(&s, "missing     %s\n", f->tools.v[i].name);
	out_text(&s);
	return 0;
}

static int facts(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };

	if (probe_places(&f, e) < 0 || probe_host(&f, PROBE_BUILD | PROBE_START, NULL, NULL, e) < 0)
		return -1;
	return print_facts(&f, c);
}

const struct command cmd_facts = {
	.name = "facts",
	.group = "This program",
	.args = "",
	.summary = "say what berth knows of this host",
	.description = "Everything about the host that a plan may depend on: directories, tools, accelerator, package sources, template cache. "
		       "With --json the answer is what --facts FILE takes, to plan for this host elsewhere.",
	.example = "berth facts --json",
	.run = facts,
};
