/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/str.h"
#include "front/priv.h"

/* What would be in berth's way, or is done by it. */
static const struct {
	const char *option;
	bool value;             /* it takes one */
	const char *why;        /* NULL: nothing is lost */
} ours[] = {
	{ "daemonize", false, NULL },
	{ "enable-kvm", false, NULL },
	{ "no-user-config", false, NULL },
	{ "nodefaults", false, NULL },
	{ "pidfile", true, "berth knows whether a guest runs by its lock" },
	{ "runas", true, "'run.run_as' says who a guest runs as" },
	{ "chroot", true, "guests of berth run in a sandbox" },
	{ "nographic", false, "'berth console' shows the serial line; 'console.vnc = none' takes the screen away" },
};

static const char *const path_options[] = {
	"cdrom", "hda", "hdb", "hdc", "hdd", "fda", "fdb", "kernel", "initrd", "dtb", "bios", "pflash", "sd", "mtdblock", "L", NULL
};

static const char *const path_properties[] = {
	"file", "filename", "file.filename", "path", "mem-path", NULL
};

static bool among(const char *word, size_t n, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == n && !memcmp(*list, word, n))
			return true;
	return false;
}

/* "nbd://host/x" and "json:{}" are no files of the folder. */
static bool relative(const char *path)
{
	return *path && *path != '/' && path[strcspn(path, ":/")] != ':';
}

/* A path of the folder, its commas as they are wanted where it goes. */
static void add_path(struct str *out, const char *folder, bool doubled)
{
	for (; *folder; folder++) {
		str_addc(out, *folder);
		if (doubled && *folder == ',')
			str_addc(out, ',');
	}
	str_addc(out, '/');
}

char *raw_path(const char *folder, const char *path, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	if (*path != '/')
		add_path(&s, folder, true);
	for (; *path; path++) {
		str_addc(&s, *path);
		if (*path == ',')
			str_addc(&s, ',');
	}
	return arena_str(a, str_text(&s));
}

size_t raw_property(const char *s)
{
	size_t n = 0;

	while (s[n] && !(s[n] == ',' && s[n + 1] != ','))
		n += s[n] == ',' ? 2 : 1;
	return n;
}

/* "file=a.img,if=virtio" with the paths in it made absolute. */
static char *properties(const struct at *at, const char *s)
{
	DEFER(str_done) struct str out = { 0 };

	while (*s) {
		size_t n = raw_property(s), name = strcspn(s, "=,");

		if (name < n && s[name] == '=' && among(s, name, path_properties) && relative(s + name + 1)) {
			str_addn(&out, s, name + 1);
			add_path(&out, at->t->files->folder, true);
			str_addn(&out, s + name + 1, n - name - 1);
		} else {
			str_addn(&out, s, n);
		}
		s += n;
		if (*s)
			str_addc(&out, *s++);
	}
	return arena_str(&at->t->mem, str_text(&out));
}

/* The bridge that qemu-init's own script, LIBDIR/qemud-BRIDGE, puts a device into; NULL for other scripts. */
static const char *bridge_of(const char *s, size_t n, struct arena *a)
{
	const char *path = arena_strn(a, s, n), *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	return str_starts(base, "qemud-") && base[6] ? base + 6 : NULL;
}

/*
 * "tap,id=n1,script=LIBDIR/qemud-br1": QEMU may run no scripts, its own helper puts
 * the device into the bridge instead. NULL when it is not that.
 */
static char *tap(const struct at *at, const char *s)
{
	DEFER(str_done) struct str out = { 0 };
	const char *bridge = NULL;

	str_add(&out, "bridge");
	for (s += strlen("tap"); *s == ','; ) {
		size_t n = raw_property(++s);

		if (str_starts(s, "script="))
			bridge = bridge_of(s + 7, n - 7, &at->t->mem);
		else if (str_starts(s, "id="))
			str_fmt(&out, ",%.*s", (int)n, s);
		s += n;
	}
	if (!bridge)
		return NULL;
	str_fmt(&out, ",br=%s", bridge);
	return arena_str(&at->t->mem, str_text(&out));
}

static const char *value(const struct at *at, int col, const char *option, const char *word)
{
	char *bridge;

	if (among(option, strlen(option), path_options) && relative(word)) {
		DEFER(str_done) struct str s = { 0 };

		add_path(&s, at->t->files->folder, false);
		str_add(&s, word);
		return arena_str(&at->t->mem, str_text(&s));
	}
	if (strcmp(option, "netdev") || (strcmp(word, "tap") && !str_starts(word, "tap,")))
		return properties(at, word);
	bridge = tap(at, word);
	if (bridge)
		return bridge;
	if (strstr(word, "script=") && !strstr(word, "script=no"))
		report_warning(at->s->report, at->l->line, col, "-netdev: QEMU is not allowed to run scripts; "
			       "say 'type = bridge' in hardware.eths instead");
	return properties(at, word);
}

/* How many words of it are left out; 0: none. */
static size_t leave_out(const struct at *at, int col, const char *option, bool more)
{
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		if (strcmp(ours[i].option, option))
			continue;
		if (ours[i].why)
			report_warning(at->s->report, at->l->line, col, "-%s is left out: %s", option, ours[i].why);
		return ours[i].value && more ? 2 : 1;
	}
	return 0;
}

void raw_options(const struct at *at, int col, const struct words *words)
{
	struct words *args = &at->t->args;
	const char *option = "";

	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i];
		size_t skip;

		if (*word != '-' || !word[1]) {
			words_add(args, &at->t->mem, value(at, col, option, word));
			if (i && *words->v[i - 1] == '-')
				drive_add(at, words->v[i - 1], option);
			continue;
		}
		option = word + (word[1] == '-' ? 2 : 1);
		skip = leave_out(at, col, option, i + 1 < words->n);
		if (skip)
			i += skip - 1;
		else
			words_add(args, &at->t->mem, word);
	}
}
