/* SPDX-License-Identifier: ISC */
#include "cmd/edit.h"
#include "text/iniedit.h"

static int set_one(struct edit *d, struct call *c, const char *word, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };
	const char *value;
	char *path;

	if (edit_split(word, &path, &value, &c->mem, e) < 0 || ini_set(&d->ini, path, &value, 1, &out, e) < 0)
		return -1;
	edit_touched(d, path);
	return edit_replace(d, &out, e);
}

/* All of them or none: the file is written when every change was made. */
static int set(struct call *c, struct err *e)
{
	DEFER(edit_done) struct edit d;

	if (edit_open(&d, c->argv[0], e) < 0)
		return -1;
	for (int i = 1; i < c->argc; i++)
		if (set_one(&d, c, c->argv[i], e) < 0)
			return -1;
	return edit_save(&d, c, e);
}

const struct command cmd_set = {
	.name = "set",
	.group = "Machine files",
	.args = "FILE PATH=VALUE...",
	.summary = "change keys of a machine file",
	.description = "Changes one value or several, all or none; comments, order and indentation stay as they are. A key that is not there is added "
		       "at the end of its section, a section that is not there at the end of its parent. The value is everything behind "
		       "the first '='. "
		       "What is wrong with the file then, or with the new keys, is told, and is no failure.",
	.example = "berth set web.conf hardware.ram=1G config.hostname=web",
	.options = edit_options,
	.min = 2,
	.max = -1,
	.completes = "file",
	.run = set,
};
