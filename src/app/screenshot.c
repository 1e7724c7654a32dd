/* SPDX-License-Identifier: ISC */
#include "app/screenshot.h"

#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "exec/qmp.h"
#include "sys/file.h"

enum { ANSWER_MS = 10000, MAX_PICTURE = 256 << 20 };

static int ask(const char *control, const char *temp, struct err *e)
{
	json_t *args = json_pack("{ss ss}", "filename", temp, "format", "png");
	struct qmp q = { .fd = -1 };
	int failed = -1;

	if (qmp_open(&q, control, false, ANSWER_MS, e) == 0) {
		failed = qmp_call(&q, "screendump", args, NULL, ANSWER_MS, e);
		qmp_close(&q);
	}
	json_decref(args);
	return failed;
}

static int deliver(const char *temp, const char *file, struct err *e)
{
	size_t n = 0;
	DEFER(free_str) char *picture = file_read(temp, MAX_PICTURE, &n, e);

	if (!picture)
		return -1;
	if (!str_eq(file, "-"))
		return file_write(file, picture, n, 0, e);
	if (fwrite(picture, 1, n, stdout) != n)
		return err_set(e, ERR_FAILED, "standard output: the picture could not be written");
	return 0;
}

int screenshot_take(const char *control, const char *temp, const char *file, struct err *e)
{
	int failed = ask(control, temp, e);

	if (!failed)
		failed = deliver(temp, file, e);
	unlink(temp);
	return failed;
}
