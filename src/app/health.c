/* SPDX-License-Identifier: ISC */
/* What `berth doctor` looks at. Nothing is changed, and nothing waits for long. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "app/doctor.h"
#include "app/keep.h"
#include "app/probe.h"
#include "base/str.h"
#include "exec/exec.h"
#include "sys/file.h"

enum { ASK_MS = 5000 };

/* The number in a file of one line; 0: none. */
static int64_t number_in(const char *path)
{
	struct err ignored = { 0 };
	DEFER(free_str) char *text = file_read(path, 4096, NULL, &ignored);

	return text ? strtoll(text, NULL, 10) : 0;
}

static const char *answer_of(const char *const *argv, struct arena *a)
{
	DEFER(str_done) struct str out = { 0 };
	struct err ignored = { 0 };

	if (exec_capture(argv, ASK_MS, &out, &ignored) != 0)
		return NULL;
	return arena_strn(a, str_text(&out), strcspn(str_text(&out), "\n"));
}

/* May who guests run as pass this directory? Access lists are not asked: then a start says so. */
static bool passes(const struct facts *f, const struct stat *st)
{
	mode_t bit = st->st_uid == f->run_uid ? S_IXUSR : st->st_gid == f->run_gid ? S_IXGRP : S_IXOTH;

	return !f->run_uid || st->st_mode & bit;
}

/* The first directory on the way to path, itself included, that they cannot pass. */
static const char *closed_above(const struct facts *f, const char *path, struct arena *a)
{
	char *dir = arena_str(a, path);
	struct stat st;

	for (char *slash = strchr(dir + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = 0;
		if (stat(dir, &st) < 0)
			return NULL;
		if (!passes(f, &st))
			return dir;
		if (!slash)
			return NULL;
		*slash = '/';
	}
}

static void look_at(struct dir_seen *p, const char *what, const char *path, struct facts *f)
{
	char *near = arena_str(&f->mem, path), *slash;
	struct statvfs fs;
	struct stat st;

	*p = (struct dir_seen){ .what = what, .path = path, .there = !stat(path, &st) };
	p->anybody = p->there && st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX);
	p->closed = closed_above(f, path, &f->mem);
	while (access(near, F_OK) && errno == ENOENT && (slash = strrchr(near, '/')) && slash != near)
		*slash = 0;
	if (stat(near, &st) < 0 || (!S_ISDIR(st.st_mode) && (errno = ENOTDIR)) || access(near, W_OK | X_OK) < 0)
		p->error = arena_fmt(&f->mem, "%s: %s", near, strerror(errno));
	if (statvfs(near, &fs) < 0)
		return;
	p->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	p->free_inodes = fs.f_favail;
	p->inodes = fs.f_files;
}

static void look_at_clocks(struct health *h)
{
	struct stat self;

	h->now = time(NULL);
	h->built = !stat("/proc/self/exe", &self) ? self.st_mtim.tv_sec : 0;
	h->rtc = number_in("/sys/class/rtc/rtc0/since_epoch");
}

/* "-P FORWARD DROP" → "DROP"; only root may ask. */
static void look_at_firewall(struct health *h, struct facts *f)
{
	const char *said = f->uid ? NULL : answer_of(ARGV("iptables", "-S", "FORWARD"), &f->mem);

	h->forward_policy = said && str_starts(said, "-P FORWARD ") ? said + strlen("-P FORWARD ") : NULL;
	h->docker = file_exists("/sys/class/net/docker0");
	h->firewalld = file_exists("/run/firewalld");
	h->bridge_filter = number_in("/proc/sys/net/bridge/bridge-nf-call-iptables") == 1;
}

static void look_at_keepers(struct health *h, struct facts *f)
{
	struct words names = { 0 };
	struct err ignored = { 0 };

	target_names(f, &names, &f->mem, &ignored);
	for (size_t i = 0; i < names.n; i++)
		if (str_eq(keep_note(f, names.v[i], probe_state(f, names.v[i])), KEEP_LOST))
			words_add(&h->unkept, &f->mem, names.v[i]);
}

void health_probe(struct health *h, struct facts *f)
{
	const char *lxc = facts_tool(f, "lxc-start");
	struct rlimit files = { 0 };

	*h = (struct health){ .f = f };
	look_at(&h->places[0], "guests", f->data_dir, f);
	look_at(&h->places[1], "cache", f->cache_dir, f);
	look_at(&h->places[2], "sockets", f->run_dir, f);
	h->lxc_version = lxc ? answer_of(ARGV(lxc, "--version"), &f->mem) : NULL;
	h->open_files = !getrlimit(RLIMIT_NOFILE, &files) ? files.rlim_cur : 0;
	h->inotify_instances = (uint64_t)number_in("/proc/sys/fs/inotify/max_user_instances");
	look_at_clocks(h);
	look_at_firewall(h, f);
	look_at_keepers(h, f);
}
