/* SPDX-License-Identifier: ISC */
#include "app/stage.h"

#include <string.h>

static const char *const words[] = {
#define X(id, word, meaning) [STAGE_##id] = word,
	STAGES(X)
#undef X
};

const char *stage_word(enum stage s)
{
	return words[s];
}

int stage_find(const char *word)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

enum sign {
	BEGINS,         /* the stage begins (again): whatever was reached before is past */
	PROVES,         /* it has been reached */
	FAILS,          /* no further from here without help */
};

/* Of several that fit a line the first counts. */
static const struct { enum sign sign; enum stage stage; const char *text; } signs[] = {
	{ BEGINS, STAGE_FIRMWARE, "SeaBIOS (version" },
	{ BEGINS, STAGE_FIRMWARE, "UEFI firmware (version" },
	{ BEGINS, STAGE_FIRMWARE, "BdsDxe: starting Boot" },
	{ FAILS,  STAGE_FIRMWARE, "No bootable device" },
	{ FAILS,  STAGE_FIRMWARE, "BdsDxe: No bootable option" },
	{ FAILS,  STAGE_FIRMWARE, "grub rescue>" },
	{ PROVES, STAGE_FIRMWARE, "Welcome to GRUB" },
	{ BEGINS, STAGE_KERNEL,   "Linux version " },
	{ BEGINS, STAGE_KERNEL,   "[    0.000000]" },
	{ BEGINS, STAGE_KERNEL,   "Booting Linux on physical CPU" },
	{ BEGINS, STAGE_KERNEL,   "---<<BOOT>>---" },
	{ PROVES, STAGE_KERNEL,   "Copyright (c) 1992-" },
	{ PROVES, STAGE_KERNEL,   "Copyright (c) 1995-" },
	{ PROVES, STAGE_KERNEL,   "Copyright (c) 1996, 1997" },
	{ FAILS,  STAGE_KERNEL,   "Kernel panic - not syncing" },
	{ FAILS,  STAGE_KERNEL,   "Dropping to a shell!" },
	{ FAILS,  STAGE_KERNEL,   "You are in emergency mode" },
	{ PROVES, STAGE_KERNEL,   "Welcome to " },
	{ PROVES, STAGE_KERNEL,   "INIT: version" },
};

/* "[    1.234567] …", what a quiet kernel prints when it has something to say. */
static bool kernel_time(const char *line)
{
	const char *at = line + 1 + strspn(line + (*line != 0), " ");
	size_t seconds, fraction;

	if (*line != '[')
		return false;
	seconds = strspn(at, "0123456789");
	if (!seconds || at[seconds] != '.')
		return false;
	fraction = strspn(at + seconds + 1, "0123456789");
	return fraction == 6 && at[seconds + 7] == ']';
}

/* "web login:", also when somebody has typed a name behind it. */
static bool login_prompt(const char *line)
{
	for (const char *at = line; (at = strstr(at, "login:")); at++)
		if ((at == line || at[-1] == ' ') && (!at[6] || at[6] == ' '))
			return true;
	return false;
}

static void reach(struct stage_scan *s, enum stage stage)
{
	if (s->stage < stage)
		s->stage = stage;
}

static void apply(struct stage_scan *s, enum sign sign, enum stage stage, const char *line)
{
	switch (sign) {
	case BEGINS:
		s->stage = stage;
		str_clear(&s->trouble);
		break;
	case PROVES:
		reach(s, stage);
		break;
	case FAILS:
		reach(s, stage);
		if (!s->trouble.n)
			str_add(&s->trouble, line);
		break;
	}
}

static void look_at(struct stage_scan *s, const char *line)
{
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (strstr(line, signs[i].text)) {
			apply(s, signs[i].sign, signs[i].stage, line);
			return;
		}
	if (kernel_time(line))
		reach(s, STAGE_KERNEL);
	if (login_prompt(line))
		reach(s, STAGE_LOGIN);
}

void stage_feed(struct stage_scan *s, const char *bytes, size_t n)
{
	if (n)
		reach(s, STAGE_FIRMWARE);
	for (size_t i = 0; i < n; i++)
		if (plain_byte(&s->plain, bytes[i])) {
			look_at(s, str_text(&s->plain.line));
			str_clear(&s->plain.line);
		}
	/* A prompt has no newline; of anything else the beginning could mislead. */
	if (login_prompt(str_text(&s->plain.line)))
		reach(s, STAGE_LOGIN);
}

void stage_scan_done(struct stage_scan *s)
{
	plain_done(&s->plain);
	str_done(&s->trouble);
}
