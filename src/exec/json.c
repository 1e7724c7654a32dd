/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "exec/run.h"

const char *step_word(enum step_kind kind)
{
	switch (kind) {
	case STEP_RUN:    return "run";
	case STEP_SPAWN:  return "spawn";
	case STEP_DAEMON: return "daemon";
	case STEP_READ:   return "read";
	case STEP_FILE:   return "file";
	case STEP_DIR:    return "dir";
	case STEP_MOVE:   return "move";
	case STEP_REMOVE: return "remove";
	case STEP_COPY:   return "copy";
	case STEP_SHIFT:  return "shift";
	case STEP_LINK:   return "link";
	case STEP_LOCK:   return "lock";
	case STEP_QMP:    return "qmp";
	case STEP_AGENT:  return "agent";
	case STEP_WAIT:   return "wait";
	case STEP_END:    return "end";
	}
	return "?";
}

const char *wait_word(enum wait_for w)
{
	switch (w) {
	case WAIT_SOCKET: return "socket";
	case WAIT_QMP:    return "qmp";
	case WAIT_GONE:   return "gone";
	case WAIT_SPAWN:  return "spawn";
	case WAIT_TRUE:   return "true";
	case WAIT_REFUSED: return "refused";
	case WAIT_TAKEN: return "taken";
	case WAIT_SAYS:   return "says";
	case WAIT_JOB:    return "job";
	}
	return "?";
}

/* Text that is no UTF-8 has no place in JSON as it is; each such byte becomes the code point of its value. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);
	struct str latin = { 0 };

	if (json)
		return json;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80) {
			str_addc(&latin, *text);
		} else {
			str_addc(&latin, (char)(0xc0 | c >> 6));
			str_addc(&latin, (char)(0x80 | (c & 0x3f)));
		}
	}
	json = json_string(str_text(&latin));
	str_done(&latin);
	return json;
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, text_json(text));
}

static void put_words(json_t *o, const char *key, const char *const *words)
{
	json_t *list;

	if (!words)
		return;
	list = json_array();
	for (; *words; words++)
		json_array_append_new(list, text_json(*words));
	json_object_set_new(o, key, list);
}

static void put_true(json_t *o, const char *key, bool yes)
{
	if (yes)
		json_object_set_new(o, key, json_true());
}

static void put_mode(json_t *o, mode_t mode)
{
	char octal[16];

	if (!mode)
		return;
	snprintf(octal, sizeof octal, "%04o", (unsigned)mode);
	put_text(o, "mode", octal);
}

static void put_id(json_t *o, const char *key, unsigned id)
{
	if (id != (unsigned)-1)
		json_object_set_new(o, key, json_integer(id));
}

json_t *step_json(const struct step *s)
{
	json_t *o = json_object();

	put_text(o, "kind", step_word(s->kind));
	put_text(o, "why", s->why);
	put_text(o, "guard", s->guard);
	put_words(o, "argv", s->argv);
	put_text(o, "path", s->path);
	put_text(o, "target", s->target);
	put_text(o, "text", s->text);
	put_text(o, "stdin", s->stdin_text);
	put_text(o, "stdout", s->stdout_path);
	put_words(o, "fail_lines", s->fail_lines);
	put_text(o, "lock", s->lock);
	put_text(o, "cwd", s->cwd);
	put_mode(o, s->mode);
	put_id(o, s->kind == STEP_SHIFT ? "by" : "uid", s->uid);
	put_id(o, "gid", s->gid);
	if (s->kind == STEP_WAIT)
		put_text(o, "for", wait_word(s->wait));
	if (s->timeout_ms)
		json_object_set_new(o, "timeout_ms", json_integer(s->timeout_ms));
	put_true(o, "append", s->append);
	put_true(o, "wait_lock", s->wait_lock);
	put_true(o, "new_privs", s->new_privs);
	put_true(o, "may_fail", s->may_fail);
	put_true(o, "told", s->told);
	return o;
}

static json_t *nested_json(const struct step *s)
{
	json_t *o = step_json(s);

	if (s->undo)
		json_object_set_new(o, "undo", nested_json(s->undo));
	if (s->otherwise) {
		json_t *list = json_array();

		for (const struct step *x = s->otherwise; x; x = x->next_otherwise)
			json_array_append_new(list, nested_json(x));
		json_object_set_new(o, "otherwise", list);
	}
	return o;
}

json_t *plan_json(const struct plan *p)
{
	json_t *o = json_object(), *steps = json_array();

	put_text(o, "title", p->title);
	put_text(o, "note", p->note);
	for (size_t i = 0; i < p->steps.n; i++)
		json_array_append_new(steps, nested_json(&p->steps.v[i]));
	json_object_set_new(o, "steps", steps);
	return o;
}
