/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/run.h"
#include "sys/file.h"

static int open_to_append(const char *path, int *fd, struct err *e)
{
	if (!path)
		return 0;
	*fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return *fd < 0 ? err_errno(e, errno, "%s", path) : 0;
}

/* The death that a kill from outside would be, at a place that can be chosen. */
void journal_fuse(struct run *r)
{
	if (r->fuse && !--r->fuse)
		kill(getpid(), SIGKILL);
}

int journal_open(struct run *r, struct err *e)
{
	if (open_to_append(r->x->log, &r->log, e) < 0)
		return -1;
	if (open_to_append(r->x->trace, &r->trace, e) < 0) {
		close_fd(&r->log);
		return -1;
	}
	r->fuse = r->x->die_after ? atol(r->x->die_after) + 1 : 0;
	journal_fuse(r);
	return 0;
}

/* A journal that cannot be written (disk full) must not stop the work it describes. */
static void put(int fd, const struct str *text)
{
	if (fd >= 0 && text->n)
		(void)!write_all(fd, text->s, text->n);
}

static void trace_step(int fd, const struct step *s)
{
	json_t *json = step_json(s);
	char *line = json_dumps(json, JSON_COMPACT);
	DEFER(str_done) struct str text = { 0 };

	str_fmt(&text, "%s\n", line);
	put(fd, &text);
	free_str(&line);
	json_decref(json);
}

void journal_step(struct run *r, const struct step *s)
{
	DEFER(str_done) struct str text = { 0 };

	if (r->trace >= 0)
		trace_step(r->trace, s);
	if (r->log < 0)
		return;
	str_fmt(&text, "# %s\n$ ", s->why ? s->why : "");
	step_line(s, &text);
	str_addc(&text, '\n');
	put(r->log, &text);
}

void journal_output(struct run *r, const char *text, size_t n)
{
	DEFER(str_done) struct str masked = { 0 };

	if (r->log < 0)
		return;
	secret_mask(r, text, n, &masked);
	put(r->log, &masked);
}

void journal_status(struct run *r, int status)
{
	DEFER(str_done) struct str text = { 0 };

	str_fmt(&text, "# status %d\n", status);
	put(r->log, &text);
}

void journal_close(struct run *r)
{
	close_fd(&r->log);
	close_fd(&r->trace);
}
