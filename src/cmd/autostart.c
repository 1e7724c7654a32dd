/* SPDX-License-Identifier: ISC */
#include "app/autostart.h"
#include "cmd/common.h"

enum { SET_GROUP_STICKY = 03775 };

static void plan_on(const struct facts *f, const char *name, struct plan *p)
{
	plan_dir(p, "a place for what starts with the host", plan_fmt(p, "%s/autostart", f->data_dir), 0755);
	plan_file(p, "it starts with the host", autostart_mark(f, name, &p->mem), 0644, "");
	plan_remove(p, "nobody has switched it off", autostart_off(f, name, &p->mem));
}

static void plan_off(const struct facts *f, const char *name, struct plan *p)
{
	plan_dir(p, "a place for what is switched off", plan_fmt(p, "%s/autostart.off", f->data_dir),
		 f->uid ? 0755 : SET_GROUP_STICKY);
	plan_file(p, "it does not start with the host", autostart_off(f, name, &p->mem), 0644, "");
}

static int change(struct call *c, const char *action, const char *word, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(plan_done) struct plan p = { 0 };
	const char *name;
	bool on, wish;

	/* A name's record tells enough, and members of the group, who may switch it off, read no more. */
	if ((target_is_file(word) || c->facts_file ? call_target(c, word, 0, &t, e) : target_recorded(&t, word, e)) < 0)
		return -1;
	name = t.guest.name;
	if (t.facts.state < STATE_BUILT)
		return err_set(e, ERR_NOT_FOUND, "'%s' is not built yet (berth up %s)", name, t.path);
	on = !t.elsewhere && autostart_is_on(&t.facts, name, &c->mem);
	wish = str_eq(action, "toggle") ? !on : str_eq(action, "on");
	if (!t.elsewhere && on == wish)
		return err_set(e, ERR_EXISTS, "autostart of '%s' is %s already", name, on ? "on" : "off");
	p.title = plan_fmt(&p, "autostart %s %s", wish ? "on" : "off", name);
	(wish ? plan_on : plan_off)(&t.facts, name, &p);
	return call_plan(c, &t, &p, e);
}

static int list(struct call *c, struct err *e)
{
	DEFER(facts_done) struct facts f = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct words names = { 0 };
	json_t *guests;

	if (probe_places(&f, e) < 0 || autostart_names(&f, &names, &f.mem, e) < 0)
		return -1;
	guests = json_array();
	for (size_t i = 0; i < names.n; i++) {
		str_fmt(&out, "%s\n", names.v[i]);
		json_array_append_new(guests, json_string(names.v[i]));
	}
	if (c->json)
		out_json("berth.autostart/1", json_pack("{s:o}", "guests", guests));
	else {
		out_text(&out);
		json_decref(guests);
	}
	return 0;
}

static int autostart(struct call *c, struct err *e)
{
	const char *action = c->argv[0];

	if (str_eq(action, "list") && c->argc == 1)
		return list(c, e);
	if (c->argc == 2 && (str_eq(action, "on") || str_eq(action, "off") || str_eq(action, "toggle")))
		return change(c, action, c->argv[1], e);
	return command_usage(c->command, e);
}

const struct command cmd_autostart = {
	.name = "autostart",
	.group = "Guests",
	.args = "on|off|toggle GUEST | list",
	.summary = "mark guests that are to start with the host",
	.description = "Marks a guest that is built, or takes the mark away; 'list' names those that have it. 'berth boot' starts them; marking starts nothing by itself.",
	.example = "berth autostart on hello",
	.min = 1,
	.max = 2,
	.completes = "guest",
	.acts = true,
	.run = autostart,
};
