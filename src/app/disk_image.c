/* SPDX-License-Identifier: ISC */
#include "app/disk_image.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

/* What begins as one of these is an image that only its own driver may open. */
static const char *const unknown[] = { "KDMV", "COWD", "<<< ", "conectix", "vhdxfile", "QED", "LUKS\xba\xbe", "WithoutFreeSpace" };

static const char qcow[] = "QFI\xfb";

enum { QCOW_SIZE_AT = 24, HEAD_BYTES = 32 };

int disk_image_look(const char *path, struct disk_image *out)
{
	/* A pipe of that name would be waited for. */
	DEFER(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[HEAD_BYTES] = "";
	struct stat st;
	uint64_t size;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || pread(fd, head, sizeof head, 0) < 0)
		return -1;
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		if (!memcmp(head, unknown[i], strlen(unknown[i])))
			return -1;
	*out = (struct disk_image){ .format = "raw", .size = (uint64_t)st.st_size };
	if (memcmp(head, qcow, strlen(qcow)))
		return 0;
	memcpy(&size, head + QCOW_SIZE_AT, sizeof size);
	*out = (struct disk_image){ .format = "qcow2", .size = be64toh(size) };
	return st.st_size < HEAD_BYTES ? -1 : 0;
}
