/* SPDX-License-Identifier: ISC */
/* Telling systemd, or who else set NOTIFY_SOCKET, how a service is: sd_notify(3). */
#ifndef BERTH_NOTIFY_H
#define BERTH_NOTIFY_H

/* "READY=1", "STATUS=…": lines. Nobody to tell, or nobody who listens, is fine. */
void notify(const char *lines);

#endif
