/* SPDX-License-Identifier: ISC */
/* Requests as calls of berth. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"

struct words *ctys_call(struct ctys_way *w, const char *const *words)
{
	struct words *c = vec_add(&w->out->v, w->mem);

	words_extend(c, w->mem, words);
	return c;
}

void ctys_note(struct ctys_way *w, const char *text)
{
	words_add(&w->out->notes, w->mem, text);
}

int ctys_unsupported(struct ctys_way *w, const char *what)
{
	return err_set(w->e, ERR_UNSUPPORTED, "%s", what);
}

bool ctys_is_here(const struct ctys_request *q, const struct ctys_here *h)
{
	bool host = !strcasecmp(q->host, "localhost") || !strcmp(q->host, "127.0.0.1") || (h->host && !strcasecmp(q->host, h->host));

	return host && (!q->user || (h->user && !strcmp(q->user, h->user)));
}

const char *ctys_homely(struct ctys_way *w, const char *path)
{
	static const char *const marks[] = { "$HOME/", "${HOME}/", "~/" };

	for (size_t i = 0; w->here->home && i < sizeof marks / sizeof *marks; i++)
		if (str_starts(path, marks[i]))
			return arena_fmt(w->mem, "%s/%s", w->here->home, path + strlen(marks[i]));
	return path;
}

/* "id:~/vm/web.conf" as "id:/home/ann/vm/web.conf" */
static const char *at_home(struct ctys_way *w, const char *address)
{
	size_t key = strcspn(address, ":");

	return address[key] ? arena_fmt(w->mem, "%.*s:%s", (int)key, address, ctys_homely(w, address + key + 1)) : address;
}

const char *ctys_value(const struct ctys_request *q, const char *key)
{
	const struct ctys_sub *s = ctys_sub(q, key);

	return s ? s->value ? s->value : "" : NULL;
}

/* -c: off asks no inventory, only asks nobody else. */
static const char *steps(const struct ctys_request *q)
{
	const char *cache = ctys_option(q, 'c');

	if (!cache)
		return NULL;
	return !strcasecmp(cache, "off") ? "path,guests,scan" : strcasestr(cache, "only") ? "path,guests,inventory" : NULL;
}

void ctys_guests(struct ctys_way *w, struct words *c)
{
	if (steps(w->q))
		words_extend(c, w->mem, CTYS_WORDS("--resolve", steps(w->q)));
	for (size_t i = 0; i < w->q->addresses.n; i++)
		words_add(c, w->mem, at_home(w, w->q->addresses.v[i]));
}

/* How the rows are printed. */
static void add_form(struct ctys_way *w, struct words *c)
{
	const struct ctys_request *q = w->q;
	const char *titles = ctys_sub(q, "TITLEIDXASC") ? "letters" : ctys_sub(q, "TITLEIDX") ? "numbers" : NULL;

	if (ctys_sub(q, "MACHINE") || ctys_sub(q, "TERSE") || ctys_sub(q, "MAXKEY") || ctys_sub(q, "REC_GEN"))
		words_add(c, w->mem, "--records");
	else if (ctys_sub(q, "XML_GEN"))
		words_add(c, w->mem, "--xml");
	else if (ctys_sub(q, "SPEC_GEN"))
		words_add(c, w->mem, "--lines");
	if (titles)
		words_extend(c, w->mem, CTYS_WORDS("--titles", titles));
	else if (words_has(c, "--records") && !ctys_sub(q, "TITLE"))
		words_add(c, w->mem, "--no-titles");
}

/* In what order, and with names for addresses. */
static void add_order(struct ctys_way *w, struct words *c)
{
	bool unique = false;
	const char *sort = ctys_sort(w->q, &unique, w->mem);

	if (ctys_sub(w->q, "DNS"))
		words_add(c, w->mem, "--names");
	if (sort)
		words_extend(c, w->mem, CTYS_WORDS("--sort", sort));
	if (sort && unique)
		words_extend(c, w->mem, CTYS_WORDS("--unique", sort + (*sort == '-')));
}

/* Types of sessions that berth has drivers for. */
static const struct { const char *type, *driver; } drivers[] = {
	{ "QEMU", "qemu" }, { "KVM", "qemu" }, { "LXC", "lxc" }, { "OVZ", "openvz" },
};

static const char *driver_of(const char *type, size_t n)
{
	for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
		if (strlen(drivers[i].type) == n && !strncasecmp(drivers[i].type, type, n))
			return drivers[i].driver;
	return NULL;
}

/* The drivers of "qemu,vnc" or "QEMU%VNC", which may be many; whether all are meant. NULL: there is none of them. */
static const char *drivers_of(const char *types, bool *all, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };

	while (*types) {
		size_t n = strcspn(types, ",%");
		const char *driver = driver_of(types, n);

		*all |= n == 3 && !strncasecmp(types, "all", n);
		if (driver)
			str_fmt(&s, "%s%s", s.n ? "|" : "", driver);
		types += n + (types[n] != 0);
	}
	return s.n ? arena_str(a, str_text(&s)) : NULL;
}

/* What -t, -T or PKG say a call is about. */
static const char *types_of(const struct ctys_request *q)
{
	const char *package = ctys_value(q, "PKG"), *type = ctys_option(q, 't');

	return package ? package : type ? type : ctys_option(q, 'T');
}

/* Those types, when they do not mean all. */
static void add_types(struct ctys_way *w, struct words *c)
{
	const char *types = types_of(w->q), *named;
	bool all = false;

	named = types ? drivers_of(types, &all, w->mem) : NULL;
	if (!named || all)
		return;
	words_extend(c, w->mem, CTYS_WORDS("--filter", strchr(named, '|') ? arena_fmt(w->mem, "driver~^(%s)$", named) :
									   arena_fmt(w->mem, "driver=%s", named)));
}

/* The words that end a session as the request says. */
static void cancel_words(struct ctys_way *w, struct words *out)
{
	static const struct { const char *sub, *word; } methods[] = {
		{ "RESET", "reset" }, { "REBOOT", "reboot" }, { "PAUSE", "pause" }, { "SUSPEND", "suspend" },
	};
	const char *delay = ctys_value(w->q, "POWEROFF"), *limit = ctys_value(w->q, "TIMEOUT");
	bool force = ctys_sub(w->q, "FORCE");

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (ctys_sub(w->q, methods[i].sub)) {
			/* A reboot that asks nobody is a reset. */
			words_add(out, w->mem, force && i == 1 ? "reset" : methods[i].word);
			return;
		}
	if (!delay || !*delay)
		delay = limit ? limit : "";
	words_add(out, w->mem, "stop");
	if (force || (*delay && !strtol(delay, NULL, 10)))
		words_add(out, w->mem, "--force");
	else if (*delay)
		words_extend(out, w->mem, CTYS_WORDS("--delay", delay));
}

static int cancel_all(struct ctys_way *w, struct words *c)
{
	if (strcmp(c->v[0], "stop") != 0)
		return ctys_unsupported(w, "ALL goes with POWEROFF alone");
	words_add(c, w->mem, "--all");
	add_types(w, c);
	return 0;
}

static int cancel(struct ctys_way *w)
{
	const char *level = ctys_value(w->q, "INIT");
	struct words *c;

	if (ctys_sub(w->q, "SELF"))
		return ctys_unsupported(w, "SELF: this host itself is not ended");
	if (level) {
		for (size_t i = 0; i < w->q->addresses.n; i++)
			ctys_call(w, CTYS_WORDS("runlevel", at_home(w, w->q->addresses.v[i]), level));
		return 0;
	}
	c = vec_add(&w->out->v, w->mem);
	if (ctys_sub(w->q, "CLIENT")) {
		words_extend(c, w->mem, CTYS_WORDS("stop", "--clients"));
	} else {
		cancel_words(w, c);
	}
	if (ctys_sub(w->q, "ALL"))
		return cancel_all(w, c);
	ctys_guests(w, c);
	return 0;
}

static int list(struct ctys_way *w)
{
	const char *shown;
	struct words *c;

	if (ctys_sub(w->q, "CLIENT") || ctys_sub(w->q, "TUNNEL")) {
		add_form(w, ctys_call(w, CTYS_WORDS("sessions", ctys_sub(w->q, "CLIENT") ? "--clients" : "--tunnels")));
		return 0;
	}
	shown = ctys_table(w->q, w->mem, w->e);
	if (!shown)
		return -1;
	c = ctys_call(w, CTYS_WORDS("list", "--running", "--output", shown));
	add_form(w, c);
	add_order(w, c);
	add_types(w, c);
	return 0;
}

/* MATCHVSTAT:A%B: what machine files are kept for; without it those that may be started. */
static int add_states(struct ctys_way *w, struct words *c)
{
	const char *s = ctys_value(w->q, "MATCHVSTAT");
	DEFER(str_done) struct str wanted = { 0 };

	for (s = s ? s : "ACTIVE%DISABLED%EMPTY"; *s; ) {
		char *word = arena_strn(w->mem, s, strcspn(s, "%"));

		s += strlen(word) + (s[strlen(word)] == '%');
		for (char *l = word; *l; l++)
			*l = (char)tolower((unsigned char)*l);
		if (!strcmp(word, "all") || !strcmp(word, "present"))
			return 0;
		if (!*word || word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
			return err_set(w->e, ERR_USAGE, "MATCHVSTAT: '%s' is no state", word);
		if (strcmp(word, "custom") != 0)
			str_fmt(&wanted, "%s%s", wanted.n ? "|" : "",
				!strcmp(word, "empty") ? "" : !strcmp(word, "enabled") ? "active" : word);
	}
	words_extend(c, w->mem, CTYS_WORDS("--filter", arena_fmt(w->mem, "vmstate~^(%s)$", str_text(&wanted))));
	return 0;
}

static int enumerate(struct ctys_way *w)
{
	const char *base = ctys_value(w->q, "BASE"), *shown = ctys_table(w->q, w->mem, w->e);
	struct words *c;

	if (!shown)
		return -1;
	c = ctys_call(w, CTYS_WORDS("scan"));
	if (!base)
		base = ctys_value(w->q, "BASEPATH");
	if (base)
		words_extend(c, w->mem, CTYS_WORDS("--base", ctys_homely(w, base)));
	words_extend(c, w->mem, CTYS_WORDS("--output", shown));
	add_form(w, c);
	add_order(w, c);
	add_types(w, c);
	return add_states(w, c);
}

static int dispatch_verb(struct ctys_way *w)
{
	switch (w->q->verb) {
	case CTYS_CREATE:    return ctys_create(w);
	case CTYS_CANCEL:    return cancel(w);
	case CTYS_LIST:      return list(w);
	case CTYS_ENUMERATE: return enumerate(w);
	case CTYS_SHOW:
		ctys_call(w, CTYS_WORDS("top", "--count", "1"));
		return 0;
	case CTYS_INFO:
		ctys_call(w, CTYS_WORDS("facts"));
		ctys_call(w, CTYS_WORDS("doctor"));
		ctys_call(w, CTYS_WORDS("drivers"));
		return 0;
	case CTYS_GETCLIENTPORT:
		ctys_guests(w, ctys_call(w, CTYS_WORDS("vnc", "--print")));
		return 0;
	case CTYS_ISACTIVE:
		ctys_guests(w, ctys_call(w, CTYS_WORDS("wait", "--stage", "process", "--timeout", "1")));
		return 0;
	}
	return -1;
}

/* What ends or starts sessions has to name its type: ctys itself would take a desktop. */
static int check_types(struct ctys_way *w)
{
	bool about = w->q->verb != CTYS_CREATE && w->q->verb != CTYS_CANCEL, all = false;
	const char *types = about || ctys_sub(w->q, "ALL") ? types_of(w->q) : ctys_option(w->q, 't');

	if ((!types && about) || (types && (drivers_of(types, &all, w->mem) || all)))
		return 0;
	return ctys_unsupported(w, arena_fmt(w->mem, "sessions of type %s%s are not made by this berth (qemu, lxc, ovz)",
					     types ? types : "vnc", types ? "" : ", what ctys takes without -t,"));
}

int ctys_berth(const struct ctys_request *q, const struct ctys_here *h, struct ctys_calls *out, struct arena *a, struct err *e)
{
	struct ctys_way w = { q, h, out, a, e };
	const char *where = ctys_option(q, 'L');
	int session;

	if (!ctys_is_here(q, h) || q->stack)
		return err_set(e, ERR_UNSUPPORTED, "%s%s%s%s: sessions on other hosts are not made by this berth",
			       q->user ? q->user : "", q->user ? "@" : "", q->host, q->stack ? q->stack : "");
	if (ctys_option(q, 'h') || ctys_option(q, 'v') || ctys_option(q, 'V')) {
		words_extend(vec_add(&out->v, a), a, ctys_option(q, 'h') ? CTYS_WORDS("help", "as") : CTYS_WORDS("version"));
		return 0;
	}
	if (!q->acts)
		return err_set(e, ERR_USAGE, "%s: it is not said what to do (-a create, cancel, list, enumerate, show, info)", q->host);
	session = ctys_session(q, out, a, e);
	if (session)
		return session < 0 ? -1 : 0;
	if (where && !strcasecmp(where, "CO"))
		return ctys_unsupported(&w, "-L CO is meant for other hosts");
	return check_types(&w) < 0 || dispatch_verb(&w) < 0 ? -1 : 0;
}
