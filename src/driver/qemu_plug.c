/* SPDX-License-Identifier: ISC */
/*
 * Hardware that comes and goes. A change is written into the machine file in the
 * guest's folder, so that the next start has it, and made in the guest that runs.
 *
 * attach  record ─ blockdev-add or netdev_add ─ device_add     each with its undo
 * detach  device_del ─ until it is gone ─ blockdev-del (until taken) or netdev_del ─ record
 * cd      blockdev-change-medium or eject ─ record
 *
 * So a killed attach has recorded what the guest gets with its next start, and a
 * killed detach is begun again: what is gone already is no failure. The guest's own
 * driver has to let go of a device, which is why detach waits for it.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/str.h"
#include "driver/folder.h"
#include "driver/qemu.h"
#include "driver/user_net.h"
#include "model/image.h"
#include "text/ipv4.h"

enum { LET_GO_MS = 30 * 1000, CLOSE_MS = 5000 };

struct change {
	const struct guest *g;
	const struct facts *f;
	struct plan *p;
	const char *folder, *conf, *qmp;
	bool live;
};

static struct change change_of(const struct guest *g, const struct facts *f, struct plan *p)
{
	const char *folder = guest_folder(f, g->name, &p->mem);

	return (struct change){ .g = g, .f = f, .p = p, .folder = folder, .conf = plan_fmt(p, "%s/guest.conf", folder),
		.qmp = guest_run_file(f, g->name, "qmp.sock", &p->mem),
		.live = f->state == STATE_RUNNING || f->state == STATE_PAUSED || f->state == STATE_UNKNOWN };
}

/* One command, with its arguments; takes the reference. */
static struct step *tell(const struct change *c, const char *why, const char *command, json_t *arguments)
{
	json_t *o = json_pack("{s:s, s:o}", "execute", command, "arguments", arguments);
	char *text = json_dumps(o, JSON_COMPACT);
	struct step *s = plan_qmp(c->p, why, c->qmp, text);

	free(text);
	json_decref(o);
	return s;
}

static struct step *record(const struct change *c, const char *why, const char *command, const struct words *changes)
{
	return folder_edit(c->f, why, command, c->conf, changes, c->p);
}

/* The attached disk or interface that f->other names; NULL when it is none. */
static const struct disk *disk_named(const struct change *c, size_t *nth)
{
	for (*nth = 0; *nth < c->g->disks.n; ++*nth)
		if (str_eq(c->g->disks.v[*nth].place.name, c->f->other) && c->g->disks.v[*nth].slot)
			return &c->g->disks.v[*nth];
	return NULL;
}

static const struct nic *nic_named(const struct change *c, size_t *nth)
{
	for (*nth = 0; *nth < c->g->nics.n; ++*nth)
		if (str_eq(c->g->nics.v[*nth].place.name, c->f->other) && c->g->nics.v[*nth].slot)
			return &c->g->nics.v[*nth];
	return NULL;
}

static int none_named(const struct change *c, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, "'%s' has no device '%s' in a hot-plug slot", c->g->name, c->f->other);
}

static const char *plug(const struct change *c, long slot)
{
	return plan_fmt(c->p, QEMU_PLUG, slot);
}

/* Made beside its place, so that no name is taken by half a disk. */
int qemu_new_disk(const struct facts *f, const struct disk *d, const char *folder, const char *file, struct plan *p, struct err *e)
{
	const char *img = facts_tool(f, "qemu-img"), *work = plan_fmt(p, "%s/attach.new", folder);

	if (!img)
		return err_set(e, ERR_NOT_FOUND, "qemu-img is missing: apt-get install qemu-utils");
	plan_remove(p, "what an interrupted attach left", work);
	plan_run(p, "an empty disk", ARGV(img, "create", "-q", "-f", image_format(d), work,
					  plan_fmt(p, "%llu", (unsigned long long)d->size)));
	plan_run(p, "nobody else reads it", ARGV("chmod", "0600", work));
	if (f->run_uid != f->uid || f->run_gid != f->gid)
		plan_run(p, "it belongs to the user guests run as",
			 ARGV("chown", plan_fmt(p, "%u:%u", (unsigned)f->run_uid, (unsigned)f->run_gid), work));
	plan_move(p, "under its name", work, file);
	return 0;
}

static int disk_file(const struct change *c, const struct disk *d, const char *file, struct err *e)
{
	if (d->source)
		plan_link(c->p, "the image, as a disk of this guest", file, d->source);
	else if (qemu_new_disk(c->f, d, c->folder, file, c->p, e) < 0)
		return -1;
	plan_remove(c->p, "the disk that was not attached", file);
	plan_undo(c->p);
	return 0;
}

static void recorded(const struct change *c)
{
	record(c, "so that the next start has it", "set", &c->f->changes);
	record(c, "it is not attached", "del", &c->f->dropped);
	plan_undo(c->p);
}

static int attach_disk(const struct change *c, const struct disk *d, size_t nth, struct err *e)
{
	const char *file = plan_fmt(c->p, "%s/%s", c->folder, image_file(c->g, nth, &c->p->mem)), *id = plug(c, d->slot);

	if (disk_file(c, d, file, e) < 0)
		return -1;
	recorded(c);
	if (!c->live)
		return 0;
	tell(c, "open the disk", "blockdev-add", json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "driver", image_format(d),
		"node-name", id, "discard", "unmap", "file", "driver", "file", "filename", d->source ? d->source : file));
	tell(c, "close the disk", "blockdev-del", json_pack("{s:s}", "node-name", id));
	plan_undo(c->p);
	tell(c, "plug it in", "device_add", json_pack("{s:s, s:s, s:s, s:s, s:s}", "driver", "virtio-blk-pci", "id", id,
		"bus", plan_fmt(c->p, "slot%ld", d->slot), "drive", id, "serial", d->place.name));
	return 0;
}

/* Ports of the host lead into the networks that the guest was started with, not into this one. */
static json_t *user_network(const struct change *c, const struct nic *n, struct err *e)
{
	struct arena *a = &c->p->mem;
	struct user_net u;

	if (user_net(c->g, n, &u, e) < 0)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "type", "user", "id", plug(c, n->slot),
			 "net", plan_fmt(c->p, "%s/%d", ipv4_text(u.net, a), ipv4_mask_bits(u.mask)),
			 "host", ipv4_text(u.host, a), "dns", ipv4_text(u.dns, a), "restrict", str_eq(n->type, "host-only"));
}

static json_t *network(const struct change *c, const struct nic *n, size_t nth, struct err *e)
{
	return nic_is_private(n) ? user_network(c, n, e) : qemu_plug_netdev(c->g, c->f, nth, c->p, e);
}

static int attach_nic(const struct change *c, const struct nic *n, size_t nth, struct err *e)
{
	json_t *behind = c->live ? network(c, n, nth, e) : NULL;
	const char *id = plug(c, n->slot);

	if (c->live && !behind)
		return -1;
	recorded(c);
	if (!c->live)
		return 0;
	tell(c, "the network behind it", "netdev_add", behind);
	tell(c, "without that network", "netdev_del", json_pack("{s:s}", "id", id));
	plan_undo(c->p);
	tell(c, "plug it in", "device_add", json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "driver", "virtio-net-pci", "id", id,
		"bus", plan_fmt(c->p, "slot%ld", n->slot), "netdev", id, "mac", guest_mac(c->g, nth, &c->p->mem), "romfile", ""));
	return 0;
}

int qemu_attach(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const struct change c = change_of(g, f, p);
	const struct disk *d;
	const struct nic *n;
	size_t nth;

	folder_lock(g->name, f, p);
	if ((d = disk_named(&c, &nth)))
		return attach_disk(&c, d, nth, e);
	if ((n = nic_named(&c, &nth)))
		return attach_nic(&c, n, nth, e);
	return none_named(&c, e);
}

/* Nobody is in the slot already: no failure. That it is let go is seen by its name. */
static void unplug(const struct change *c, long slot)
{
	const char *id = plug(c, slot);

	tell(c, "ask the guest to let go of it", "device_del", json_pack("{s:s}", "id", id))->may_fail = true;
	plan_wait_refused(c->p, plan_fmt(c->p, "until the guest has let go of '%s' (its own driver has to)", c->f->other), c->qmp,
		plan_fmt(c->p, "{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/machine/peripheral/%s\",\"property\":\"type\"}}", id),
		LET_GO_MS);
}

/* QEMU closes nothing that a device has, and the device is freed a moment after its name is. No such disk: no failure. */
static void close_disk(const struct change *c, const char *id)
{
	plan_wait_taken(c->p, "close the disk", c->qmp,
		plan_fmt(c->p, "{\"execute\":\"blockdev-del\",\"arguments\":{\"node-name\":\"%s\"}}", id), CLOSE_MS)->may_fail = true;
}

int qemu_detach(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const struct change c = change_of(g, f, p);
	size_t nth;
	const struct disk *d = disk_named(&c, &nth);
	const char *file = d ? plan_fmt(p, "%s/%s", c.folder, image_file(g, nth, &p->mem)) : NULL;
	const struct nic *n = d ? NULL : nic_named(&c, &nth);

	if (!d && !n)
		return none_named(&c, e);
	folder_lock(g->name, f, p);
	if (c.live)
		unplug(&c, d ? d->slot : n->slot);
	if (c.live && d)
		close_disk(&c, plug(&c, d->slot));
	if (c.live && n) {
		tell(&c, "without the network behind it", "netdev_del", json_pack("{s:s}", "id", plug(&c, n->slot)))->may_fail = true;
		qemu_unplug_netdev(g, f, nth, p);
	}
	record(&c, "so that the next start does not have it", "del", &f->dropped);
	if (d && d->source)
		plan_remove(p, "the link to the image", file);
	return 0;
}

int qemu_cd(const struct guest *g, const struct facts *f, struct plan *p, struct err *e)
{
	const struct change c = change_of(g, f, p);
	const char *drive, *file;
	size_t i = 0;

	while (i < g->cdroms.n && !str_eq(g->cdroms.v[i].place.name, f->other))
		i++;
	if (i == g->cdroms.n)
		return err_set(e, ERR_NOT_FOUND, "'%s' has no CD drive '%s'", g->name, f->other);
	drive = plan_fmt(p, QEMU_CD, i);
	file = g->cdroms.v[i].path;
	folder_lock(g->name, f, p);
	if (c.live && file)
		tell(&c, "another CD", "blockdev-change-medium", json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", drive, "filename", file,
			"format", "raw", "read-only-mode", "read-only", "force", 1));
	else if (c.live)
		tell(&c, "out with the CD", "eject", json_pack("{s:s, s:b}", "id", drive, "force", 1));
	if (c.live)
		tell(&c, "close the one it was started with", "blockdev-del",
		     json_pack("{s:s}", "node-name", plan_fmt(p, QEMU_MEDIUM, i)))->may_fail = true;
	if (f->changes.n)
		record(&c, "so that the next start has it", "set", &f->changes);
	if (f->dropped.n)
		record(&c, "so that the next start has none", "del", &f->dropped);
	return 0;
}
