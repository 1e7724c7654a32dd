/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include "scratch.h"
#include "sys/passage.h"

static const char *where(const char *path, bool *at_file)
{
	struct passage p = { 0 };
	struct err e = { 0 };

	if (passage_check(path, 65534, 65534, &p, &scratch_mem, &e) < 0)
		return arena_str(&scratch_mem, e.msg);
	*at_file = p.at_file;
	return p.where ? p.where : "nothing";
}

static void ways(void)
{
	bool at_file = true;

	chmod(scratch_dir, 0755);
	mkdir(at("a"), 0755);
	mkdir(at("a/b"), 0700);
	mkdir(at("a/b/c"), 0755);
	put(at("a/open"), "");
	put(at("a/closed"), "");
	put(at("a/b/c/inside"), "");
	chmod(at("a/closed"), 0600);
	ok(symlink(at("a/b/c/inside"), at("a/link")) == 0, "a link");
	is(where(at("a/open"), &at_file), "nothing", "a way that is open");
	is(where(at("a/b/c/inside"), &at_file), at("a/b"), "the first directory that is not");
	ok(!at_file, "a directory");
	is(where(at("a/link"), &at_file), at("a/b"), "the same behind a link");
	is(where(at("a/closed"), &at_file), at("a/closed"), "a file of others");
	ok(at_file, "the file itself");
	is(where(at("a/none/at/all"), &at_file), "nothing", "what is not there is not in the way");
	is(where(at("a/b/none"), &at_file), at("a/b"), "but what is before it is");
}

int main(void)
{
	if (getuid()) {
		skip("ways of others", "only root can ask as another user");
		return tap_done();
	}
	scratch_begin();
	ways();
	scratch_end();
	return tap_done();
}
