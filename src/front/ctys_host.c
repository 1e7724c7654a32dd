/* SPDX-License-Identifier: ISC */
/* Requests for sessions of a host itself (CLI, X11, VNC), as calls of berth host. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"

/* A request on its way. */
struct way {
	const struct ctys_request *q;
	struct ctys_calls *out;
	struct arena *mem;
	struct err *e;
	const char *kind;       /* "cli" "x11" "vnc" */
};

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct words *call(struct way *w, const char *const *words)
{
	struct words *c = vec_add(&w->out->v, w->mem);

	words_extend(c, w->mem, words);
	return c;
}

static const char *value_of(const struct way *w, const char *key)
{
	const struct ctys_sub *s = ctys_sub(w->q, key);

	return s ? s->value ? s->value : "" : NULL;
}

static bool is(const struct way *w, const char *kind)
{
	return !strcmp(w->kind, kind);
}

/* "uname%-a", word by word; "%%" is a '%'. */
static void add_command(struct way *w, struct words *c, const char *value)
{
	char *text = ctys_plain(value, w->mem), *save = NULL;

	words_add(c, w->mem, "--");
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words_add(c, w->mem, word);
}

/* "xclock -name t": what names the window, so that people know it by its session. */
static void add_title(struct way *w, struct words *c, const char *name, const char *usual)
{
	const char *key = value_of(w, "TITLEKEY");

	if (!name || ctys_sub(w->q, "NOTITLE") || (!key && !usual))
		return;
	words_add(c, w->mem, key ? arena_fmt(w->mem, "%s%s", ctys_sub(w->q, "DH") ? "--" : "-", key) : usual);
	words_add(c, w->mem, name);
}

/* The windows a session without a program may be shown in. */
static int add_window(struct way *w, struct words *c, const char *name)
{
	static const struct { const char *console, *title, *words[5]; } windows[] = {
		{ "XTERM",  "-T",      { "xterm" } },
		{ "GTERM",  "--title", { "gnome-terminal", "--wait" } },
		{ "EMACS",  "--title", { "emacs", "-f", "shell" } },
		{ "EMACSA", "--title", { "emacs", "--eval", "(ansi-term shell-file-name)" } },
	};
	const char *console = value_of(w, "CONSOLE");

	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
		if (!strcasecmp(console ? console : "XTERM", windows[i].console)) {
			words_add(c, w->mem, "--");
			for (size_t k = 0; windows[i].words[k]; k++)
				words_add(c, w->mem, windows[i].words[k]);
			add_title(w, c, name, windows[i].title);
			return 0;
		}
	return err_set(w->e, ERR_UNSUPPORTED, "CONSOLE:%s: a session of type x11 has no such window (XTERM, GTERM, EMACS, EMACSA)", console);
}

/* What runs there. */
static int add_program(struct way *w, struct words *c, const char *name)
{
	const char *command = value_of(w, "CMD"), *shell = value_of(w, "SHELL");

	if (is(w, "vnc"))
		return 0;
	if (command)
		add_command(w, c, command);
	else if (shell)
		add_command(w, c, shell);
	else if (is(w, "x11"))
		return add_window(w, c, name);
	if (is(w, "x11"))
		add_title(w, c, name, NULL);
	return 0;
}

static bool is_size(const char *text)
{
	size_t n = text ? strspn(text, "0123456789") : 0;

	return n && text[n] == 'x' && isdigit((unsigned char)text[n + 1]) && text[n + 1 + strspn(text + n + 1, "0123456789")] == 0;
}

/* Sessions of ctys are gone when they have ended. */
static int make(struct way *w, const char *name, bool reuse)
{
	const char *kind = is(w, "cli") ? ctys_sub(w->q, "CMD") ? "run" : "shell" : w->kind;
	const char *size = ctys_option(w->q, 'r'), *dir = value_of(w, "CHDIR");
	struct words *c = call(w, WORDS("host", kind, "--rm"));

	if (reuse)
		words_add(c, w->mem, "--reuse");
	if (dir)
		words_extend(c, w->mem, WORDS("--dir", dir));
	if (is(w, "vnc") && is_size(size))
		words_extend(c, w->mem, WORDS("--geometry", size));
	if (name)
		words_add(c, w->mem, name);
	return add_program(w, c, name);
}

/* ctys counts from 000 on. */
static int make_many(struct way *w, const char *name, const char *bulk)
{
	int n = atoi(bulk);

	if (n < 1 || n > CTYS_SESSIONS)
		return err_set(w->e, ERR_USAGE, "BULK:%s: from 1 to %d sessions are made at once", bulk, CTYS_SESSIONS);
	for (int i = 0; i < n; i++)
		if (make(w, arena_fmt(w->mem, "%s%03d", name ? name : "DEFAULT", i), false) < 0)
			return -1;
	return 0;
}

/* A session goes by its label. NULL: none is given, which is no error. */
static int label(struct way *w, size_t i, const char **out)
{
	const char *address = i < w->q->addresses.n ? w->q->addresses.v[i] : NULL;

	*out = address;
	if (!address)
		return 0;
	if (!str_starts(address, "label:") || strchr(address, ','))
		return err_set(w->e, ERR_UNSUPPORTED, "%s: sessions of this host go by their label alone (l:LABEL)", address);
	*out = address + strlen("label:");
	return 0;
}

/* To what is there already, or has just been made. */
static void look(struct way *w, const char *name)
{
	const char *console = value_of(w, "CONSOLE");

	if (!console || strcasecmp(console, "NONE") != 0)
		call(w, WORDS(is(w, "vnc") ? "vnc" : "console", name));
}

static int create(struct way *w)
{
	static const char *const missing[] = { "VNCPORT", "VNCBASE", "BOOTMODE", "INSTMODE", "KERNEL", "ARGSADD", "CALLOPTS", "XOPTS", "RESUME" };
	const char *name, *bulk = value_of(w, "BULK");
	bool vnc = is(w, "vnc"), attach = ctys_sub(w->q, "CONNECT") || ctys_sub(w->q, "RECONNECT");

	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (ctys_sub(w->q, missing[i]))
			return err_set(w->e, ERR_UNSUPPORTED, "%s: a session of this host has none of that, and no port", missing[i]);
	if (label(w, 0, &name) < 0)
		return -1;
	if (vnc && bulk)
		return make_many(w, name, bulk);
	if (attach && !name)
		return err_set(w->e, ERR_USAGE, "create: it is not said which session (l:LABEL)");
	if (ctys_sub(w->q, "RECONNECT"))
		call(w, WORDS("stop", "--clients", name));
	if (!attach && make(w, vnc && !name ? "DEFAULT" : name, ctys_sub(w->q, "REUSE") || (vnc && !name)) < 0)
		return -1;
	if (attach || vnc)
		look(w, name ? name : "DEFAULT");
	return 0;
}

/* A list or an end of all of that type, and no other. */
static void add_kind(struct way *w, struct words *c)
{
	words_extend(c, w->mem, WORDS("--filter", "driver=host", "--filter",
				      is(w, "cli") ? "context~^(shell|command)$" : arena_fmt(w->mem, "context=%s", w->kind)));
}

static int cancel(struct way *w)
{
	static const char *const others[] = { "CLIENT", "RESET", "REBOOT", "PAUSE", "SUSPEND", "INIT" };
	struct words *c;

	if (ctys_sub(w->q, "SELF"))
		return err_set(w->e, ERR_UNSUPPORTED, "SELF: this host itself is not ended");
	for (size_t i = 0; ctys_sub(w->q, "ALL") && i < sizeof others / sizeof *others; i++)
		if (ctys_sub(w->q, others[i]))
			return err_set(w->e, ERR_UNSUPPORTED, "ALL goes with POWEROFF alone");
	c = call(w, WORDS(ctys_sub(w->q, "FORCE") ? "kill" : "stop"));
	if (ctys_sub(w->q, "ALL")) {
		words_add(c, w->mem, "--all");
		add_kind(w, c);
		return 0;
	}
	if (ctys_sub(w->q, "CLIENT"))
		words_add(c, w->mem, "--clients");
	for (size_t i = 0; i < w->q->addresses.n; i++) {
		const char *name;

		if (label(w, i, &name) < 0)
			return -1;
		words_add(c, w->mem, name);
	}
	return 0;
}

static int list(struct way *w)
{
	const char *shown = ctys_table(w->q, w->mem, w->e);
	struct words *c;

	if (!shown)
		return -1;
	c = call(w, WORDS("list", "--running", "--output", shown));
	add_kind(w, c);
	if (ctys_sub(w->q, "MACHINE") || ctys_sub(w->q, "TERSE"))
		words_extend(c, w->mem, WORDS("--csv", "--no-titles"));
	return 0;
}

/* "vnc", in small letters; what starts or ends a session of no type is meant for desktops. NULL: a guest. */
static const char *kind_of(const struct ctys_request *q)
{
	static const char *const kinds[] = { "cli", "x11", "vnc" };
	const char *type = ctys_option(q, 't');
	bool starts = q->verb == CTYS_CREATE || q->verb == CTYS_CANCEL;

	if (!type && starts && !ctys_option(q, 'T'))
		type = "vnc";
	for (size_t i = 0; type && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcasecmp(kinds[i], type))
			return kinds[i];
	return NULL;
}

int ctys_session(const struct ctys_request *q, struct ctys_calls *out, struct arena *a, struct err *e)
{
	struct way w = { q, out, a, e, kind_of(q) };

	if (!w.kind)
		return 0;
	switch (q->verb) {
	case CTYS_CREATE: return create(&w) < 0 ? -1 : 1;
	case CTYS_CANCEL: return cancel(&w) < 0 ? -1 : 1;
	case CTYS_LIST:   return ctys_sub(q, "CLIENT") || ctys_sub(q, "TUNNEL") ? 0 : list(&w) < 0 ? -1 : 1;
	case CTYS_ENUMERATE:
	case CTYS_SHOW:
	case CTYS_INFO:
	case CTYS_GETCLIENTPORT:
	case CTYS_ISACTIVE:
		break;
	}
	return 0;
}
