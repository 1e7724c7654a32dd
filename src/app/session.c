/* SPDX-License-Identifier: ISC */
#include "app/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/file.h"
#include "text/iniedit.h"

static int set(struct str *text, const char *path, const char *const *values, size_t n, struct err *e)
{
	DEFER(report_done) struct report r = { 0 };
	DEFER(ini_done) struct ini ini = { 0 };
	DEFER(str_done) struct str next = { 0 }, before = *text;

	*text = (struct str){ 0 };
	ini_parse(&ini, "command line", str_text(&before), before.n, &r);
	if (ini_set(&ini, path, values, n, &next, e) < 0)
		return -1;
	*text = next;
	next = (struct str){ 0 };
	return 0;
}

int session_text(const struct session *s, struct str *out, struct err *e)
{
	const struct { const char *path, *value; } keys[] = {
		{ "hardware.vm_id", s->name },
		{ "run.driver", "host" },
		{ "run.run_as", s->run_as },
		{ "driver.host.session", s->kind },
		{ "driver.host.remote", s->remote },
		{ "driver.host.dir", s->dir },
		{ "driver.host.display", s->display },
		{ "driver.host.geometry", s->geometry },
		{ "driver.host.depth", s->depth },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].value && set(out, keys[i].path, &keys[i].value, 1, e) < 0)
			return -1;
	for (; s->command && s->command[n]; n++)
		if (strstr(s->command[n], "@{"))
			return err_set(e, ERR_INVALID, "'%s': '@{' would be taken for a secret (it may stand in a script that is run)",
				       s->command[n]);
	return n ? set(out, "driver.host.command", s->command, n, e) : 0;
}

static bool read_line(const char *ending, const char *word, char *buf, size_t size)
{
	char text[256];
	const char *at;

	if (!ending || file_begin(ending, text, sizeof text) <= 0 || !(at = strstr(text, word)))
		return false;
	at += strlen(word);
	snprintf(buf, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

int session_status(const char *ending)
{
	char status[16];

	return read_line(ending, "ended ", status, sizeof status) ? atoi(status) : -1;
}

const char *session_display(const char *ending, char *buf, size_t size)
{
	return read_line(ending, "started :", buf + 1, size - 1) ? (*buf = ':', buf) : NULL;
}
