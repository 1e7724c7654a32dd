/* SPDX-License-Identifier: ISC */
/*
 * Through the guest agent (qemu-ga in the guest): run a command, move bytes, ask
 * for addresses. No network is needed, and no account in the guest.
 *
 * The agent talks to one client at a time; who connects meanwhile waits. So a
 * command that runs long is watched over connections that are opened for each
 * question and closed again.
 *
 * Between intr_begin() and intr_end() (sys/intr.h) SIGINT and its like end every
 * call with ERR_FAILED; a running command in the guest is then ended as well.
 */
#ifndef BERTH_AGENT_H
#define BERTH_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/outcome.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "exec/qmp.h"

struct agent {
	const char *socket;     /* borrowed */
	struct qmp q;
	bool connected;
};

int agent_open(struct agent *a, const char *socket, int timeout_ms, struct err *e);
void agent_close(struct agent *a);              /* twice is fine; so is a zeroed one */

/* One question; the result is the caller's to json_decref. Takes the reference to args. */
int agent_ask(struct agent *a, const char *command, json_t *args, json_t **result, struct err *e);

/*
 * Run argv in the guest (argv[0] is looked up in the agent's PATH) with n bytes of
 * input on its standard input, and wait for its end. The agent keeps only the first
 * 16 MiB of output and of errors.
 */
int agent_exec(struct agent *a, const char *const *argv, const char *input, size_t n,
	       struct outcome *o, struct err *e);

/* Is this address ("10.0.2.15", "fec0::…") one to reach the guest at: neither loopback nor link-local? */
bool agent_reachable(const char *address);

/* The guest's own addresses, those that are reachable. */
int agent_addresses(struct agent *a, struct words *out, struct arena *mem, struct err *e);

#endif
