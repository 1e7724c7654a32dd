/* SPDX-License-Identifier: ISC */
/*
 *	in    file        guest: mktemp beside the destination ─ send ─ chmod, mv
 *	      directory   guest: mktemp -d there; tar here ─ send ─ guest: untar, mv
 *	out   file        mkstemp beside the destination ─ fetch ─ chmod, rename
 *	      directory   guest: tar to a file; fetch ─ untar in a mkdtemp here, rename
 *
 * On every way out that is not success the temporary name is deleted. What it is like we
 * say beforehand, so that it is known as well when the answer was not waited for.
 */
#include "app/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/plan.h"
#include "sys/file.h"
#include "sys/intr.h"
#include "sys/proc.h"

/* $1: destination, $2: name of what is copied, $3: end of the temporary name. Says that one whole and the final one. */
#define PLACE "p=$1; if [ -d \"$p\" ]; then p=${p%/}/$2; fi\nd=${p%/*}/ t=${p%/*}/.berth.$3\n"

#define NO_PLACE "if [ ! -d \"$d\" ]; then echo \"$d: No such file or directory\" >&2; exit 1; fi\n"

/* A name that is there already, or a link, is an error. */
static const char prepare_file[] =
	PLACE NO_PLACE
	"umask 077; set -C; : >\"$t\" && printf '%s\\n%s\\n' \"$t\" \"$p\"";

enum { GUEST_EXISTS = 17 };

static const char prepare_dir[] =
	PLACE NO_PLACE
	"if [ -e \"$p\" ]; then echo \"'$p' is there already\" >&2; exit 17; fi\n"
	"mkdir -m 700 -- \"$t\" && printf '%s\\n%s\\n' \"$t\" \"$p\"";

static const char forget_place[] = PLACE "rm -rf -- \"$t\"";

/* $1: temporary name, $2: mode, $3: final name */
static const char publish_file[] = "chmod \"$2\" \"$1\" && mv -f -- \"$1\" \"$3\"";

/* $1: temporary directory, $2: name in the archive, $3: final name */
static const char publish_dir[] =
	"mkdir \"$1/in\" && tar -xpf \"$1/tar\" -C \"$1/in\" && mv -- \"$1/in/$2\" \"$3\" && rm -rf -- \"$1\"";

/* $1: what is wanted, $2: the temporary name. Says its kind, its mode, and the file to fetch. */
static const char offer[] =
	"if [ -d \"$1\" ]; then\n"
	"  t=$2\n"
	"  (umask 077; set -C; : >\"$t\") || exit\n"
	"  tar -C \"$(dirname -- \"$1\")\" -cf \"$t\" -- \"$(basename -- \"$1\")\" || { rm -f \"$t\"; exit 1; }\n"
	"  printf 'dir 0 %s\\n' \"$t\"\n"
	"else\n"
	"  m=$(stat -Lc %a -- \"$1\") && printf 'file %s %s\\n' \"$m\" \"$1\"\n"
	"fi";

struct copy {
	struct inside *in;
	struct arena mem;
	const char *base;       /* the name of what is copied */
	const char *path;       /* IN: where to, until temp is known */
	const char *tag;        /* how temporary names end */
	const char *temp;       /* in the guest; NULL and no path: nothing to delete there */
	const char *final;
};

/* Delete the temporary name, whatever state the connection is in. */
static void forget(struct copy *c)
{
	intr_shield();
	if (c->temp)
		inside_tidy(c->in, ARGV("rm", "-rf", "--", c->temp));
	else if (c->path)
		inside_tidy(c->in, ARGV("/bin/sh", "-c", forget_place, "sh", c->path, c->base, c->tag));
}

static int copy_begin(struct copy *c, struct inside *in, struct err *e)
{
	uint64_t random;

	*c = (struct copy){ .in = in };
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return err_errno(e, errno, "getrandom");
	c->tag = arena_fmt(&c->mem, "%016" PRIx64, random);
	intr_begin();
	return 0;
}

static int copy_end(struct copy *c, int failed)
{
	if (failed)
		forget(c);
	intr_end();
	arena_done(&c->mem);
	return failed;
}

/* "/srv/data/" → "data" */
static const char *last_component(struct arena *a, const char *path)
{
	size_t n = strlen(path);
	const char *slash;

	while (n > 1 && path[n - 1] == '/')
		n--;
	slash = memrchr(path, '/', n);
	return slash && n > 1 ? arena_strn(a, slash + 1, n - (size_t)(slash + 1 - path)) : arena_strn(a, path, n);
}

/* The first line of text, cut off and stepped over; NULL when there is no line. */
static char *cut_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = 0;
	*text = end + 1;
	return line;
}

static int prepare(struct copy *c, const char *script, const char *path, struct err *e)
{
	DEFER(outcome_done) struct outcome r = { 0 };
	char *said;

	c->path = path;
	if (inside_exec(c->in, ARGV("/bin/sh", "-c", script, "sh", path, c->base, c->tag), -1, &r, e) < 0)
		return -1;
	if (r.status)
		return err_set(e, r.status == GUEST_EXISTS ? ERR_EXISTS : ERR_FAILED, "in the guest: %.*s",
			       (int)strcspn(str_text(&r.err), "\n"), str_text(&r.err));
	said = arena_str(&c->mem, str_text(&r.out));
	c->temp = cut_line(&said);
	c->final = c->temp ? cut_line(&said) : NULL;
	return c->final ? 0 : err_set(e, ERR_FAILED, "'%s' is no name that can be copied to", path);
}

static int file_in(struct copy *c, const char *from, mode_t mode, const char *path, struct err *e)
{
	DEFER(close_fd) int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "%s", from);
	if (prepare(c, prepare_file, path, e) < 0 || inside_send(c->in, fd, c->temp, e) < 0)
		return -1;
	return inside_do(c->in, ARGV("/bin/sh", "-c", publish_file, "sh", c->temp,
				       arena_fmt(&c->mem, "%o", (unsigned)(mode & 07777)), c->final), NULL, e);
}

/* A tar on this host with one end of a pipe; the other end is ours. */
static pid_t tar_start(const char *const *argv, bool reads, int *end, int *pidfd, struct err *e)
{
	struct proc_opts o = PROC_OPTS;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	*end = ends[reads];
	*(reads ? &o.in : &o.out) = ends[!reads];
	o.die_with_parent = true;
	pid = proc_start(argv, &o, pidfd, e);
	close(ends[!reads]);
	return pid;
}

static int tar_end(pid_t pid, int pidfd, bool stop, struct err *e)
{
	int status = stop ? proc_stop(pid, pidfd, 1000) : proc_wait(pid, pidfd, -1, e);

	if (status < 0 || stop)
		return -1;
	return status ? err_set(e, ERR_FAILED, "tar failed on this host (status %d)", status) : 0;
}

static const char *parent_of(struct arena *a, const char *path)
{
	DEFER(free_str) char *full = realpath(path, NULL);
	char *slash = full ? strrchr(full, '/') : NULL;

	return slash ? arena_strn(a, full, slash == full ? 1 : (size_t)(slash - full)) : NULL;
}

static int dir_in(struct copy *c, const char *from, const char *path, struct err *e)
{
	DEFER(close_fd) int end = -1;
	DEFER(close_fd) int pidfd = -1;
	const char *archive;
	pid_t pid;
	int failed;

	if (prepare(c, prepare_dir, path, e) < 0)
		return -1;
	archive = arena_fmt(&c->mem, "%s/tar", c->temp);
	pid = tar_start(ARGV("tar", "-C", parent_of(&c->mem, from), "-cf", "-", "--", c->base), false, &end, &pidfd, e);
	if (pid < 0)
		return -1;
	failed = inside_send(c->in, end, archive, e);
	/* Whatever nobody has read by now nobody will. */
	close_fd(&end);
	if (tar_end(pid, pidfd, failed, e) < 0)
		return -1;
	return inside_do(c->in, ARGV("/bin/sh", "-c", publish_dir, "sh", c->temp, c->base, c->final), NULL, e);
}

static int guest_path(const char *path, struct err *e)
{
	if (*path != '/')
		return err_set(e, ERR_USAGE, "'%s': a path in the guest has to be absolute, as in web:/root/%s", path, path);
	return 0;
}

int copy_in(struct inside *in, const char *from, const char *path, struct err *e)
{
	DEFER(free_str) char *full = realpath(from, NULL);
	struct copy c;
	struct stat st;
	int failed;

	if (guest_path(path, e) < 0)
		return -1;
	if (!full || stat(full, &st) < 0)
		return err_errno(e, errno, "%s", from);
	if (copy_begin(&c, in, e) < 0)
		return -1;
	c.base = last_component(&c.mem, S_ISDIR(st.st_mode) ? full : from);
	failed = S_ISDIR(st.st_mode) ? dir_in(&c, full, path, e) : file_in(&c, full, st.st_mode, path, e);
	return copy_end(&c, failed);
}

/* Where the copy will stand on this host, and the directory that is in. */
static void place_here(struct copy *c, const char *to, const char **dir)
{
	struct stat st;
	char *slash;

	if (!stat(to, &st) && S_ISDIR(st.st_mode))
		to = arena_fmt(&c->mem, "%s/%s", to, c->base);
	c->final = path_absolute(to, &c->mem);
	slash = strrchr(c->final, '/');
	*dir = slash == c->final ? "" : arena_strn(&c->mem, c->final, (size_t)(slash - c->final));
}

/* The fetched file gets its permissions and its name, and the name is on disk when we return. */
static int publish_here(int fd, mode_t mode, const char *temp, const char *final, struct err *e)
{
	if (fchmod(fd, mode & 0777) < 0 || fsync(fd) < 0 || rename(temp, final) < 0)
		return err_errno(e, errno, "%s", final);
	return 0;
}

static int file_out(struct copy *c, const char *source, mode_t mode, const char *dir, struct err *e)
{
	char *temp = arena_fmt(&c->mem, "%s/.berth.XXXXXX", dir);
	DEFER(close_fd) int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "%s", c->final);
	if (inside_fetch(c->in, source, fd, e) == 0 && publish_here(fd, mode, temp, c->final, e) == 0)
		return 0;
	unlink(temp);
	return -1;
}

static int unpack_here(struct copy *c, const char *archive, const char *temp, struct err *e)
{
	DEFER(close_fd) int end = -1;
	DEFER(close_fd) int pidfd = -1;
	pid_t pid = tar_start(ARGV("tar", "-xf", "-", "--no-same-owner", "--no-same-permissions", "-C", temp), true, &end, &pidfd, e);
	int failed;

	if (pid < 0)
		return -1;
	failed = inside_fetch(c->in, archive, end, e);
	close_fd(&end);
	if (tar_end(pid, pidfd, failed, e) < 0)
		return -1;
	if (rename(arena_fmt(&c->mem, "%s/%s", temp, c->base), c->final) < 0)
		return err_errno(e, errno, "%s", c->final);
	return 0;
}

static int dir_out(struct copy *c, const char *archive, const char *dir, struct err *e)
{
	char *temp = arena_fmt(&c->mem, "%s/.berth.XXXXXX", dir);
	struct err ignored = { 0 };
	int failed;

	if (file_exists(c->final))
		return err_set(e, ERR_EXISTS, "'%s' is there already", c->final);
	if (!mkdtemp(temp))
		return err_errno(e, errno, "%s", c->final);
	failed = unpack_here(c, archive, temp, e);
	tree_remove(temp, &ignored);
	return failed;
}

static int fetch_offer(struct copy *c, const char *path, const char *to, struct err *e)
{
	DEFER(str_done) struct str said = { 0 };
	const char *dir;
	char *source;
	unsigned mode;
	int at = 0;

	c->temp = arena_fmt(&c->mem, "/var/tmp/.berth.%s", c->tag);
	if (inside_do(c->in, ARGV("/bin/sh", "-c", offer, "sh", path, c->temp), &said, e) < 0)
		return -1;
	source = arena_strn(&c->mem, str_text(&said), said.n ? said.n - 1 : 0);
	place_here(c, to, &dir);
	if (sscanf(source, "dir %o %n", &mode, &at) == 1 && at)
		return dir_out(c, source + at, dir, e);
	c->temp = NULL;
	if (sscanf(source, "file %o %n", &mode, &at) == 1 && at)
		return file_out(c, source + at, mode, dir, e);
	return err_set(e, ERR_FAILED, "'%s' is no name that can be copied", path);
}

int copy_out(struct inside *in, const char *path, const char *to, struct err *e)
{
	struct copy c;
	int failed;

	if (guest_path(path, e) < 0)
		return -1;
	if (copy_begin(&c, in, e) < 0)
		return -1;
	c.base = last_component(&c.mem, path);
	failed = fetch_offer(&c, path, to, e);
	/* The archive in the guest has served its purpose either way. */
	if (!failed)
		forget(&c);
	return copy_end(&c, failed);
}
