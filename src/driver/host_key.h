/* SPDX-License-Identifier: ISC */
/* The key this host reaches the guests with that it built. */
#ifndef BERTH_HOST_KEY_H
#define BERTH_HOST_KEY_H

#include "model/facts.h"
#include "model/plan.h"

/* Steps that make the key pair where it is not there yet. The file of its public half; NULL without ssh-keygen. */
const char *host_key(const struct facts *f, struct plan *p);

#endif
