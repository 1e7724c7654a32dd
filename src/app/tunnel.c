/* SPDX-License-Identifier: ISC */
#include "app/tunnel.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "exec/exec.h"
#include "model/plan.h"
#include "sys/file.h"
#include "sys/lock.h"

int tunnel_hold(const struct facts *f, const char *guest, int port, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	int fd = lock_take(guest_tunnel_lock(f, guest, port, &a), false, arena_fmt(&a, "pid %d\nberth vnc --listen\n", (int)getpid()), e);

	if (fd < 0)
		return -1;
	mark_set(fd);
	return fcntl(fd, F_SETFD, 0) < 0 ? -1 : 0;
}

/* "NAME.PORT.tunnel"; 0: it is no such file of that guest. */
static int port_of(const char *file, const char *guest)
{
	const char *number = str_starts(file, guest) ? file + strlen(guest) : "";
	int port = 0, end = 0;

	return sscanf(number, ".%d.tunnel%n", &port, &end) == 1 && end && !number[end] ? port : 0;
}

void tunnels_list(const struct facts *f, const char *guest, const struct words *files, struct tunnels *out, struct arena *a)
{
	for (size_t i = 0; i < files->n; i++) {
		struct tunnel t = { .port = port_of(files->v[i], guest) };
		const char *lock = guest_tunnel_lock(f, guest, t.port, a);
		struct stat st;

		/* One that may not be opened counts as held, and is not known to be. */
		if (!t.port || access(lock, R_OK) < 0 || !lock_held_by(lock, &t.pid) || lstat(lock, &st) < 0)
			continue;
		t.since = st.st_mtime;
		*vec_add(&out->v, a) = t;
	}
}

int tunnel_end(const struct facts *f, const char *guest, int port, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };
	const char *lock = guest_tunnel_lock(f, guest, port, &p.mem);

	if (!lock_held(lock))
		return 0;
	plan_end(&p, "who leads there, and who is on the way", lock);
	if (plan_execute(&p, &(struct exec){ 0 }, e) < 0)
		return -1;
	if (lock_held(lock))
		return err_set(e, ERR_PERMISSION, "port %d leads to '%s' by a process of somebody else's", port, guest);
	unlink(lock);
	return 1;
}
