/* SPDX-License-Identifier: ISC */
#include "model/facts.h"

#include <string.h>

/* The plain fields, by name, for reading and writing alike. */
#define TEXTS(X) \
	X(data_dir) X(cache_dir) X(run_dir) X(arch) X(qemu_version) X(kvm_why) \
	X(ovmf_code) X(ovmf_vars) X(apt_conf) X(cgroup) X(user) X(machine) X(other) X(boot_from) X(boot_device) X(boot_medium) \
	X(boot_append) X(boot_erase) X(was) X(run_user) X(run_home) X(run_shell) X(display)
#define NUMBERS(X) \
	X(uid) X(gid) X(run_uid) X(run_gid) X(group) X(slots) X(ssh_port) X(vnc_port) X(low_port) X(cpus) X(id_base) X(id_count)
#define FLAGS(X) \
	X(kvm) X(fuse) X(id_tools) X(own_cgroup) X(user_manager) X(tun) X(tun_shut) X(saved) X(cold) X(memory) X(held) X(as_folder) X(agent) X(throwaway) X(built) X(kept) X(once) X(once_ran) X(run_dir_foreign) X(registered) X(ssh_moved) X(qemu_traces)
#define LISTS(X) \
	X(cached) X(taken_addresses) X(bridges) X(helper_bridges) X(taken_ports) X(containers) X(templates) X(changes) X(dropped) X(killed)

const char *facts_tool(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->tools.n; i++)
		if (!strcmp(f->tools.v[i].name, name))
			return f->tools.v[i].path;
	return NULL;
}

static json_t *words_json(const struct words *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(list, json_string(w->v[i]));
	return list;
}

static json_t *text_json(const char *s)
{
	return s ? json_string(s) : json_null();
}

json_t *facts_json(const struct facts *f)
{
	json_t *o = json_object(), *tools = json_object(), *sources = json_object(), *networks = json_object();

#define X(field) json_object_set_new(o, #field, text_json(f->field));
	TEXTS(X)
#undef X
#define X(field) json_object_set_new(o, #field, json_integer(f->field));
	NUMBERS(X)
#undef X
#define X(field) json_object_set_new(o, #field, json_boolean(f->field));
	FLAGS(X)
#undef X
#define X(field) json_object_set_new(o, #field, words_json(&f->field));
	LISTS(X)
#undef X
	for (size_t i = 0; i < f->tools.n; i++)
		json_object_set_new(tools, f->tools.v[i].name, text_json(f->tools.v[i].path));
	for (size_t i = 0; i < f->apt_sources.n; i++)
		json_object_set_new(sources, f->apt_sources.v[i].name, json_string(f->apt_sources.v[i].text));
	for (size_t i = 0; i < f->networks.n; i++)
		json_object_set_new(networks, f->networks.v[i].name, network_json(&f->networks.v[i]));
	json_object_set_new(o, "networks", networks);
	json_object_set_new(o, "state", json_string(state_word(f->state)));
	json_object_set_new(o, "tools", tools);
	json_object_set_new(o, "apt_sources", sources);
	return o;
}

static void read_words(struct words *w, const json_t *list, struct arena *a)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_is_string(v))
			words_add(w, a, arena_str(a, json_string_value(v)));
}

int facts_read(struct facts *f, const json_t *json, struct err *e)
{
	const char *key;
	json_t *v;
	int state;

	if (!json_is_object(json))
		return err_set(e, ERR_INVALID, "facts are not a JSON object");
#define X(field) f->field = arena_str(&f->mem, json_string_value(json_object_get(json, #field)));
	TEXTS(X)
#undef X
#define X(field) f->field = (__typeof__(f->field))json_integer_value(json_object_get(json, #field));
	NUMBERS(X)
#undef X
#define X(field) f->field = json_is_true(json_object_get(json, #field));
	FLAGS(X)
#undef X
#define X(field) read_words(&f->field, json_object_get(json, #field), &f->mem);
	LISTS(X)
#undef X
	json_object_foreach(json_object_get(json, "tools"), key, v)
		*vec_add(&f->tools, &f->mem) = (struct tool){
			arena_str(&f->mem, key), arena_str(&f->mem, json_string_value(v)) };
	json_object_foreach(json_object_get(json, "apt_sources"), key, v)
		*vec_add(&f->apt_sources, &f->mem) = (struct apt_source){
			arena_str(&f->mem, key), arena_str(&f->mem, json_string_value(v)) };
	json_object_foreach(json_object_get(json, "networks"), key, v)
		network_from_json(vec_add(&f->networks, &f->mem), key, v, &f->mem);
	v = json_object_get(json, "state");
	state = v ? state_find(json_string_value(v) ? json_string_value(v) : "") : STATE_DEFINED;
	if (state < 0)
		return err_set(e, ERR_INVALID, "facts: state is none that a guest can be in");
	f->state = (enum state)state;
	if (!f->data_dir || !f->cache_dir || !f->run_dir)
		return err_set(e, ERR_INVALID, "facts: data_dir, cache_dir and run_dir must be given");
	return 0;
}

void facts_done(struct facts *f)
{
	arena_done(&f->mem);
	*f = (struct facts){ 0 };
}

char *guest_folder(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/guests/%s", f->data_dir, name);
}

char *guest_snapshot(const struct facts *f, const char *name, const char *snapshot, struct arena *a)
{
	return arena_fmt(a, "%s/guests/%s/snapshots/%s", f->data_dir, name, snapshot);
}

char *guest_run_dir(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s", f->run_dir, name);
}

char *guest_lock(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s.lock", f->run_dir, name);
}

char *guest_keep_lock(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s.keep", f->run_dir, name);
}

char *guest_ending_lock(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s.ending", f->run_dir, name);
}

char *guest_once_file(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s.once", f->run_dir, name);
}

char *guest_tunnel_lock(const struct facts *f, const char *name, int port, struct arena *a)
{
	return arena_fmt(a, "%s/%s.%d.tunnel", f->run_dir, name, port);
}

char *guest_port_file(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s.port", f->run_dir, name);
}

char *guest_run_file(const struct facts *f, const char *name, const char *file, struct arena *a)
{
	return arena_fmt(a, "%s/%s/%s", f->run_dir, name, file);
}
