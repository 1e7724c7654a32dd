/* SPDX-License-Identifier: ISC */
/* What secrets of a plan stand for: plans name them by their key in the machine file. */
#ifndef BERTH_ACT_SECRET_H
#define BERTH_ACT_SECRET_H

#include "app/target.h"

/* For struct exec: arg is the target. Owned by the caller; NULL: there is none, or it cannot be hashed. */
char *act_secret(void *arg, const char *how, const char *key_path, struct err *e);

#endif
