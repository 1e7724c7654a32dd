/* SPDX-License-Identifier: ISC */
/* The bytes of one file through the guest agent, in pieces, in order. */
#ifndef BERTH_AGENT_FILE_H
#define BERTH_AGENT_FILE_H

#include "app/agent.h"

/* Everything fd has, until its end, becomes the content of path in the guest. */
int agent_file_send(struct agent *a, int fd, const char *path, struct err *e);

/* The content of path in the guest is written to fd. */
int agent_file_fetch(struct agent *a, const char *path, int fd, struct err *e);

#endif
