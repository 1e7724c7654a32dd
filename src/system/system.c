/* SPDX-License-Identifier: ISC */
#include "model/system.h"

#include "base/str.h"

#define X(name) extern const struct system system_##name;
#include "system/system.def"
#undef X

const struct system *const systems[] = {
#define X(name) &system_##name,
#include "system/system.def"
#undef X
	NULL,
};

const struct system *system_find(const char *family)
{
	for (const struct system *const *s = systems; *s; s++)
		if (str_eq((*s)->family, family))
			return *s;
	return NULL;
}
