/* SPDX-License-Identifier: ISC */
/*
 * Every QEMU of this host, off the command lines that /proc has: which are ours, known
 * by the socket we have them listen on, and what the others tell of themselves. Whether
 * one of ours is paused it is asked itself; here nobody is asked, so nobody can hang.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "driver/qemu.h"
#include "text/size.h"

enum { DEFAULT_MB = 128 };      /* what QEMU takes without -m */

int qemu_survey(const struct facts *f, struct plan *p, struct err *e)
{
	plan_read(p, "which virtual machines run", "/proc/[0-9]*/cmdline");
	return 0;
}

static bool is_qemu(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;

	return str_starts(name, "qemu-system-") || !strcmp(name, "qemu-kvm") || !strcmp(name, "kvm");
}

/* The value of the last such option; "" when it is not given. */
static const char *option(const struct words *argv, const char *name)
{
	for (size_t i = argv->n; i-- > 1;) {
		const char *word = argv->v[i - 1];

		if (*word == '-' && !strcmp(word + 1 + (word[1] == '-'), name))
			return argv->v[i];
	}
	return "";
}

/*
 * One value of "web,debug-threads=on" or "guest=web,process=x", a doubled comma being
 * one of the value's own. The first may stand without its key when implied is set.
 */
static char *field(const char *list, const char *key, bool implied, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };
	size_t n = strlen(key);

	for (bool first = true; *list; first = false) {
		str_clear(&s);
		for (; *list && (*list != ',' || list[1] == ','); list++) {
			list += *list == ',';
			str_addc(&s, *list);
		}
		list += *list == ',';
		if (first && implied && !strchr(str_text(&s), '='))
			return arena_str(a, str_text(&s));
		if (str_starts(str_text(&s), key) && s.s[n] == '=')
			return arena_str(a, s.s + n + 1);
	}
	return NULL;
}

/* What anybody may call his machine is not to paint our terminal. */
static char *plain(char *name)
{
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0177)
			*c = '?';
	return name;
}

static long count(const char *smp, const char *key, bool implied, struct arena *a)
{
	const char *text = field(smp, key, implied, a);
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 && n < 1 << 16 ? n : 0;
}

static long processors(const char *smp, struct arena *a)
{
	static const char *const levels[] = { "sockets", "dies", "cores", "threads" };
	long all = count(smp, "cpus", true, a);

	if (all)
		return all;
	all = 1;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		long n = count(smp, levels[i], false, a);

		all *= n && all < 1 << 16 ? n : 1;
	}
	return all;
}

/* Of one device: "virtio-net-pci,mac=52:54:00:01:02:03", "nic,macaddr=...", or libvirt's {"driver":...,"mac":"..."}. */
static const char *mac(const char *device, struct arena *a)
{
	static const char json[] = "\"mac\":\"";
	const char *at = *device == '{' ? strstr(device, json) : NULL, *given;

	if (at)
		return arena_strn(a, at + strlen(json), strcspn(at + strlen(json), "\""));
	given = field(device, "mac", false, a);
	return given ? given : field(device, "macaddr", false, a);
}

static const char *first_mac(const struct words *argv, struct arena *a)
{
	for (size_t i = 1; i < argv->n; i++) {
		const char *word = argv->v[i - 1], *found = NULL;

		if (!strcmp(word, "-device") || !strcmp(word, "-nic") || !strcmp(word, "-net"))
			found = mac(argv->v[i], a);
		if (found)
			return found;
	}
	return NULL;
}

static const char *accelerator(const struct words *argv, struct arena *a)
{
	const char *accel = field(option(argv, "accel"), "accel", true, a);

	if (!accel)
		accel = field(option(argv, "machine"), "accel", false, a);
	return accel ? accel : words_has(argv, "-enable-kvm") ? "kvm" : "tcg";
}

const char *qemu_tell(const struct words *argv, enum told what, struct arena *a)
{
	const char *text = NULL;

	switch (what) {
	case TOLD_UUID:
		text = option(argv, "uuid");
		break;
	case TOLD_MAC:
		text = first_mac(argv, a);
		break;
	case TOLD_ACCEL:
		text = accelerator(argv, a);
		break;
	case TOLD_SCREEN:
		text = field(option(argv, "vnc"), "vnc", true, a);
		break;
	}
	return text && *text ? text : NULL;
}

static void see_alien(const struct words *argv, int pid, struct roster *r)
{
	struct arena *a = &r->mem;
	const char *ram = field(option(argv, "m"), "size", true, a);
	char *name = field(option(argv, "name"), "guest", true, a);
	struct sighting *s = vec_add(&r->guests, a);

	*s = (struct sighting){ .driver = "qemu", .state = STATE_RUNNING, .alien = true, .pid = pid,
				.ram = (uint64_t)DEFAULT_MB << 20, .cpus = processors(option(argv, "smp"), a) };
	s->name = name && *name ? plain(name) : arena_fmt(a, "qemu-%d", pid);
	if (ram)
		size_parse(ram, 1 << 20, &s->ram);
}

/* Our guest that listens below dir, "path=RUN/", with that command line; NULL: none of ours. */
static char *our_name(const char *line, const char *dir, struct arena *a)
{
	const char *at = strstr(line, dir), *end;

	if (!at)
		return NULL;
	at += strlen(dir);
	end = at + strcspn(at, "/,\037");
	return str_starts(end, "/qmp.sock") ? arena_strn(a, at, (size_t)(end - at)) : NULL;
}

/* "PATH WORD\037WORD\037" */
static void process(char *line, const char *dir, struct roster *r)
{
	char *rest = strchr(line, ' '), *name, *save = NULL;
	struct words argv = { 0 };
	int pid = atoi(line + strlen("/proc/"));
	size_t n;

	if (!rest)
		return;
	n = strcspn(++rest, "\037");
	if (!is_qemu(arena_strn(&r->mem, rest, n)))
		return;
	name = our_name(rest, dir, &r->mem);
	if (name) {
		*vec_add(&r->guests, &r->mem) = (struct sighting){ .name = name, .driver = "qemu", .state = STATE_RUNNING,
								   .pid = pid };
		return;
	}
	for (char *w = strtok_r(rest, "\037", &save); w; w = strtok_r(NULL, "\037", &save))
		words_add(&argv, &r->mem, w);
	see_alien(&argv, pid, r);
}

int qemu_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e)
{
	char *save = NULL, *text, *dir;

	if (!n)
		return 0;
	dir = arena_fmt(&out->mem, "path=%s/", qemu_value(f->run_dir, &out->mem));
	text = arena_str(&out->mem, replies[0].text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		process(line, dir, out);
	return 0;
}
