/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "scratch.h"

static void reading(void)
{
	struct err e = { 0 };
	size_t size = 0;
	DEFER(free_str) char *text = NULL, *proc = NULL;

	ok(!file_read(at("none"), 10, NULL, &e) && e.kind == ERR_NOT_FOUND, "an absent file: %s", e.msg);
	ok(file_write(at("f"), "a\0b", 3, 0600, &e) == 0, "written: %s", e.msg);
	text = file_read(at("f"), 3, &size, &e);
	ok(text && size == 3 && !memcmp(text, "a\0b", 4), "read with its NUL and one more");
	ok(!file_read(at("f"), 2, NULL, &e) && e.kind == ERR_INVALID, "larger than allowed: %s", e.msg);
	proc = file_read("/proc/self/status", 1 << 20, &size, &e);
	ok(proc && size > 100, "a file that claims to be empty");
	ok(!file_read(scratch_dir, 10, NULL, &e), "a directory is none: %s", e.msg);
}

static void writing(void)
{
	struct words names = { 0 };
	struct err e = { 0 };

	file_write(at("w/x"), "x", 1, 0600, &e);
	ok(e.kind == ERR_NOT_FOUND, "no directory to write to: %s", e.msg);
	ok(dir_make(at("w"), 0700, &e) == 0, "made");
	umask(077);
	file_write(at("w/x"), "one", 3, 0644, &e);
	ok(mode_of(at("w/x")) == 0644, "the mode is exact, whatever the umask");
	umask(022);
	chmod(at("w/x"), 0640);
	file_write(at("w/x"), "two", 3, 0, &e);
	ok(mode_of(at("w/x")) == 0640, "0 keeps the mode");
	file_write(at("w/new"), "", 0, 0, &e);
	ok(mode_of(at("w/new")) == 0644, "or is the usual one");
	file_append(at("w/x"), "three", 5, 0600, &e);
	is(said(at("w/x")), "twothree", "appended");
	ok(dir_list(at("w"), &names, &scratch_mem, &e) == 0 && names.n == 2, "no temporary file is left");
	is(names.v[0], "new", "the names are sorted");
	mkdir(at("w/dir"), 0755);
	ok(file_write(at("w/dir"), "x", 1, 0, &e) == -1, "a directory is not replaced: %s", e.msg);
	ok(dir_list(at("w"), &names, &scratch_mem, &e) == 0 && names.n == 5, "and nothing is left of the attempt");
	ok(dir_list(at("nowhere"), &names, &scratch_mem, &e) == 0 && names.n == 5, "an absent directory is empty");
}

static void making(void)
{
	struct err e = { 0 };

	umask(077);
	ok(dir_make(at("m/a/b/"), 0750, &e) == 0, "with parents: %s", e.msg);
	ok(mode_of(at("m/a/b")) == 0750, "the last one as asked");
	ok(mode_of(at("m/a")) == 0755, "the parents for everybody to pass");
	umask(022);
	ok(dir_make(at("m/a/b"), 0700, &e) == 0 && mode_of(at("m/a/b")) == 0750, "there already is fine, and stays");
	put(at("m/file"), "x");
	ok(dir_make(at("m/file"), 0700, &e) == -1, "a file is in the way: %s", e.msg);
	ok(dir_make(at("m/file/below"), 0700, &e) == -1, "or among the parents: %s", e.msg);
}

static void removing(void)
{
	struct err e = { 0 };

	dir_make(at("r/a/b/c"), 0755, &e);
	dir_make(at("keep"), 0755, &e);
	put(at("keep/file"), "kept");
	put(at("r/a/file"), "x");
	if (symlink("../../keep", at("r/a/link")) < 0 || symlink("keep", at("r.link")) < 0 ||
	    symlink("/nowhere", at("r/a/dangling")) < 0)
		abort();
	for (int i = 0; i < 500; i++)
		put(at("r/a/b/f%d", i), "x");
	ok(tree_remove(at("r"), &e) == 0 && !file_exists(at("r")), "a tree is removed: %s", e.msg);
	ok(tree_remove(at("r.link"), &e) == 0 && !file_exists(at("r.link")), "a link is removed");
	is(said(at("keep/file")), "kept", "not what links point to");
	ok(tree_remove(at("r"), &e) == 0 && tree_remove(at("r/a"), &e) == 0, "nothing there is fine");
	ok(tree_remove(at("keep/file/x"), &e) == 0, "nor below a file");
	ok(tree_remove("/", &e) == -1 && tree_remove("/..//.", &e) == -1, "never everything: %s", e.msg);
}

/* A killed build leaves the host's directories mounted in its tree. */
static void mounted(void)
{
	struct err e = { 0 };

	if (geteuid() != 0) {
		skip("stale mounts", "only root can make them");
		return;
	}
	dir_make(at("tree/with blank/m"), 0755, &e);
	dir_make(at("treetop"), 0755, &e);
	if (mount(at("keep"), at("tree/with blank"), NULL, MS_BIND, NULL) < 0) {
		skip("stale mounts", "nothing may be mounted here");
		return;
	}
	ok(mount("none", at("treetop"), "tmpfs", 0, NULL) == 0, "a neighbour with a longer name");
	ok(file_exists(at("tree/with blank/file")), "the host's file is seen in the tree");
	ok(tree_remove(at("./tree"), &e) == 0 && !file_exists(at("tree")), "the tree is removed: %s", e.msg);
	is(said(at("keep/file")), "kept", "the host's file is not");
	ok(umount2(at("treetop"), MNT_DETACH) == 0, "nor was the neighbour detached");
}

static void paths(void)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "/a/b", "/a/b" }, { "/", "/" }, { "//a//b/", "/a/b" }, { "/a/./b/../c", "/a/c" },
		{ "/..", "/" }, { "/../../a", "/a" }, { "/a/..b/...", "/a/..b/..." }, { "/a/..", "/" },
		{ "x", "/usr/x" }, { "../x/", "/x" }, { ".", "/usr" }, { "", "/usr" },
	};

	if (chdir("/usr") < 0)
		abort();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is(path_absolute(rows[i].path, &scratch_mem), rows[i].want, rows[i].path);
}

int main(void)
{
	umask(022);
	scratch_begin();
	reading();
	writing();
	making();
	removing();
	mounted();
	paths();
	scratch_end();
	return tap_done();
}
