/* SPDX-License-Identifier: ISC */
/* Requests as calls of berth. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"

/* A request on its way. */
struct ctys_way {
	const struct ctys_request *q;
	const struct ctys_here *here;
	struct ctys_calls *out;
	struct arena *mem;
	struct err *e;
};

static struct words *call(struct ctys_way *w, const char *const *words)
{
	struct words *c = vec_add(&w->out->v, w->mem);

	words_extend(c, w->mem, words);
	return c;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void note(struct ctys_way *w, const char *text)
{
	words_add(&w->out->notes, w->mem, text);
}

static int not_here(struct ctys_way *w, const char *what)
{
	return err_set(w->e, ERR_UNSUPPORTED, "%s", what);
}

bool ctys_is_here(const struct ctys_request *q, const struct ctys_here *h)
{
	bool host = !strcasecmp(q->host, "localhost") || !strcmp(q->host, "127.0.0.1") || (h->host && !strcasecmp(q->host, h->host));

	return host && (!q->user || (h->user && !strcmp(q->user, h->user)));
}

/* "$HOME/x" and "~/x" of a path; other names of the shell are text like any other. */
static const char *homely(struct ctys_way *w, const char *address)
{
	static const char *const marks[] = { "$HOME/", "${HOME}/", "~/" };
	const char *colon = strchr(address, ':');

	for (size_t i = 0; colon && w->here->home && i < sizeof marks / sizeof *marks; i++)
		if (str_starts(colon + 1, marks[i]))
			return arena_fmt(w->mem, "%.*s:%s/%s", (int)(colon - address), address, w->here->home,
					 colon + 1 + strlen(marks[i]));
	return address;
}

static const char *value_of(const struct ctys_request *q, const char *key)
{
	const struct ctys_sub *s = ctys_sub(q, key);

	return s ? s->value ? s->value : "" : NULL;
}

/* The guests of a request, behind the words of a call. */
static void add_guests(struct ctys_way *w, struct words *c)
{
	for (size_t i = 0; i < w->q->addresses.n; i++)
		words_add(c, w->mem, homely(w, w->q->addresses.v[i]));
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

static void add_wait(struct ctys_way *w, struct words *c, bool reuse)
{
	int ssh = seconds(value_of(w->q, "SSHPING")), ping = seconds(value_of(w->q, "PING"));
	const char *stage = ssh ? "ssh" : ping ? "network" : reuse ? "process" : NULL;

	if (!stage)
		return;
	words_extend(c, w->mem, WORDS("--wait", stage));
	if (ssh || ping)
		words_extend(c, w->mem, WORDS("--timeout", arena_fmt(w->mem, "%d", ssh ? ssh : ping)));
}

/* What starts a guest in another way than its definition says. */
static int check_create(struct ctys_way *w)
{
	static const char *const missing[] = { "BOOTMODE", "INSTMODE", "KERNEL", "ARGSADD", "CALLOPTS", "XOPTS", "BULK", "CMD", "SHELL" };
	static const char *const ignored[] = { "WAITS", "WAITC", "STACKCHECK", "USER" };

	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (ctys_sub(w->q, missing[i]))
			return not_here(w, arena_fmt(w->mem, "%s: a guest is started as its machine file says (berth set)", missing[i]));
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		if (ctys_sub(w->q, ignored[i]))
			note(w, arena_fmt(w->mem, "%s is not needed, and passed over", ignored[i]));
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
		add_guests(w, c);
		return 0;
	}
	return not_here(w, arena_fmt(w->mem, "CONSOLE:%s: berth has no such console (CLI, XTERM, GTERM, EMACS, VNC, NONE)", kind));
}

static int create(struct ctys_way *w)
{
	const struct ctys_request *q = w->q;
	const char *kind = value_of(q, "CONSOLE"), *resume = value_of(q, "RESUME");
	bool attach = ctys_sub(q, "CONNECT") || ctys_sub(q, "RECONNECT"), reuse = ctys_sub(q, "REUSE");
	struct words *c;

	if (check_create(w) < 0)
		return -1;
	if (resume && *resume)
		return not_here(w, "RESUME with a file: berth keeps saved memory in the guest's own folder (RESUME alone)");
	if (ctys_sub(q, "RECONNECT"))
		add_guests(w, call(w, WORDS("stop", "--clients")));
	if (!attach) {
		c = call(w, WORDS(resume ? "resume" : reuse ? "up" : "start"));
		if (!resume)
			add_wait(w, c, reuse);
		add_guests(w, c);
	} else if (kind && !strcasecmp(kind, "NONE")) {
		add_guests(w, call(w, WORDS("wait", "--stage", "process", "--timeout", "1")));
	}
	return kind || attach ? console(w, kind ? kind : "CLI") : 0;
}

/* The words that end a session as the request says. */
static void cancel_words(struct ctys_way *w, struct words *out)
{
	static const struct { const char *sub, *word; } methods[] = {
		{ "RESET", "reset" }, { "REBOOT", "reboot" }, { "PAUSE", "pause" }, { "SUSPEND", "suspend" },
	};
	const char *delay = value_of(w->q, "POWEROFF");
	bool force = ctys_sub(w->q, "FORCE");

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (ctys_sub(w->q, methods[i].sub)) {
			/* A reboot that asks nobody is a reset. */
			words_add(out, w->mem, force && i == 1 ? "reset" : methods[i].word);
			return;
		}
	if (!delay)
		delay = "";
	words_add(out, w->mem, force || !strcmp(delay, "0") ? "kill" : "stop");
	if (!force && *delay && strcmp(delay, "0") != 0)
		note(w, arena_fmt(w->mem, "POWEROFF:%s: how long a guest is waited for says run.stop_delay of its machine file", delay));
}

static int cancel_all(struct ctys_way *w, struct words *c)
{
	const char *type = ctys_option(w->q, 't');

	if (type && strcasecmp(type, "all") != 0)
		return not_here(w, arena_fmt(w->mem, "ALL of type %s: berth ends guests by name, or all of every type (-t all)", type));
	if (strcmp(c->v[0], "stop") != 0 && strcmp(c->v[0], "kill") != 0)
		return not_here(w, "ALL goes with POWEROFF alone");
	words_add(c, w->mem, "--all");
	return 0;
}

static int cancel(struct ctys_way *w)
{
	const char *level = value_of(w->q, "INIT");
	struct words *c;

	if (ctys_sub(w->q, "SELF"))
		return not_here(w, "SELF: this host itself is not ended");
	if (level) {
		for (size_t i = 0; i < w->q->addresses.n; i++)
			call(w, WORDS("exec", homely(w, w->q->addresses.v[i]), "--", "init", level));
		return 0;
	}
	c = vec_add(&w->out->v, w->mem);
	if (ctys_sub(w->q, "CLIENT")) {
		words_extend(c, w->mem, WORDS("stop", "--clients"));
	} else {
		cancel_words(w, c);
	}
	if (ctys_sub(w->q, "ALL"))
		return cancel_all(w, c);
	add_guests(w, c);
	return 0;
}

static void add_form(struct ctys_way *w, struct words *c)
{
	const struct ctys_request *q = w->q;
	bool titles = ctys_sub(q, "TITLE") || ctys_sub(q, "TITLEIDX") || ctys_sub(q, "TITLEIDXASC");
	const char *sort = value_of(q, "SORT");

	if (ctys_sub(q, "MACHINE") || ctys_sub(q, "TERSE") || ctys_sub(q, "MAXKEY") || ctys_sub(q, "REC_GEN"))
		words_add(c, w->mem, "--csv");
	else if (ctys_sub(q, "XML_GEN"))
		words_add(c, w->mem, "--xml");
	else if (ctys_sub(q, "SPEC_GEN"))
		words_add(c, w->mem, "--lines");
	if (words_has(c, "--csv") && !titles)
		words_add(c, w->mem, "--no-titles");
	if (sort)
		words_extend(c, w->mem, WORDS("--sort", "name"));
}

/* The driver of a type that check_type let pass. */
static const char *driver_of(const char *type)
{
	return !strcasecmp(type, "ovz") ? "openvz" : !strcasecmp(type, "lxc") ? "lxc" : "qemu";
}

/* -t and -T, when they do not mean all. */
static void add_types(struct ctys_way *w, struct words *c)
{
	const char *type = ctys_option(w->q, 't');

	if (!type)
		type = ctys_option(w->q, 'T');
	if (!type || !strcasecmp(type, "all"))
		return;
	words_extend(c, w->mem, WORDS("--filter", arena_fmt(w->mem, "driver=%s", driver_of(type))));
}

static int list(struct ctys_way *w)
{
	const char *shown;
	struct words *c;

	if (ctys_sub(w->q, "TUNNEL"))
		return not_here(w, "TUNNEL: berth has no tunnels");
	if (ctys_sub(w->q, "CLIENT")) {
		call(w, WORDS("sessions", "--clients"));
		return 0;
	}
	shown = ctys_table(w->q, w->mem, w->e);
	if (!shown)
		return -1;
	c = call(w, WORDS("list", "--running", "--output", shown));
	add_form(w, c);
	add_types(w, c);
	return 0;
}

static int enumerate(struct ctys_way *w)
{
	const char *base = value_of(w->q, "BASE");
	struct words *c = call(w, WORDS("scan"));

	if (!base)
		base = value_of(w->q, "BASEPATH");
	if (base)
		words_extend(c, w->mem, WORDS("--base", base));
	if (ctys_sub(w->q, "MATCHVSTAT") || ctys_sub(w->q, "TERSE") || ctys_sub(w->q, "MAXKEY"))
		note(w, "enumerate shows machine files in any state, with the columns of berth scan");
	if (ctys_sub(w->q, "MACHINE"))
		words_add(c, w->mem, "--json");
	return 0;
}

static int dispatch_verb(struct ctys_way *w)
{
	switch (w->q->verb) {
	case CTYS_CREATE:    return create(w);
	case CTYS_CANCEL:    return cancel(w);
	case CTYS_LIST:      return list(w);
	case CTYS_ENUMERATE: return enumerate(w);
	case CTYS_SHOW:
		call(w, WORDS("top", "--count", "1"));
		return 0;
	case CTYS_INFO:
		call(w, WORDS("doctor"));
		return 0;
	case CTYS_GETCLIENTPORT:
		add_guests(w, call(w, WORDS("vnc", "--print")));
		return 0;
	case CTYS_ISACTIVE:
		add_guests(w, call(w, WORDS("wait", "--stage", "process", "--timeout", "1")));
		return 0;
	}
	return -1;
}

/* Types that berth has a driver for. What ends or starts sessions has to name one: ctys itself would take a desktop. */
static int check_types(struct ctys_way *w)
{
	static const char *const known[] = { "QEMU", "KVM", "LXC", "OVZ", "ALL" };
	const char *type = ctys_option(w->q, 't'), *loaded = ctys_option(w->q, 'T');
	bool about = w->q->verb != CTYS_CREATE && w->q->verb != CTYS_CANCEL;

	if (!type && (about || ctys_sub(w->q, "ALL")))
		type = loaded;
	if (!type && about)
		return 0;
	for (size_t i = 0; type && i < sizeof known / sizeof *known; i++)
		if (!strcasecmp(type, known[i]))
			return 0;
	return not_here(w, arena_fmt(w->mem, "sessions of type %s%s are not made by this berth (qemu, lxc, ovz)", type ? type : "vnc",
				     type ? "" : ", what ctys takes without -t,"));
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
		words_extend(vec_add(&out->v, a), a, ctys_option(q, 'h') ? WORDS("help", "as") : WORDS("version"));
		return 0;
	}
	if (!q->acts)
		return err_set(e, ERR_USAGE, "%s: it is not said what to do (-a create, cancel, list, enumerate, show, info)", q->host);
	session = ctys_session(q, out, a, e);
	if (session)
		return session < 0 ? -1 : 0;
	if (where && !strcasecmp(where, "CO"))
		return not_here(&w, "-L CO is meant for other hosts");
	return check_types(&w) < 0 || dispatch_verb(&w) < 0 ? -1 : 0;
}
