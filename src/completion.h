/* SPDX-License-Identifier: ISC */
/* Shell completion, written from the command table: one function per shell. */
#ifndef BERTH_COMPLETION_H
#define BERTH_COMPLETION_H

#include "base/str.h"

void completion_bash(struct str *out);
void completion_zsh(struct str *out);
void completion_fish(struct str *out);

#endif
