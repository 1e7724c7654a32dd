/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "app/copy.h"
#include "cmd/common.h"

/* "mac:52:54:00:12:34:56:/etc/fstab": behind an address with keys the path is an absolute one; NULL: it is none such. */
static const char *address_part_of(struct call *c, const char *word, const char **path)
{
	const char *value = address_keyed(word) ? word + strcspn(word, ":@") + 1 : NULL;
	/* The value itself may begin with a slash, as that of id: does. */
	const char *end = value && *value ? strstr(value + 1, ":/") : NULL;

	if (!end)
		return NULL;
	*path = end + 1;
	return arena_strn(&c->mem, word, (size_t)(end - word));
}

/* "web:/etc/fstab" → "web" and its path; NULL for a path of this host ("./a:b" is one). */
static const char *guest_part(struct call *c, const char *word, const char **path)
{
	const char *colon = strchr(word, ':');
	const char *name = address_part_of(c, word, path);

	if (name)
		return name;
	if (!colon || memchr(word, '/', (size_t)(colon - word)))
		return NULL;
	name = arena_strn(&c->mem, word, (size_t)(colon - word));
	*path = colon + 1;
	return guest_name_ok(name) ? name : NULL;
}

static int copy_between(struct call *c, const char *name, const char *from, const char *to, bool in, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	DEFER(inside_close) struct inside inside = { 0 };

	if (call_target(c, name, 0, &t, e) < 0 || inside_open(&t, call_option(c, "timeout"), &inside, &c->mem, e) < 0)
		return -1;
	if ((in ? copy_in : copy_out)(&inside, from, to, e) < 0)
		return err_add(e, "copy %s", in ? c->argv[0] : c->argv[1]);
	if (c->json)
		out_json("berth.done/1", json_pack("{s:s, s:s, s:s, s:s}", "verb", "copy", "guest", t.guest.name,
						   "from", c->argv[0], "to", c->argv[1]));
	return 0;
}

static int copy(struct call *c, struct err *e)
{
	const char *from = c->argv[0], *to = c->argv[1];
	const char *source = guest_part(c, from, &from), *sink = guest_part(c, to, &to);

	if (source && sink)
		return err_set(e, ERR_USAGE, "guest to guest is not possible: copy it here first");
	if (!source && !sink)
		return err_set(e, ERR_USAGE, "one of the two has to be in a guest, as in hello:/root/%s", c->argv[1]);
	return copy_between(c, source ? source : sink, from, to, sink != NULL, e);
}

static const struct opt options[] = {
	{ "timeout", 't', "SECONDS", "wait so long for a guest agent (default: 30)" },
	{ 0 },
};

const struct command cmd_copy = {
	.name = "copy",
	.group = "Reaching guests",
	.args = "FILE GUEST:PATH | GUEST:PATH FILE",
	.summary = "copy a file or directory into a guest, or out of it",
	.description =
		"The bytes go through the guest's agent, or the container's own way in; no network is needed. A destination that is "
		"a directory gets the copy inside. Permissions are kept. A file gets its name only when it is whole: an interrupted "
		"copy leaves the old file, or none. Directories go through tar on both sides, and are not merged into one that is there already.",
	.example = "berth copy site.tar hello:/srv/\nberth copy hello:/var/log/dpkg.log .",
	.options = options,
	.min = 2,
	.max = 2,
	.completes = "file",
	.run = copy,
};
