/* SPDX-License-Identifier: ISC */
#include "app/autostart.h"

#include "app/probe.h"
#include "sys/file.h"

const char *autostart_mark(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/autostart/%s", f->data_dir, name);
}

const char *autostart_off(const struct facts *f, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/autostart.off/%s", f->data_dir, name);
}

bool autostart_is_on(const struct facts *f, const char *name, struct arena *a)
{
	return file_exists(autostart_mark(f, name, a)) && !file_exists(autostart_off(f, name, a));
}

int autostart_names(const struct facts *f, struct words *out, struct arena *a, struct err *e)
{
	struct words marks = { 0 };

	if (dir_list(arena_fmt(a, "%s/autostart", f->data_dir), &marks, a, e) < 0)
		return -1;
	for (size_t i = 0; i < marks.n; i++)
		if (autostart_is_on(f, marks.v[i], a) && probe_state(f, marks.v[i]) != STATE_ABSENT)
			words_add(out, a, marks.v[i]);
	return 0;
}
