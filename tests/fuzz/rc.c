/* SPDX-License-Identifier: ISC */
/* Any bytes as a file of settings and options, and as the files of a guest of qemu-init or ctys. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "front/ctys_facts.h"
#include "front/qemud.h"
#include "front/qemud_etc.h"
#include "model/guest.h"
#include "text/rc.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const uint8_t *data, size_t size)
{
	DEFER(rc_done) struct rc rc = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };
	int last = 0;

	rc_parse(&rc, (const char *)data, size, &r);
	MUST(!r.errors);
	for (size_t i = 0; i < rc.lines.n; i++) {
		const struct rc_line *l = &rc.lines.v[i];

		MUST(l->line > last && l->col >= 1);
		MUST(l->key ? *l->key && l->value && !l->words.n : l->words.n > 0);
		last = l->line;
	}
}

/* Every image is there, of either kind. */
static int look(const char *path, struct image_head *out)
{
	*out = (struct image_head){ strlen(path) % 2 ? "raw" : "qcow2", strlen(path) << 20 };
	return 0;
}

static void check_host(const char *text)
{
	DEFER(qemud_etc_done) struct qemud_etc etc = { 0 };
	DEFER(report_done) struct report r = { .file = "t" };

	qemud_registered(&etc, text, &r);
	qemud_autostart(&etc, text, &r);
	qemud_vncoffset(&etc, text, &r);
	for (size_t i = 0; i < etc.guests.n; i++)
		MUST(!etc.guests.v[i].name || (*etc.guests.v[i].folder == '/' && !strchr(etc.guests.v[i].name, '/')));
}

static void check_file(const char *file, const struct str *text)
{
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { .file = file };
	struct err e = { 0 };

	MUST(guest_parse(&g, file, str_text(text), text->n, &r, &e) == 0);
}

static void check_facts(const uint8_t *data, size_t size)
{
	const struct ctys_file file = { .folder = "/vm", .text = (const char *)data, .size = size, .look = look };
	DEFER(report_done) struct report r = { .file = "t.ctys" };
	DEFER(str_done) struct str out = { 0 };

	if (ctys_facts(&file, &r, &out) == 0)
		check_file("/t.conf", &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memchr(data, '\f', size);
	size_t first = cut ? (size_t)(cut - data) : size;
	DEFER(report_done) struct report rc = { .file = "t.rc" };
	DEFER(report_done) struct report cfg = { .file = "t.cfg" };
	DEFER(str_done) struct str out = { 0 };
	struct qemud_files files = {
		.folder = "/vm", .look = look, .rc = (const char *)data, .rc_size = first,
		.cfg = cut ? (const char *)cut + 1 : NULL, .cfg_size = cut ? size - first - 1 : 0,
	};

	DEFER(free_str) char *text = strndup((const char *)data, size);

	check_lines(data, size);
	check_host(text);
	check_facts(data, size);
	if (qemud_translate(&files, &rc, &cfg, &out) == 0)
		check_file("/t.conf", &out);
	return 0;
}
