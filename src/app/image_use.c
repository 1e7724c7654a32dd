/* SPDX-License-Identifier: ISC */
#include "app/image_use.h"

#include <fcntl.h>

#include "model/image.h"
#include "sys/file.h"
#include "sys/holder.h"
#include "sys/intr.h"

/*
 * QEMU and its tools lock single bytes of an image that is open: one for what they do
 * with it, one for what others may not do. No lock is taken here, only asked about.
 */
enum { SOMEBODY_WRITES = 101, NOBODY_MAY_WRITE = 201 };

/* One that has just ended lets go of its files one after the other. */
enum { ENDING_MS = 500, TICK_MS = 20 };

static bool is_locked(int fd, off_t byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool is_used(int fd, bool write)
{
	return is_locked(fd, SOMEBODY_WRITES) || (write && is_locked(fd, NOBODY_MAY_WRITE));
}

/* One that cannot be opened is for the plan to stumble over. */
static bool stays_used(const char *image, bool write)
{
	DEFER(close_fd) int fd = open(image, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	long until = deadline_ms(ENDING_MS);

	while (fd >= 0 && is_used(fd, write)) {
		if (!left_ms(until))
			return true;
		intr_poll(NULL, 0, TICK_MS);
	}
	return false;
}

int image_use_check(const struct target *t, bool write, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	const struct guest *g = &t->guest;

	for (size_t i = 0; i < g->disks.n && !t->elsewhere; i++) {
		const char *image = arena_fmt(&a, "%s/%s", guest_folder(&t->facts, g->name, &a), image_file(g, i, &a));

		if (stays_used(image, write))
			return holder_error(arena_fmt(&a, "disk '%s' of '%s'", g->disks.v[i].place.name, g->name), image, e);
	}
	return 0;
}
