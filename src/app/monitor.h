/* SPDX-License-Identifier: ISC */
/* One command of QEMU's monitor, asked through QMP: whoever sits at the monitor itself is not disturbed. */
#ifndef BERTH_MONITOR_H
#define BERTH_MONITOR_H

#include "base/err.h"
#include "base/str.h"

/* The answer into out, as it came. ERR_FAILED with QEMU's own words when it is a complaint. */
int monitor_ask(const char *control, const char *command, struct str *out, struct err *e);

#endif
