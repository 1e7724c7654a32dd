/* SPDX-License-Identifier: ISC */
/* Tables of ctys as lists of fields. */
#include <ctype.h>
#include <string.h>

#include "front/ctys.h"

/* Fields that have another name in berth. */
static const char *field(const char *key)
{
	static const struct { const char *ctys, *berth; } names[] = {
		{ "PM", "host" }, { "STYPE", "driver" }, { "TYPE", "driver" }, { "LABEL", "name" }, { "ID", "id" }, { "PATHNAME", "id" },
		{ "PNAME", "id" }, { "UUID", "uuid" }, { "MAC", "mac" }, { "TCP", "address" }, { "DISPLAY", "display" },
		{ "CPORT", "cport" }, { "SPORT", "sport" }, { "PID", "pid" }, { "USER", "user" }, { "GROUP", "group" },
		{ "SITE", "site" }, { "EXEPATH", "exe" }, { "ACCELERATOR", "accel" }, { "ARCH", "arch" }, { "OS", "system" },
		{ "VRAM", "memory" }, { "VCPU", "cpus" }, { "HYPERRELRUN", "release" }, { "CONTEXTSTRG", "context" },
		{ "CONTEXTSTRING", "context" }, { "NETNAME", "hostname" }, { "EXECLOCATION", "execloc" }, { "CTYSRELEASE", "creator" },
		{ "DEFAULTHOSTS", "logins" }, { "DEFAULTCONSOLE", "console" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i].ctys, key))
			return names[i].berth;
	return NULL;
}

/* A keyword that is a field, as berth calls it; NULL: it is none. */
static const char *field_of(const char *key, struct arena *a)
{
	const struct ctys_word *w = ctys_words(CTYS_LIST);
	const char *other = field(key);
	char *name = arena_str(a, key);

	while (strcmp(w->word, "SERVER") != 0 && strcmp(w->word, key) != 0)
		w++;
	if (!strcmp(w->word, "SERVER"))
		return NULL;
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return other ? other : name;
}

/* TAB_GEN:INDEX_TITLE_WIDTH[_CUT]%%... as a list of fields. */
static const char *columns(const char *text, struct arena *a, struct err *e)
{
	DEFER(str_done) struct str out = { 0 };

	while (*(text += strspn(text, "%"))) {
		size_t n = strcspn(text, "%");
		char *col = arena_strn(a, text, n), *index = strtok_r(col, "_", &col), *title = strtok_r(NULL, "_", &col);
		char *width = strtok_r(NULL, "_", &col), *cut = strtok_r(NULL, "_", &col);

		text += n;
		if (!index || strspn(index, "0123456789") != strlen(index) || (width && strspn(width, "0123456789") != strlen(width))) {
			err_set(e, ERR_USAGE, "TAB_GEN: '%.*s' is no column (INDEX_TITLE_WIDTH, like 3_label_10)", (int)n, text - n);
			return NULL;
		}
		str_fmt(&out, "%s%s", out.n ? "," : "", index);
		if (width && strcmp(width, "0") != 0)
			str_fmt(&out, ":%s%s", width, cut && strchr("LB", *cut) ? cut : "");
		if (title)
			str_fmt(&out, "=%s", title);
	}
	return arena_str(a, str_text(&out));
}

const char *ctys_sort(const struct ctys_request *q, bool *unique, struct arena *a)
{
	const struct ctys_sub *sort = ctys_sub(q, "SORT");
	const char *s = sort ? sort->value ? sort->value : "" : NULL, *by = "name";
	bool down = false;

	while (s && *s) {
		char *word = arena_strn(a, s, strcspn(s, "%"));

		s += strlen(word) + (s[strlen(word)] == '%');
		for (char *c = word; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		if (!strcmp(word, "UNIQUE"))
			*unique = true;
		else if (!strcmp(word, "REVERSE"))
			down = true;
		else if (*word && strcmp(word, "ALL") != 0 && strcmp(word, "EACH") != 0)
			by = field_of(word, a) ? field_of(word, a) : word;
	}
	return s ? arena_fmt(a, "%s%s", down ? "-" : "", by) : NULL;
}

/* The columns that one of these forms names, NULL: none does. */
static const char *columns_of(const struct ctys_request *q)
{
	static const char *const forms[] = { "TAB_GEN", "REC_GEN", "SPEC_GEN", "XML_GEN" };

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (ctys_sub(q, forms[i]) && ctys_sub(q, forms[i])->value)
			return ctys_sub(q, forms[i])->value;
	return NULL;
}

const char *ctys_table(const struct ctys_request *q, struct arena *a, struct err *e)
{
	const struct ctys_sub *macro = ctys_sub(q, "MACRO");
	const char *table = columns_of(q);
	DEFER(str_done) struct str out = { 0 };

	if (table)
		return columns(table, a, e);
	if (macro)
		return arena_fmt(a, "@%s", macro->value);
	for (size_t i = 0; i < q->subs.n; i++) {
		const char *name = field_of(q->subs.v[i].key, a);

		if (name)
			str_fmt(&out, "%s%s", out.n ? "," : "", name);
	}
	if (out.n)
		return arena_str(a, str_text(&out));
	/* What a list of those that run has in common with one of those that are defined. */
	if (ctys_sub(q, "MAXKEY"))
		return "1,2,3,4,5,6,7,8,9,10";
	return ctys_sub(q, "MACHINE") ? "numbered" : "@TAB_TCP";
}
