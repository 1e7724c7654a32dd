/* SPDX-License-Identifier: ISC */
#include "app/act_secret.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

/* The secret of the machine file that a plan refers to by its key path. */
static const char *secret_of(const struct guest *g, const char *path)
{
	static const char users[] = "users.users.";

	if (!strcmp(path, "config.root_passwd"))
		return g->root_passwd;
	if (strncmp(path, users, sizeof users - 1))
		return NULL;
	path += sizeof users - 1;
	for (size_t i = 0; i < g->users.n; i++) {
		const char *name = g->users.v[i].place.name;
		size_t n = strlen(name);

		if (!strncmp(path, name, n) && !strcmp(path + n, ".passwd"))
			return g->users.v[i].passwd;
	}
	return NULL;
}

static char *hashed(const char *plain, struct err *e)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data data = { 0 };
	const char *hash;

	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof salt) ||
	    !(hash = crypt_r(plain, salt, &data)) || *hash == '*') {
		err_set(e, ERR_FAILED, "the password cannot be hashed");
		return NULL;
	}
	return xstrdup(hash);
}

char *act_secret(void *arg, const char *how, const char *key_path, struct err *e)
{
	const struct target *t = arg;
	const char *plain = secret_of(&t->guest, key_path);

	if (!plain) {
		err_set(e, ERR_INVALID, "%s: %s is needed and not set", t->path, key_path);
		return NULL;
	}
	return strcmp(how, "crypt") ? xstrdup(plain) : hashed(plain, e);
}
