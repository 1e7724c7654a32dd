/* SPDX-License-Identifier: ISC */
/* How far a guest has come, by its console: recorded logs (consoles/) and short ones. */
#include "tap.h"

#include <stdlib.h>

#include "app/stage.h"
#include "base/arena.h"
#include "sys/file.h"

static struct arena mem;

/* Fed whole and byte by byte the answer is the same. */
static void check(const char *what, const char *log, size_t n, enum stage want, const char *trouble)
{
	for (size_t piece = n ? n : 1;; piece = 1) {
		struct stage_scan s = { 0 };

		for (size_t at = 0; at < n; at += piece)
			stage_feed(&s, log + at, piece < n - at ? piece : n - at);
		is(stage_word(s.stage), stage_word(want), what);
		is(str_text(&s.trouble), trouble, "trouble");
		stage_scan_done(&s);
		if (piece == 1)
			return;
	}
}

static void recorded(void)
{
	static const struct { const char *file; enum stage stage; const char *trouble; } rows[] = {
		{ "linux", STAGE_LOGIN, "" },
		{ "grub", STAGE_FIRMWARE, "" },
		{ "panic", STAGE_KERNEL, "[    2.147658] Kernel panic - not syncing: VFS: "
					 "Unable to mount root fs on unknown-block(0,0)" },
		{ "tiny", STAGE_LOGIN, "" },
		{ "nodisk", STAGE_FIRMWARE, "No bootable device." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e = { 0 };
		size_t n = 0;
		char *log = file_read(arena_fmt(&mem, "%s/tests/unit/consoles/%s.log", getenv("BERTH_SOURCE"), rows[i].file),
				      1 << 20, &n, &e);

		ok(log != NULL, "%s %s", rows[i].file, e.msg);
		if (log)
			check(rows[i].file, log, n, rows[i].stage, rows[i].trouble);
		free(log);
	}
}

static void written(void)
{
	static const struct { const char *log; enum stage stage; const char *trouble; } rows[] = {
		{ "", STAGE_NONE, "" },
		{ "\n", STAGE_FIRMWARE, "" },
		{ "[    3.141592] a quiet kernel warns\n", STAGE_KERNEL, "" },
		{ "[note] no kernel\n", STAGE_FIRMWARE, "" },
		{ "[  12.5] no kernel either\n", STAGE_FIRMWARE, "" },
		{ "Welcome to GRUB!\n", STAGE_FIRMWARE, "" },
		{ "\nWelcome to \033[1mDebian GNU/Linux 12 (bookworm)\033[0m!\n", STAGE_KERNEL, "" },
		{ "Debian GNU/Linux 12 web ttyS0\r\n\r\nweb login: ", STAGE_LOGIN, "" },
		{ "login:", STAGE_LOGIN, "" },
		{ "web login: root\r\nPassword: ", STAGE_LOGIN, "" },
		{ "Linux version 6.1\nweb login: \n[   99.000001] usb 1-1: late news\n", STAGE_LOGIN, "" },
		{ "pam_unix(login:session): opened\nsystemd-login:1\n", STAGE_FIRMWARE, "" },
		{ "web login: \r\nLinux version 6.1\r\n", STAGE_KERNEL, "" },
		{ "web login: \r\n\033c\033[?7l\033[2JSeaBIOS (version 1.16.2)\r\n", STAGE_FIRMWARE, "" },
		{ "Kernel panic - not syncing: x\nSeaBIOS (version 1.16.2)\nLinux version 6.1\nweb login: ", STAGE_LOGIN, "" },
		{ "Linux version 6.1\nALERT!  /dev/vda1 does not exist.  Dropping to a shell!\n(initramfs) ",
		  STAGE_KERNEL, "ALERT!  /dev/vda1 does not exist.  Dropping to a shell!" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(rows[i].log, rows[i].log, strlen(rows[i].log), rows[i].stage, rows[i].trouble);
}

int main(void)
{
	recorded();
	written();
	for (int s = 0; s < STAGE_COUNT; s++)
		ok(stage_find(stage_word((enum stage)s)) == s, "%s is found", stage_word((enum stage)s));
	ok(stage_find("lunch") == -1, "lunch is no stage");
	arena_done(&mem);
	return tap_done();
}
