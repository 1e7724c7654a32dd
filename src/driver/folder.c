/* SPDX-License-Identifier: ISC */
#include "driver/folder.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *build_lock(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.lock", guest_folder(f, g->name, &p->mem));
}

static const char *work_dir(const struct guest *g, const struct facts *f, struct plan *p)
{
	return plan_fmt(p, "%s.new", guest_folder(f, g->name, &p->mem));
}

const char *folder_begin(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *work = work_dir(g, f, p);

	plan_dir(p, "a place for guests", plan_fmt(p, "%s/guests", f->data_dir), 0755);
	plan_lock(p, "one build of this guest at a time", build_lock(g, f, p), false);
	plan_remove(p, "what an interrupted build left", work);
	plan_dir(p, "the guest's folder, while it is being made", work, 0755);
	plan_remove(p, "the unfinished folder", work);
	plan_undo(p);
	return work;
}

static const char *machine_file(const struct guest *g, struct plan *p)
{
	const char *slash = strrchr(g->file, '/');

	return plan_fmt(p, "%s/%s", g->dir, slash ? slash + 1 : g->file);
}

/* What has to stay as it was when the guest was built, and where the guest came from. */
static const char *record(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
			  struct plan *p)
{
	json_t *macs = json_array(), *o;
	const char *address = NULL;
	char *text, *copy;
	int port = 0;

	for (size_t i = 0; i < g->nics.n; i++) {
		if (!g->nics.v[i].type || !strcmp(g->nics.v[i].type, "nat"))
			port = f->ssh_port;
		json_array_append_new(macs, json_string(guest_mac(g, i, &p->mem)));
		if (!address)
			address = g->nics.v[i].address;
	}
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:i, s:o, s:s?, s:i, s:I, s:s?}", "schema", "berth.record/1",
		      "name", g->name, "driver", driver, "source", machine_file(g, p), "source_dir", g->dir,
		      "machine", machine, "ssh_port", port, "macs", macs,
		      "os", g->os, "cpus", (int)g->cpus, "ram", (json_int_t)g->ram, "address", address);
	text = json_dumps(o, JSON_INDENT(2));
	copy = plan_fmt(p, "%s\n", text);
	free(text);
	json_decref(o);
	return copy;
}

/*
 * The disks belong to the user guests run as; the folder, the machine file and the
 * record do not. A guest that broke out of its process must not be able to write
 * what berth will believe at its next start.
 */
void folder_own(const struct facts *f, const char *dir, struct plan *p)
{
	if (f->run_uid == f->uid && f->run_gid == f->gid)
		return;
	plan_run(p, "its disks belong to the user guests run as",
		 ARGV("chown", "-R", plan_fmt(p, "%u:%u", (unsigned)f->run_uid, (unsigned)f->run_gid), dir));
	plan_run(p, "their folder does not",
		 ARGV("chown", plan_fmt(p, "%u:%u", (unsigned)f->uid, (unsigned)f->gid), dir));
}

void folder_publish(const struct guest *g, const struct facts *f, const char *driver, const char *machine,
		    struct plan *p)
{
	const char *work = work_dir(g, f, p);

	plan_run(p, "the machine file as it was built",
		 ARGV("install", "-m", "0600", machine_file(g, p), plan_fmt(p, "%s/guest.conf", work)));
	plan_file(p, "what must not change any more", plan_fmt(p, "%s/record.json", work), 0644,
		  record(g, f, driver, machine, p));
	plan_move(p, "the guest is built", work, guest_folder(f, g->name, &p->mem));
}

void folder_destroy(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *work = work_dir(g, f, p);

	plan_lock(p, "nobody builds it meanwhile", build_lock(g, f, p), false);
	plan_remove(p, "what an interrupted build left", work);
	plan_move(p, "the guest is no more", guest_folder(f, g->name, &p->mem), work);
	plan_remove(p, "its disks", work);
	plan_remove(p, "logs of its last run", guest_run_dir(f, g->name, &p->mem));
}
