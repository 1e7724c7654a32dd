/* SPDX-License-Identifier: ISC */
#include "app/tunnel.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "exec/exec.h"
#include "model/plan.h"
#include "sys/file.h"
#include "sys/lock.h"

static const char prefix[] = "tunnel.";

static const char *lock_of(const struct facts *f, const char *guest, int port, struct arena *a)
{
	return guest_run_file(f, guest, arena_fmt(a, "%s%d", prefix, port), a);
}

int tunnel_hold(const struct facts *f, const char *guest, int port, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	int fd = lock_take(lock_of(f, guest, port, &a), false, arena_fmt(&a, "pid %d\nberth vnc --listen\n", (int)getpid()), e);

	if (fd < 0)
		return -1;
	mark_set(fd);
	return fcntl(fd, F_SETFD, 0) < 0 ? -1 : 0;
}

void tunnels_list(const struct facts *f, const char *guest, struct tunnels *out, struct arena *a)
{
	struct words names = { 0 };
	struct err ignored = { 0 };

	dir_list(guest_run_dir(f, guest, a), &names, a, &ignored);
	for (size_t i = 0; i < names.n; i++) {
		struct tunnel t = { .port = str_starts(names.v[i], prefix) ? atoi(names.v[i] + strlen(prefix)) : 0 };
		const char *lock = lock_of(f, guest, t.port, a);
		struct stat st;

		if (!t.port || !lock_held_by(lock, &t.pid) || !t.pid || lstat(lock, &st) < 0)
			continue;
		t.uid = st.st_uid;
		t.since = st.st_mtime;
		*vec_add(&out->v, a) = t;
	}
}

int tunnel_end(const struct facts *f, const char *guest, int port, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };
	const char *lock = lock_of(f, guest, port, &p.mem);

	if (!lock_held(lock))
		return 0;
	plan_end(&p, "who leads there, and who is on the way", lock);
	return plan_execute(&p, &(struct exec){ 0 }, e) < 0 ? -1 : 1;
}
