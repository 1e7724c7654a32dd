/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/run.h"
#include "sys/file.h"

static bool has_owner(const struct step *s)
{
	return s->uid != (uid_t)-1 || s->gid != (gid_t)-1;
}

int do_file(struct run *r, const struct step *s, struct err *e)
{
	DEFER(str_done) struct str text = { 0 };

	if (secret_expand(r, s->text, false, &text, e) < 0)
		return -1;
	if (s->loose && !has_owner(s))
		return file_write_loose(s->path, text.s, text.n, s->mode ? s->mode : 0644, e);
	if (s->append)
		return file_append(s->path, text.s, text.n, s->mode, e);
	return file_write_as(s->path, text.s, text.n, s->mode, (struct file_owner){ s->uid, s->gid }, e);
}

int do_dir(struct run *r, const struct step *s, struct err *e)
{
	if (dir_make(s->path, s->mode ? s->mode : 0755, e) < 0)
		return -1;
	/* As install -d does it, one that was there before becomes what is asked. */
	if (has_owner(s) && (chown(s->path, s->uid, s->gid) < 0 || (s->mode && chmod(s->path, s->mode) < 0)))
		return err_errno(e, errno, "%s", s->path);
	return 0;
}

/*
 * Publication. rename(2) replaces a file, but a directory only when it is empty; a
 * full one changes places with the new one in one instant and is deleted then, so
 * at every moment one of the two is there.
 */
int do_move(struct run *r, const struct step *s, struct err *e)
{
	if (rename(s->path, s->target) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return err_errno(e, errno, "%s to %s", s->path, s->target);
	if (renameat2(AT_FDCWD, s->path, AT_FDCWD, s->target, RENAME_EXCHANGE) < 0)
		return err_errno(e, errno, "%s to %s", s->path, s->target);
	return tree_remove(s->path, e);
}

int do_remove(struct run *r, const struct step *s, struct err *e)
{
	return tree_remove(s->path, e);
}

int do_copy(struct run *r, const struct step *s, struct err *e)
{
	DEFER(close_fd) int from = open(s->path, O_RDONLY | O_CLOEXEC), to = -1;
	char buf[65536];
	ssize_t n;

	if (from < 0)
		return err_errno(e, errno, "%s", s->path);
	unlink(s->target);
	to = open(s->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return err_errno(e, errno, "%s", s->target);
	while ((n = read(from, buf, sizeof buf)) > 0)
		if (write_all(to, buf, (size_t)n) < 0)
			return err_errno(e, errno, "%s", s->target);
	if (n < 0 || fchmod(to, s->mode) < 0)
		return err_errno(e, errno, "%s to %s", s->path, s->target);
	return 0;
}

/* A new owner takes the setuid bits away: what was there comes back. */
static int shift_one(const FTSENT *f, uid_t by, struct err *e)
{
	struct stat st;

	if (f->fts_info == FTS_DP)
		return 0;
	if (f->fts_info == FTS_ERR || f->fts_info == FTS_DNR || f->fts_info == FTS_NS)
		return err_errno(e, f->fts_errno, "%s", f->fts_path);
	if (lstat(f->fts_path, &st) < 0)
		return err_errno(e, errno, "%s", f->fts_path);
	/* Under another of its names it has been raised already. */
	if (st.st_nlink > 1 && st.st_uid >= by)
		return 0;
	if (lchown(f->fts_path, st.st_uid + by, st.st_gid + by) < 0 ||
	    (st.st_mode & (S_ISUID | S_ISGID) && S_ISREG(st.st_mode) && chmod(f->fts_path, st.st_mode & 07777) < 0))
		return err_errno(e, errno, "%s", f->fts_path);
	return 0;
}

int do_shift(struct run *r, const struct step *s, struct err *e)
{
	char *const roots[] = { (char *)s->path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *f;
	int failed = 0;

	if (!tree)
		return err_errno(e, errno, "%s", s->path);
	while (!failed && (errno = 0, f = fts_read(tree)))
		failed = shift_one(f, s->uid, e);
	if (!failed && errno)
		failed = err_errno(e, errno, "%s", s->path);
	fts_close(tree);
	return failed;
}

int do_link(struct run *r, const struct step *s, struct err *e)
{
	DEFER(str_done) struct str temp = { 0 };
	int saved;

	str_fmt(&temp, "%s.%d.new", s->path, (int)getpid());
	unlink(temp.s);
	if (symlink(s->target, temp.s) == 0 && rename(temp.s, s->path) == 0)
		return 0;
	saved = errno;
	unlink(temp.s);
	return err_errno(e, saved, "%s", s->path);
}
