/* SPDX-License-Identifier: ISC */
/* CREATE as calls of berth: how a guest is started, then where its console is. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"
#include "text/rc.h"

/* What a guest boots from or is installed on, with the word that --boot has for it. */
static const struct {
	const char *ctys, *berth;
	bool disk;
} media[] = {
	{ "CD", "cd", false }, { "DVD", "dvd", false }, { "ISO", "cd", false }, { "FDD", "fdd", false }, { "HDD", "hdd", true },
	{ "VHDD", "hdd", true }, { "USB", "usb", true }, { "PXE", "pxe", false }, { "DEFAULT", "cd", true },
};

enum { NMEDIA = sizeof media / sizeof *media };

static size_t medium_find(const char *word)
{
	size_t i = 0;

	while (i < NMEDIA && strcasecmp(media[i].ctys, word) != 0)
		i++;
	return i;
}

static bool is_disk(const char *word)
{
	size_t i = medium_find(word);

	return i < NMEDIA && media[i].disk;
}

/* What stands for "as the guest's own file says". */
static const char *said(const char *part)
{
	return part && *part && strcasecmp(part, "default") != 0 && strcasecmp(part, "none") != 0 ? part : NULL;
}

/* --boot cd:FILE */
static int add_source(struct ctys_way *w, struct words *c, const char *option, const char *mode, const char *path)
{
	size_t i = medium_find(mode);

	if (i == NMEDIA)
		return ctys_unsupported(w, arena_fmt(w->mem, "%s boots nothing here", mode));
	path = said(path);
	words_add(c, w->mem, option);
	words_add(c, w->mem, path ? arena_fmt(w->mem, "%s:%s", media[i].berth, ctys_homely(w, path)) : media[i].berth);
	return 0;
}

/* The next part of a value, which ends at a '%'. */
static const char *part(const char **s, struct arena *a)
{
	size_t n = strcspn(*s, "%");
	const char *p = arena_strn(a, *s, n);

	*s += n + ((*s)[n] == '%');
	return p;
}

static int add_boot(struct ctys_way *w, struct words *c)
{
	const char *s = ctys_value(w->q, "BOOTMODE"), *mode, *path;

	if (!s)
		return 0;
	mode = part(&s, w->mem);
	path = ctys_plain(s, w->mem);
	if (!strcasecmp(mode, "DEFAULT"))
		return 0;
	if (!strcasecmp(mode, "INSTALL"))
		return add_source(w, c, "--install", "CD", path);
	if (!strcasecmp(mode, "KERNEL"))
		return ctys_sub(w->q, "KERNEL") ? 0 : ctys_unsupported(w, "BOOTMODE:KERNEL: it is not said which (KERNEL:FILE)");
	return add_source(w, c, "--boot", mode, path);
}

/* SOURCE-MEDIUM%SOURCE%TARGET-MEDIUM%TARGET%STAGE. Who says INIT has said that the target is erased. */
static int add_install(struct ctys_way *w, struct words *c)
{
	const char *s = ctys_value(w->q, "INSTMODE"), *mode, *source, *on, *target;

	if (!s)
		return 0;
	if (!*s)
		return add_source(w, c, "--install", "CD", NULL);
	mode = part(&s, w->mem);
	source = part(&s, w->mem);
	on = part(&s, w->mem);
	target = said(part(&s, w->mem));
	if (add_source(w, c, "--install", mode, source) < 0)
		return -1;
	if (!is_disk(on))
		return ctys_unsupported(w, arena_fmt(w->mem, "INSTMODE: %s is nothing to install on (HDD, USB)", on));
	if (target)
		words_extend(c, w->mem, CTYS_WORDS("--target", target));
	if (!strcasecmp(s, "INIT"))
		words_extend(c, w->mem, CTYS_WORDS("--stage", "init", "--yes"));
	return 0;
}

static void add_kernel(struct ctys_way *w, struct words *c)
{
	const char *kernel = said(ctys_value(w->q, "KERNEL")), *initrd = said(ctys_value(w->q, "INITRD"));
	const char *append = said(ctys_value(w->q, "APPEND"));

	if (kernel)
		words_extend(c, w->mem, CTYS_WORDS("--kernel", ctys_homely(w, ctys_plain(kernel, w->mem))));
	if (initrd)
		words_extend(c, w->mem, CTYS_WORDS("--initrd", ctys_homely(w, ctys_plain(initrd, w->mem))));
	if (append)
		words_extend(c, w->mem, CTYS_WORDS("--append", ctys_plain(append, w->mem)));
}

static int add_words(struct ctys_way *w, struct words *c, const char *key, const char *text)
{
	struct words args = { 0 };
	const char *wrong = rc_words(text, &args, w->mem);

	if (wrong)
		return err_set(w->e, ERR_USAGE, "%s %s", key, wrong);
	for (size_t i = 0; i < args.n; i++)
		words_extend(c, w->mem, CTYS_WORDS("--args", args.v[i]));
	return 0;
}

/* ARGSADD:S%ARGUMENTS, of which the letter says whom they are for; and CALLOPTS:ARGUMENTS. */
static int add_arguments(struct ctys_way *w, struct words *c)
{
	const char *s = ctys_value(w->q, "ARGSADD"), *more = ctys_value(w->q, "CALLOPTS"), *whom;

	if (more && add_words(w, c, "CALLOPTS", ctys_plain(more, w->mem)) < 0)
		return -1;
	if (!s)
		return 0;
	whom = part(&s, w->mem);
	if (strcasecmp(whom, "S") != 0)
		return ctys_unsupported(w, arena_fmt(w->mem, "ARGSADD:%s: arguments are for the server (S%%...)", whom));
	return add_words(w, c, "ARGSADD", ctys_plain(s, w->mem));
}

/* PING and SSHPING: "off", "on", "N%S", so many times, so many seconds apart. 0: not asked for. */
static int seconds(const char *value)
{
	enum { USUAL = 40 };
	int n, s;

	if (!value || !strcasecmp(value, "off"))
		return 0;
	if (!strcasecmp(value, "on"))
		return USUAL;
	n = atoi(value);
	s = strchr(value, '%') ? atoi(strchr(value, '%') + 1) : 2;
	return n > 0 && n < 10000 && s > 0 && s < 10000 ? n * s : USUAL;
}

static void add_wait(struct ctys_way *w, struct words *c, bool attaches)
{
	int ssh = seconds(ctys_value(w->q, "SSHPING")), ping = seconds(ctys_value(w->q, "PING"));
	const char *stage = ssh ? "ssh" : ping ? "network" : attaches ? NULL : "process";

	if (!stage)
		return;
	words_extend(c, w->mem, CTYS_WORDS("--wait", stage));
	if (ssh || ping)
		words_extend(c, w->mem, CTYS_WORDS("--timeout", arena_fmt(w->mem, "%d", ssh ? ssh : ping)));
}

/* Words of other types of sessions, and what needs no waiting and checking here. */
static int check_create(struct ctys_way *w)
{
	static const char *const missing[] = { "BULK", "CMD", "SHELL" };
	static const char *const ignored[] = {
		"WAITS", "WAITC", "STACKCHECK", "USER", "XOPTS", "STUBMODE", "CHDIR", "TITLEKEY", "NOTITLE", "DH", "SH", "WM",
		"VNCDESKIDLIST", "VNCBASE", "VNCPORT", "RDPPORT", "INSECURE", "WOL", "IF", "BROADCAST", "PORT", "BMAC",
	};

	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (ctys_sub(w->q, missing[i]))
			return ctys_unsupported(w, arena_fmt(w->mem, "%s is for sessions of other types than a guest's", missing[i]));
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		if (ctys_sub(w->q, ignored[i]))
			ctys_note(w, arena_fmt(w->mem, "%s is not needed, and passed over", ignored[i]));
	if (!w->q->addresses.n)
		return err_set(w->e, ERR_USAGE, "create: it is not said which guest (l:LABEL, or another address)");
	return 0;
}

/* Where a console is shown. */
static const struct {
	const char *console, *words[3];
} consoles[] = {
	{ "CLI",     { "console" } },
	{ "CLI0",    { "console", "--coupled" } },
	{ "XTERM",   { "console", "--in", "xterm" } },
	{ "GTERM",   { "console", "--in", "gnome-terminal" } },
	{ "EMACS",   { "console", "--in", "emacs-shell" } },
	{ "EMACSA",  { "console", "--in", "emacs" } },
	{ "EMACSM",  { "console", "--in", "emacs-shell-split" } },
	{ "EMACSAM", { "console", "--in", "emacs-split" } },
	{ "VNC",     { "vnc" } },
};

static int console(struct ctys_way *w, const char *kind)
{
	if (!strcasecmp(kind, "NONE"))
		return 0;
	for (size_t i = 0; i < sizeof consoles / sizeof *consoles; i++) {
		struct words *c;

		if (strcasecmp(consoles[i].console, kind) != 0)
			continue;
		c = vec_add(&w->out->v, w->mem);
		for (size_t k = 0; k < 3 && consoles[i].words[k]; k++)
			words_add(c, w->mem, consoles[i].words[k]);
		ctys_guests(w, c);
		return 0;
	}
	return ctys_unsupported(w, arena_fmt(w->mem, "CONSOLE:%s: berth has no such console (CLI, XTERM, GTERM, EMACS, VNC, NONE)", kind));
}

static int add_how(struct ctys_way *w, struct words *c)
{
	if (add_boot(w, c) < 0 || add_install(w, c) < 0 || add_arguments(w, c) < 0)
		return -1;
	add_kernel(w, c);
	return 0;
}

static const char *mode(const struct ctys_request *q)
{
	return ctys_sub(q, "CONNECT") ? "--connect" : ctys_sub(q, "RECONNECT") ? "--reconnect" : ctys_sub(q, "RESUME") ? "--resume" :
	       ctys_sub(q, "REUSE") ? "--reuse" : "--start";
}

int ctys_create(struct ctys_way *w)
{
	const struct ctys_request *q = w->q;
	const char *kind = ctys_value(q, "CONSOLE"), *resume = ctys_value(q, "RESUME"), *how = mode(q);
	bool attaches = ctys_sub(q, "CONNECT") || ctys_sub(q, "RECONNECT");
	struct words *c;

	if (check_create(w) < 0)
		return -1;
	if (resume && *resume)
		return ctys_unsupported(w, "RESUME with a file: berth keeps saved memory in the guest's own folder (RESUME alone)");
	c = ctys_call(w, CTYS_WORDS("up", how));
	if (attaches)
		words_extend(c, w->mem, CTYS_WORDS("--console", "none"));
	if (ctys_option(q, 'X'))
		words_add(c, w->mem, "--quiet");
	if (add_how(w, c) < 0)
		return -1;
	add_wait(w, c, attaches);
	ctys_guests(w, c);
	return kind || attaches ? console(w, kind ? kind : "CLI") : 0;
}
