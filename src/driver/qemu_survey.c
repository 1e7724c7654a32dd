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

/* Is the word that ends at end a name of QEMU, maybe with directories in front? */
static bool is_qemu(const char *word, const char *end)
{
	static const char *const others[] = { "qemu-kvm", "kvm" };
	const char *slash = memrchr(word, '/', (size_t)(end - word)), *name = slash ? slash + 1 : word;
	size_t n = (size_t)(end - name);

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (n == strlen(others[i]) && !memcmp(name, others[i], n))
			return true;
	return str_starts(name, "qemu-system-");
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
static char *our_name(const char *line, const char *end, const char *dir, struct arena *a)
{
	size_t n = strlen(dir);
	const char *at = memmem(line, (size_t)(end - line), dir, n), *name;

	if (!at)
		return NULL;
	name = at + n;
	at = name + strcspn(name, "/,\037\n");
	return str_starts(at, "/qmp.sock") ? arena_strn(a, name, (size_t)(at - name)) : NULL;
}

static struct words words_of(const char *line, const char *end, struct arena *a)
{
	char *save = NULL, *text = arena_strn(a, line, (size_t)(end - line));
	struct words argv = { 0 };

	for (char *w = strtok_r(text, "\037", &save); w; w = strtok_r(NULL, "\037", &save))
		words_add(&argv, a, w);
	return argv;
}

/* "PATH WORD\037WORD\037", up to end. Most are no QEMU, and most of those are ours: nothing is copied to see that. */
static void process(const char *line, const char *end, const char *dir, struct roster *r)
{
	int pid = atoi(line + strlen("/proc/"));
	const char *word = memchr(line, ' ', (size_t)(end - line));
	struct words argv;
	char *name;

	if (!word || !is_qemu(word + 1, word + 1 + strcspn(word + 1, "\037\n")))
		return;
	name = our_name(word, end, dir, &r->mem);
	if (name) {
		*vec_add(&r->guests, &r->mem) = (struct sighting){ .name = name, .driver = "qemu", .state = STATE_RUNNING,
								   .pid = pid };
		return;
	}
	argv = words_of(word + 1, end, &r->mem);
	see_alien(&argv, pid, r);
}

int qemu_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e)
{
	const char *dir = arena_fmt(&out->mem, "path=%s/", qemu_value(f->run_dir, &out->mem));

	for (const char *line = n ? replies[0].text : "", *end; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		process(line, end, dir, out);
	}
	return 0;
}
