/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "front/priv.h"

static void drive(const struct at *at, const char *properties)
{
	struct arena *a = &at->t->mem;

	qemu_option(at->t, "-drive", arena_fmt(a, "file=%s,%s", raw_path(at->t->files->folder, at->l->value, a), properties));
	drive_add(at, at->l->key, "drive");
}

static void disk(const struct at *at, size_t n)
{
	const char *file = at->l->value;

	(void)n;
	drive(at, str_ends(file, ".qcow2") ? "snapshot=off,format=qcow2" :
		  str_ends(file, ".raw") ? "snapshot=off,format=raw" : "snapshot=off");
}

static void cdrom(const struct at *at, size_t n)
{
	(void)n;
	drive(at, "media=cdrom,format=raw,readonly=on");
}

/* BRIDGE[,MAC[,MODEL]] */
static void nic(const struct at *at, size_t n)
{
	struct arena *a = &at->t->mem;
	const char *s = at->l->value, *path = arena_fmt(a, "hardware.eths.eth%zu", n - 1);
	const char *part[3] = { 0 };
	size_t parts = 0;

	for (; parts < 3; s++) {
		size_t len = strcspn(s, ",");

		part[parts++] = arena_strn(a, s, len);
		s += len;
		if (!*s)
			break;
	}
	at_put(at, arena_fmt(a, "%s.type", path), str_eq(part[0], "user") ? "nat" : "bridge");
	if (*part[0] && !str_eq(part[0], "user"))
		at_put(at, arena_fmt(a, "%s.bridge", path), part[0]);
	if (part[1] && *part[1])
		at_put(at, arena_fmt(a, "%s.hw_addr", path), part[1]);
	if (part[2] && !str_starts(part[2], "virtio"))
		at_warn(at, "interfaces are virtio ones");
}

static const struct series {
	const char *names[3];
	void (*translate)(const struct at *at, size_t n);
} series[] = {
	{ { "DSK", "DISK", NULL }, disk },
	{ { "CDR", "CDROM", NULL }, cdrom },
	{ { "NIC", NULL, NULL }, nic },
};

/* The number behind the name of a series; 0: it is none of it. */
static size_t number(const char *key, const char *series_name)
{
	size_t n = strlen(series_name), digits;

	if (strncmp(key, series_name, n) || key[n] == '0')
		return 0;
	digits = strspn(key + n, "0123456789");
	return digits && digits < 6 && !key[n + digits] ? (size_t)atol(key + n) : 0;
}

static const struct series *series_of(const char *key)
{
	for (size_t i = 0; i < sizeof series / sizeof *series; i++)
		for (const char *const *name = series[i].names; *name; name++)
			if (number(key, *name))
				return &series[i];
	return NULL;
}

/* The line for one number of a series, in either file; false when there is none that is set. */
static bool numbered(struct translation *t, const struct series *s, size_t n, struct at *at)
{
	struct source *sources[] = { &t->rc, &t->cfg };

	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < sources[f]->rc.lines.n; i++) {
			const struct rc_line *l = &sources[f]->rc.lines.v[i];

			for (const char *const *name = s->names; l->key && *name; name++)
				if (number(l->key, *name) == n) {
					sources[f]->used[i] = true;
					*at = (struct at){ t, sources[f], l };
					return rc_is_set(l);
				}
		}
	return false;
}

/* The bridge br0, unless the files say something of a first interface. */
static void first_nic(struct translation *t, bool given)
{
	static const struct rc_line none = { .line = 0, .key = "NIC1" };
	const struct at at = { t, &t->rc, &none };

	if (given)
		return;
	at_put(&at, "hardware.eths.eth0.type", "bridge");
	at_put(&at, "hardware.eths.eth0.bridge", "br0");
}

static void every_one(struct translation *t)
{
	for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
		struct at at = { 0 };
		size_t n = 1;

		for (; numbered(t, &series[i], n, &at); n++)
			series[i].translate(&at, n);
		if (series[i].translate == nic)
			first_nic(t, at.l != NULL);
	}
}

/* What no series reached. */
static void left_over(struct translation *t, struct source *s)
{
	for (size_t i = 0; i < s->rc.lines.n; i++) {
		struct at at = { t, s, &s->rc.lines.v[i] };

		if (at.l->key && series_of(at.l->key) && !s->used[i] && rc_is_set(at.l))
			at_warn(&at, "is left out: a number before it is missing, or it is given twice");
	}
}

bool series_has(const char *key)
{
	return series_of(key);
}

void series_all(struct translation *t)
{
	every_one(t);
	left_over(t, &t->rc);
	left_over(t, &t->cfg);
}
