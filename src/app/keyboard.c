/* SPDX-License-Identifier: ISC */
#include "app/keyboard.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "exec/qmp.h"
#include "sys/intr.h"

enum { ANSWER_MS = 10000, HOLD_MS = 20, MAX_KEYS = 8 };

/* What people say, and what QEMU does. */
static const struct { const char *said, *key; } names[] = {
	{ "enter", "ret" }, { "return", "ret" }, { "escape", "esc" }, { "del", "delete" }, { "space", "spc" },
	{ "pageup", "pgup" }, { "pagedown", "pgdn" }, { "super", "meta_l" }, { "win", "meta_l" }, { "control", "ctrl" },
};

/* On the keys of the American layout: what they are, what they give, what they give with shift. */
static const struct { const char *key; char plain, shifted; } layout[] = {
	{ "spc", ' ', 0 }, { "ret", '\n', 0 }, { "tab", '\t', 0 }, { "minus", '-', '_' }, { "equal", '=', '+' },
	{ "bracket_left", '[', '{' }, { "bracket_right", ']', '}' }, { "semicolon", ';', ':' }, { "apostrophe", '\'', '"' },
	{ "grave_accent", '`', '~' }, { "backslash", '\\', '|' }, { "comma", ',', '<' }, { "dot", '.', '>' }, { "slash", '/', '?' },
	{ "1", '1', '!' }, { "2", '2', '@' }, { "3", '3', '#' }, { "4", '4', '$' }, { "5", '5', '%' }, { "6", '6', '^' },
	{ "7", '7', '&' }, { "8", '8', '*' }, { "9", '9', '(' }, { "0", '0', ')' },
};

static const char *key_of(char c, struct arena *a)
{
	if (isalpha((unsigned char)c) && !(c & 0x80))
		return arena_fmt(a, isupper((unsigned char)c) ? "shift-%c" : "%c", tolower((unsigned char)c));
	for (size_t i = 0; i < sizeof layout / sizeof *layout; i++) {
		if (layout[i].plain == c)
			return layout[i].key;
		if (layout[i].shifted == c && c)
			return arena_fmt(a, "shift-%s", layout[i].key);
	}
	return NULL;
}

int keyboard_keys(const char *text, struct words *keys, struct arena *a, struct err *e)
{
	for (; *text; text++) {
		const char *key = key_of(*text, a);

		if (!key)
			return err_set(e, ERR_UNSUPPORTED, "the American keyboard has no key for byte %#x of the text (without --screen "
							   "the console takes every byte)", (unsigned char)*text);
		words_add(keys, a, key);
	}
	return 0;
}

static bool has(const json_t *values, const char *word)
{
	const json_t *one;
	size_t i;

	json_array_foreach(values, i, one)
		if (str_eq(json_string_value(one), word))
			return true;
	return false;
}

/* What QEMU calls its types changes; the one list with these two is that of its keys. */
static const json_t *key_names(const json_t *schema)
{
	const json_t *one;
	size_t i;

	json_array_foreach(schema, i, one) {
		const json_t *values = json_object_get(one, "values");

		if (has(values, "kp_enter") && has(values, "ctrl_r"))
			return values;
	}
	return NULL;
}

static int unknown(const char *word, const char *all, const json_t *known, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	struct words list = { 0 };
	const json_t *one;
	const char *near;
	size_t i;

	json_array_foreach(known, i, one)
		words_add(&list, &a, json_string_value(one));
	near = str_nearest(word, list.v, list.n);
	if (near)
		return err_set(e, ERR_INVALID, "'%s': QEMU has no key '%s' (did you mean '%s'?)", all, word, near);
	return err_set(e, ERR_INVALID, "'%s': QEMU has no key '%s' (try a, f1, ret, spc, ctrl, alt, shift, up, pgdn, kp_enter)", all, word);
}

/* "ctrl-alt-f1" as QMP wants it; NULL with the error. */
static json_t *pressed(const char *keys, const json_t *known, struct err *e)
{
	DEFER(arena_done) struct arena a = { 0 };
	json_t *list = json_array();
	const char *at = keys;

	for (;;) {
		size_t n = strcspn(at, "-+");
		const char *word = arena_strn(&a, at, n);

		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (str_eq(word, names[i].said))
				word = names[i].key;
		if (json_array_size(list) == MAX_KEYS || (known && !has(known, word)) || !n) {
			unknown(word, keys, known, e);
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, json_pack("{ss ss}", "type", "qcode", "data", word));
		if (!at[n])
			return list;
		at += n + 1;
	}
}

static int translate(const struct words *keys, const json_t *known, json_t *commands, struct err *e)
{
	for (size_t i = 0; i < keys->n; i++) {
		json_t *list = pressed(keys->v[i], known, e);

		if (!list)
			return -1;
		json_array_append_new(commands, json_pack("{so si}", "keys", list, "hold-time", HOLD_MS));
	}
	return 0;
}

/* One key is down and up again before the next: QEMU's queue is short, and so are those of guests. */
static int press(struct qmp *q, const json_t *commands, struct err *e)
{
	json_t *one;
	size_t i;

	json_array_foreach(commands, i, one) {
		if (qmp_call(q, "send-key", one, NULL, ANSWER_MS, e) < 0)
			return -1;
		if (intr_poll(NULL, 0, 2 * HOLD_MS) < 0)
			return err_set(e, ERR_FAILED, "interrupted");
	}
	return 0;
}

int keyboard_press(const char *control, const struct words *keys, struct err *e)
{
	struct qmp q = { .fd = -1 };
	json_t *schema = NULL, *commands = json_array();
	int failed = qmp_open(&q, control, false, ANSWER_MS, e);

	if (!failed)
		failed = qmp_call(&q, "query-qmp-schema", NULL, &schema, ANSWER_MS, e);
	if (!failed)
		failed = translate(keys, key_names(schema), commands, e);
	if (!failed)
		failed = press(&q, commands, e);
	qmp_close(&q);
	json_decref(schema);
	json_decref(commands);
	return failed;
}
