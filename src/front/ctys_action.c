/* SPDX-License-Identifier: ISC */
/* ACTION=SUB[:VALUE],... */
#include <string.h>
#include <strings.h>

#include "front/ctys_priv.h"
#include "model/address.h"

struct reader {
	struct ctys_request *q;
	const char *text;       /* all of the value of -a */
	struct arena *mem;
	struct err *e;
	VEC(struct ctys_sub) parts;     /* of the address that is being read */
	const char *chosen[8];  /* of each choice, which was taken */
};

static bool is_word(const char *word, const char *s, size_t n)
{
	return word && strlen(word) == n && !strncasecmp(word, s, n);
}

static const struct ctys_word *find(const struct reader *r, const char *s, size_t n)
{
	for (const struct ctys_word *w = ctys_words(r->q->verb); w->word; w++)
		if (is_word(w->word, s, n) || is_word(w->alias, s, n))
			return w;
	return NULL;
}

static int unknown(const struct reader *r, const char *s, size_t n)
{
	const char *names[128], *word = arena_strn(r->mem, s, n), *near;
	size_t count = 0;

	for (const struct ctys_word *w = ctys_words(r->q->verb); w->word && count < 128; w++)
		names[count++] = w->word;
	near = str_nearest(word, names, count);
	return ctys_wrong(r->e, r->text, (size_t)(s - r->text), "'%s' is no suboption of %s%s%s%s", word, ctys_verb_word(r->q->verb),
			  near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* Printed manuals show an l as a 1. */
static bool is_key(const char *s, size_t n, enum address_key *key)
{
	if (n == 1 && *s == '1') {
		*key = ADDRESS_LABEL;
		return true;
	}
	return address_key_find(s, n, key) && *key != ADDRESS_TAG;
}

/* The parts so far are an address. */
static void flush(struct reader *r)
{
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < r->parts.n; i++)
		str_fmt(&s, "%s%s:%s", i ? "," : "", r->parts.v[i].key, r->parts.v[i].value);
	if (s.n)
		words_add(&r->q->addresses, r->mem, arena_str(r->mem, str_text(&s)));
	r->parts.n = 0;
}

static struct ctys_sub *find_part(struct reader *r, const char *key)
{
	for (size_t i = 0; i < r->parts.n; i++)
		if (!strcmp(r->parts.v[i].key, key))
			return &r->parts.v[i];
	return NULL;
}

/* CANCEL with a key that was there already means a further session; else the last one wins. */
static int address(struct reader *r, const char *s, enum address_key key, const char *value)
{
	const char *word = address_key_word(key);
	struct ctys_sub *part = find_part(r, word);

	if (!*value)
		return ctys_wrong(r->e, r->text, (size_t)(s - r->text), "'%s' needs a value", word);
	if (part && r->q->verb == CTYS_CANCEL) {
		flush(r);
		part = NULL;
	}
	if (!part)
		part = vec_add(&r->parts, r->mem);
	*part = (struct ctys_sub){ word, key == ADDRESS_BASE ? value : ctys_plain(value, r->mem) };
	return 0;
}

/* Fields of a table have the same names as keys of an address; where a value follows, it is that. */
static bool wants_address(const struct reader *r, bool valued)
{
	return valued && (r->q->verb == CTYS_CREATE || r->q->verb == CTYS_CANCEL || r->q->verb == CTYS_ISACTIVE);
}

static int choose(struct reader *r, const struct ctys_word *w, const char *s)
{
	const char **chosen = &r->chosen[w->choice];

	if (w->choice && *chosen && strcmp(*chosen, w->word) != 0)
		return ctys_wrong(r->e, r->text, (size_t)(s - r->text), "%s and %s exclude each other", *chosen, w->word);
	*chosen = w->word;
	return 0;
}

static bool is_one_of(const char *s, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (is_word(*words, s, n))
			return true;
	return false;
}

static const char *const consoles[] = {
	"CLI", "CLI0", "XTERM", "GTERM", "EMACS", "EMACSA", "EMACSM", "EMACSAM", "VNC", "RDP", "SDL", "VMW", "VMWRC", "FIREFOX", "VBOX",
	"NONE", NULL,
};

static const char *const media[] = {
	"CD", "DVD", "ISO", "FDD", "HDD", "VHDD", "USB", "PXE", "KERNEL", "INSTALL", "DEFAULT", NULL,
};

/* MODE%SOURCE%MODE%TARGET%STAGE: all of them, or none. */
static const char *wrong_install(const char *value)
{
	enum { PARTS = 5 };
	const char *s = value;

	for (int i = 0; i < PARTS; i++) {
		size_t n = strcspn(s, "%");

		if (!n)
			return "INSTMODE has five parts: MODE%SOURCE%MODE%TARGET%STAGE";
		if ((i == 0 || i == 2) && !is_one_of(s, n, media))
			return "INSTMODE: the first and the third part are media: CD DVD ISO FDD HDD VHDD USB PXE default";
		s += n;
		if ((*s == '%') != (i < PARTS - 1))
			return "INSTMODE has five parts: MODE%SOURCE%MODE%TARGET%STAGE";
		s += *s == '%';
	}
	return NULL;
}

/* What is wrong with a value, or NULL. */
static const char *wrong_value(const char *key, const char *value)
{
	if (!strcmp(key, "CONSOLE") && !is_one_of(value, strlen(value), consoles))
		return "this is no console (CLI CLI0 XTERM GTERM EMACS EMACSA EMACSM EMACSAM VNC RDP SDL VMW VMWRC FIREFOX VBOX NONE)";
	if (!strcmp(key, "BOOTMODE") && !is_one_of(value, strcspn(value, "%"), media))
		return "this is no boot mode (CD DVD ISO FDD HDD VHDD USB PXE KERNEL INSTALL)";
	if (!strcmp(key, "INSTMODE"))
		return wrong_install(value);
	if (!strcmp(key, "INIT") && (strlen(value) != 1 || !strchr("0123456sS", *value)))
		return "this is no run level (0 to 6)";
	if ((!strcmp(key, "POWEROFF") || !strcmp(key, "TIMEOUT") || !strcmp(key, "BULK")) &&
	    (!*value || strlen(value) > 6 || strspn(value, "0123456789") != strlen(value)))
		return "a number is missing here";
	return NULL;
}

static void set_sub(struct reader *r, const char *key, const char *value)
{
	size_t i = 0;

	while (i < r->q->subs.n && strcmp(r->q->subs.v[i].key, key) != 0)
		i++;
	if (i == r->q->subs.n)
		vec_add(&r->q->subs, r->mem);
	r->q->subs.v[i] = (struct ctys_sub){ key, value };
}

static int suboption(struct reader *r, const char *s, const struct ctys_word *w, const char *value)
{
	size_t col = (size_t)(s - r->text);
	const char *wrong;

	if (value && w->value == CTYS_BARE)
		return ctys_wrong(r->e, r->text, col, "%s takes no value", w->word);
	if (!value && w->value == CTYS_MUST)
		return ctys_wrong(r->e, r->text, col, "%s needs a value", w->word);
	wrong = value ? wrong_value(w->word, value) : NULL;
	if (wrong)
		return ctys_wrong(r->e, r->text, col + strcspn(s, ":") + 1, "%s", wrong);
	set_sub(r, w->word, value);
	return choose(r, w, s);
}

/* KERNEL:IMAGE,INITRD,APPEND: what follows has no keys of its own. */
static const struct ctys_word *kernel_part(const struct reader *r, const char *s, size_t n)
{
	size_t k = r->q->subs.n;
	const char *last = k ? r->q->subs.v[k - 1].key : "";
	const char *next = !strcmp(last, "KERNEL") ? "INITRD" : !strcmp(last, "INITRD") ? "APPEND" : NULL;

	return next && !find(r, s, n) ? find(r, next, strlen(next)) : NULL;
}

static int part(struct reader *r, const char *s, size_t n)
{
	size_t key_n = 0;
	const char *value = NULL;
	const struct ctys_word *w;
	enum address_key key;

	while (key_n < n && s[key_n] != ':')
		key_n++;
	if (key_n < n)
		value = arena_strn(r->mem, s + key_n + 1, n - key_n - 1);
	if (wants_address(r, value) && is_key(s, key_n, &key))
		return address(r, s, key, value);
	w = kernel_part(r, s, key_n);
	if (w)
		return suboption(r, s, w, arena_strn(r->mem, s, n));
	w = find(r, s, key_n);
	if (w)
		return suboption(r, s, w, value);
	/* GETCLIENTPORT=LABEL and ISACTIVE=LABEL say no more than that. */
	if (!value && (r->q->verb == CTYS_GETCLIENTPORT || r->q->verb == CTYS_ISACTIVE) && !r->parts.n)
		return address(r, s, ADDRESS_LABEL, arena_strn(r->mem, s, n));
	if (!value && r->q->verb == CTYS_GETCLIENTPORT)
		return address(r, s, ADDRESS_PATH, arena_strn(r->mem, s, n));
	return unknown(r, s, key_n);
}

/* What does not go together, or is not enough. */
static int check(const struct reader *r)
{
	const struct ctys_request *q = r->q;
	static const char *const not_clients[] = { "POWEROFF", "RESET", "SUSPEND" };

	if (q->verb != CTYS_CANCEL)
		return 0;
	for (size_t i = 0; ctys_sub(q, "CLIENT") && i < 3; i++)
		if (ctys_sub(q, not_clients[i]))
			return ctys_wrong(r->e, r->text, 0, "CLIENT ends viewers, %s the guest", not_clients[i]);
	if (!q->addresses.n && !ctys_sub(q, "ALL") && !ctys_sub(q, "SELF"))
		return ctys_wrong(r->e, r->text, strlen(r->text), "it is not said which session (an address, or ALL)");
	if (q->addresses.n && ctys_sub(q, "ALL"))
		return ctys_wrong(r->e, r->text, 0, "ALL and an address exclude each other");
	return 0;
}

static int parts(struct reader *r, const char *s)
{
	for (;;) {
		size_t n = strcspn(s, ",");

		if (!n)
			return ctys_wrong(r->e, r->text, (size_t)(s - r->text), "a suboption is missing");
		if (part(r, s, n) < 0)
			return -1;
		s += n;
		if (!*s)
			return 0;
		s++;
	}
}

int ctys_action(struct ctys_request *q, struct arena *a, struct err *e)
{
	const char *text = ctys_option(q, 'a');
	struct reader r = { .q = q, .text = text, .mem = a, .e = e };
	size_t n;
	int verb, status = 0;

	if (!text)
		return 0;
	n = strcspn(text, "=");
	verb = ctys_verb_find(text, n);
	if (verb < 0)
		return ctys_wrong(e, text, 0, "'%.*s' is no action (create cancel list enumerate show info)", (int)n, text);
	q->acts = true;
	q->verb = (enum ctys_verb)verb;
	if (text[n])
		status = parts(&r, text + n + 1);
	flush(&r);
	if (!status)
		status = check(&r);
	return status;
}
