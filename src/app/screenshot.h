/* SPDX-License-Identifier: ISC */
/* A picture of a guest's screen. */
#ifndef BERTH_SCREENSHOT_H
#define BERTH_SCREENSHOT_H

#include "base/err.h"

/*
 * A PNG of the screen into file ("-": standard output), whole or not at all. The
 * hypervisor writes it first, as the user it runs as, to temp, a name in a
 * directory where that user may write; temp is gone afterwards.
 */
int screenshot_take(const char *control, const char *temp, const char *file, struct err *e);

#endif
