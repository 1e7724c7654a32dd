/* SPDX-License-Identifier: ISC */
#include "app/qcow2.h"

#include <endian.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "text/quote.h"

struct header {
	char magic[4];
	uint32_t version;
	uint64_t base_at;
	uint32_t base_size;
	uint32_t cluster_bits;
	uint64_t size;
};

enum { BASE_MAX = 1023 };

static bool is_qcow2(const struct header *h, ssize_t n)
{
	return n == (ssize_t)sizeof *h && !memcmp(h->magic, "QFI\xfb", sizeof h->magic);
}

/* -1: it is none, or cannot be read. */
static int open_qcow2(const char *file, struct header *h)
{
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && !is_qcow2(h, read(fd, h, sizeof *h)))
		close_fd(&fd);
	return fd;
}

/* The base as it is named; "" when there is none. */
static void read_base(const char *file, char base[BASE_MAX + 1])
{
	struct header h;
	DEFER(close_fd) int fd = open_qcow2(file, &h);
	uint32_t n = fd < 0 ? 0 : be32toh(h.base_size);
	ssize_t got = n && n <= BASE_MAX ? pread(fd, base, n, (off_t)be64toh(h.base_at)) : 0;

	base[got > 0 ? got : 0] = 0;
}

int qcow2_base_check(const char *file, struct err *e)
{
	char base[BASE_MAX + 1];
	DEFER(arena_done) struct arena a = { 0 };
	DEFER(close_fd) int fd = -1;
	struct header h;
	const char *full;

	read_base(file, base);
	/* "nbd://..." has a protocol; a path has its first slash before any colon. */
	if (!*base || *base == '/' || base[strcspn(base, ":/")] == ':')
		return 0;
	full = arena_fmt(&a, "%.*s/%s", (int)(strrchr(file, '/') - file), file, base);
	fd = open_qcow2(full, &h);
	return err_set(e, ERR_UNSUPPORTED, "%s: its base '%s' would be looked for in the guest's folder (qemu-img rebase -u -F %s -b %s %s)",
		       file, base, fd < 0 ? "raw" : "qcow2", quote_word(full, &a), quote_word(file, &a));
}

/* Is it an image of another kind, which only its own driver may open? */
static bool is_foreign(const struct header *h)
{
	static const char *const kinds[] = { "KDMV", "COWD", "<<< ", "conectix", "vhdxfile", "QED", "LUKS\xba\xbe", "WithoutFreeSpace" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!memcmp(h, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

int image_look(const char *file, struct image_head *out)
{
	DEFER(close_fd) int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct header h = { 0 };
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (n = pread(fd, &h, sizeof h, 0)) < 0 || is_foreign(&h))
		return -1;
	*out = is_qcow2(&h, n) ? (struct image_head){ "qcow2", be64toh(h.size) } : (struct image_head){ "raw", (uint64_t)st.st_size };
	return 0;
}
