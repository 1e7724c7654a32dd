/* SPDX-License-Identifier: ISC */
#include "app/once.h"

#include <string.h>

#include "base/str.h"
#include "sys/file.h"

static int check_words(const struct once *o, struct err *e)
{
	if (o->boot && o->install)
		return err_set(e, ERR_USAGE, "--boot and --install exclude each other (an installation boots from its source)");
	if (!o->install && (o->target || o->stage))
		return err_set(e, ERR_USAGE, "--%s is of an installation (add --install cd:FILE)", o->target ? "target" : "stage");
	if (o->stage && !str_eq(o->stage, "init") && !str_eq(o->stage, "keep"))
		return err_set(e, ERR_USAGE, "--stage: '%s' is neither 'init' nor 'keep'", o->stage);
	if (o->initrd && !o->kernel)
		return err_set(e, ERR_USAGE, "--initrd goes with a kernel (add --kernel FILE)");
	if ((o->kernel || o->append) && (o->boot || o->install))
		return err_set(e, ERR_USAGE, "--%s and --%s exclude each other: one of them boots", o->kernel ? "kernel" : "append",
			       o->boot ? "boot" : "install");
	return 0;
}

static int check_guest(const struct target *t, struct err *e)
{
	const char *name = t->guest.name;

	if (!t->driver->boots)
		return err_set(e, ERR_UNSUPPORTED, "%s guests start in one way, and boot from nothing else", t->driver->name);
	if (target_runs(t))
		return err_set(e, ERR_EXISTS, "'%s' is running already, and boots nothing now (berth stop %s)", name, name);
	if (t->facts.state == STATE_SAVED && !t->facts.cold)
		return err_set(e, ERR_FAILED, "'%s' is saved, and goes on where it was (berth start --cold %s gives its memory up)",
			       name, name);
	return 0;
}

/* What the user's word means from where he is. */
static const char *file(struct target *t, const char *word, struct err *e)
{
	if (!t->elsewhere && !file_exists(word)) {
		err_set(e, ERR_NOT_FOUND, "there is no file '%s'", word);
		return NULL;
	}
	return path_absolute(word, &t->facts.mem);
}

static int from_cd(struct target *t, const char *medium, struct err *e)
{
	struct guest *g = &t->guest;
	struct cdrom *c;

	if (!g->cdroms.n && !medium)
		return err_set(e, ERR_NOT_FOUND, "'%s' has no CD drive (try cd:FILE)", g->name);
	if (!g->cdroms.n)
		vec_add(&g->cdroms, &g->mem)->place.name = "cd0";
	c = &g->cdroms.v[0];
	if (medium && !(c->path = file(t, medium, e)))
		return -1;
	if (!c->path)
		return err_set(e, ERR_NOT_FOUND, "there is no CD in the drive of '%s' (try cd:FILE)", g->name);
	t->facts.boot_device = c->place.name;
	return 0;
}

static const struct disk *disk_called(const struct guest *g, const char *name, struct err *e)
{
	for (size_t i = 0; i < g->disks.n; i++)
		if (!name || str_eq(g->disks.v[i].place.name, name))
			return &g->disks.v[i];
	if (name)
		err_set(e, ERR_NOT_FOUND, "'%s' has no disk '%s' ('berth show %s' tells all)", g->name, name, g->name);
	else
		err_set(e, ERR_NOT_FOUND, "'%s' has no disk", g->name);
	return NULL;
}

static int from_hdd(struct target *t, const char *name, struct err *e)
{
	const struct disk *d = disk_called(&t->guest, name, e);

	t->facts.boot_device = d ? d->place.name : NULL;
	return d ? 0 : -1;
}

static int from_medium(struct target *t, const char *medium, struct err *e)
{
	if (!medium)
		return err_set(e, ERR_USAGE, "'%s' wants the file that is plugged in (try %s:FILE)", t->facts.boot_from,
			       t->facts.boot_from);
	t->facts.boot_medium = file(t, medium, e);
	return t->facts.boot_medium ? 0 : -1;
}

static int from_network(struct target *t, const char *name, struct err *e)
{
	const struct guest *g = &t->guest;

	for (size_t i = 0; i < g->nics.n; i++)
		if (nic_attached(&g->nics.v[i]) && (!name || str_eq(g->nics.v[i].place.name, name))) {
			t->facts.boot_device = g->nics.v[i].place.name;
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, "'%s' has no network interface %s%s%s", g->name, name ? "'" : "to boot from",
		       name ? name : "", name ? "'" : "");
}

static const struct {
	const char *word, *from;
	int (*choose)(struct target *t, const char *what, struct err *e);
} sources[] = {
	{ "cd", "cd", from_cd },
	{ "dvd", "cd", from_cd },
	{ "hdd", "hdd", from_hdd },
	{ "usb", "usb", from_medium },
	{ "fdd", "fdd", from_medium },
	{ "pxe", "pxe", from_network },
};

static int choose(struct target *t, const char *option, const char *word, struct err *e)
{
	const char *colon = strchr(word, ':');
	char *kind = arena_strn(&t->facts.mem, word, colon ? (size_t)(colon - word) : strlen(word));

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (str_eq(sources[i].word, kind)) {
			t->facts.boot_from = sources[i].from;
			return sources[i].choose(t, colon && colon[1] ? colon + 1 : NULL, e);
		}
	return err_set(e, ERR_USAGE, "--%s: '%s' is nothing to boot from (cd, dvd, hdd, usb, fdd, pxe)", option, kind);
}

static int install(struct target *t, const struct once *o, struct err *e)
{
	const struct disk *d = disk_called(&t->guest, o->target, e);

	if (!d || choose(t, "install", o->install, e) < 0)
		return -1;
	if (!str_eq(o->stage, "init"))
		return 0;
	if (t->facts.registered || (d->slot && d->source))
		return err_set(e, ERR_UNSUPPORTED, "disk '%s' of '%s' is its owner's, who may erase it (--stage keep installs on it as it is)",
			       d->place.name, t->guest.name);
	/* What is not built yet will be. */
	if (t->facts.state >= STATE_BUILT)
		t->facts.boot_erase = d->place.name;
	return 0;
}

static int kernel(struct target *t, const struct once *o, struct err *e)
{
	struct guest *g = &t->guest;

	if (!o->kernel && !g->qemu.kernel && !(g->os && str_eq(g->boot, "kernel")))
		return err_set(e, ERR_FAILED, "the loader of '%s' has the kernel's words on its disk (--append goes with --kernel FILE)",
			       g->name);
	t->facts.boot_append = arena_str(&t->facts.mem, o->append);
	if (!o->kernel)
		return 0;
	g->qemu.append = NULL;
	g->qemu.kernel = file(t, o->kernel, e);
	g->qemu.initrd = o->initrd && g->qemu.kernel ? file(t, o->initrd, e) : NULL;
	return g->qemu.kernel && (g->qemu.initrd || !o->initrd) ? 0 : -1;
}

int once_apply(struct target *t, const struct once *o, struct err *e)
{
	if (check_words(o, e) < 0)
		return -1;
	if (!o->boot && !o->install && !o->kernel && !o->append && !o->args.n)
		return 0;
	if (check_guest(t, e) < 0)
		return -1;
	t->facts.once = true;
	if (o->boot && choose(t, "boot", o->boot, e) < 0)
		return -1;
	if (o->install && install(t, o, e) < 0)
		return -1;
	if ((o->kernel || o->append) && kernel(t, o, e) < 0)
		return -1;
	for (size_t i = 0; i < o->args.n; i++)
		words_add(&t->guest.qemu.args, &t->guest.mem, arena_str(&t->guest.mem, o->args.v[i]));
	return 0;
}
