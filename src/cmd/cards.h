/* SPDX-License-Identifier: ISC */
/* What scan and find print: guests as the inventory knows them, a row for each of their interfaces. */
#ifndef BERTH_CARDS_H
#define BERTH_CARDS_H

#include "cmd/cmd.h"
#include "model/card.h"

/* Before anything is looked for: what of them is shown. */
int cards_view(const struct call *c, struct view *v, struct err *e);

/* The rows; --json without --output is one document of that schema with everything that is known. */
void cards_out(const struct call *c, struct view *v, const char *schema, const struct card *cards, size_t n);

#endif
