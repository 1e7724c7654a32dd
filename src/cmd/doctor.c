/* SPDX-License-Identifier: ISC */
#include "app/doctor.h"
#include "app/probe.h"
#include "cmd/cmd.h"

static void print(const struct findings *v, bool remarks_only)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < v->v.n; i++) {
		const struct finding *x = &v->v.v[i];

		if (remarks_only && x->level == LEVEL_OK)
			continue;
		str_fmt(&s, "%-5s %s: %s", level_word(x->level), x->what, x->fact);
		str_fmt(&s, x->type ? " (%s)\n" : "\n", x->type);
	}
	out_text(&s);
}

static json_t *as_json(const struct findings *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->v.n; i++) {
		const struct finding *x = &v->v.v[i];

		json_array_append_new(list, json_pack("{ss ss ss ss?}", "level", level_word(x->level), "what", x->what,
						      "fact", x->fact, "type", x->type));
	}
	return json_pack("{s:o}", "findings", list);
}

static int doctor(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(findings_done) struct findings found = { 0 };
	struct health h;

	if (probe_places(&f, e) < 0 || probe_host(&f, PROBE_BUILD | PROBE_START, NULL, NULL, e) < 0)
		return -1;
	health_probe(&h, &f);
	doctor_examine(&h, &found);
	if (c->json)
		out_json("berth.doctor/1", as_json(&found));
	else
		print(&found, c->quiet);
	return findings_worst(&found) == LEVEL_FAIL ? ERR_FAILED : 0;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.group = "This host",
	.args = "",
	.summary = "look whether this host is fit for guests",
	.description =
		"One line for each thing looked at, 'ok', 'note', 'warn' or 'fail', and in brackets what to type about it: hypervisors and "
		"tools, whether KVM really runs a guest (tried once after every boot, then remembered), networks and firewalls that "
		"drop what guests send, ids and control groups for containers, directories, disk space, clock and limits. --quiet "
		"leaves out what is well. The status is 1 when something is broken that berth cannot do without, else 0. Nothing "
		"is changed.",
	.example = "berth doctor",
	.run = doctor,
};
