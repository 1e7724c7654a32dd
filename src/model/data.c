/* SPDX-License-Identifier: ISC */
#include "model/data.h"

#include <string.h>

#include "model/key.h"

void data_read(struct ini *ini, const char *name, const char *text)
{
	struct report r = { .file = name };

	ini_parse(ini, name, text, strlen(text), &r);
	report_done(&r);
}

const char *data_text(const struct ini_node *section, const char *key)
{
	const struct ini_node *n = ini_child(section, key);

	return n && n->values.n && *n->values.v[0] ? n->values.v[0] : NULL;
}

bool data_lists(const struct ini_node *section, const char *key, const char *word)
{
	const struct ini_node *n = ini_child(section, key);

	for (size_t i = 0; n && i < n->values.n; i++)
		if (key_same(n->values.v[i], word))
			return true;
	return false;
}
