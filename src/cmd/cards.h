/* SPDX-License-Identifier: ISC */
/* What scan and find print: guests as the inventory knows them. */
#ifndef BERTH_CARDS_H
#define BERTH_CARDS_H

#include "cmd/cmd.h"
#include "model/card.h"

/* A table, or with --json one document of that schema. */
void cards_out(const struct call *c, const char *schema, const struct card *cards, size_t n);

#endif
