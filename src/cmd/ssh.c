/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/ssh.h"
#include "cmd/common.h"
#include "sys/file.h"

static int log_in(struct call *c, const struct target *t, const char *const *argv, struct err *e)
{
	DEFER(plan_done) struct plan p = { 0 };

	if (c->dry_run) {
		p.title = plan_fmt(&p, "log in to %s", t->guest.name);
		plan_run(&p, "a shell in the guest, or the command given", argv);
		return call_plan(c, t, &p, e);
	}
	execvp(argv[0], (char *const *)argv);
	return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, "there is no ssh on this host (apt-get install openssh-client)")
			       : err_errno(e, errno, "%s", argv[0]);
}

static int ssh(struct call *c, struct err *e)
{
	DEFER(target_done) struct target t = { 0 };
	struct reach way = { 0 };
	char **rest = c->argv + 1;
	struct ssh_wish wish = { .user = call_option(c, "user") };
	const char *key;

	if (call_target(c, c->argv[0], 0, &t, e) < 0 || target_reach(&t, REACH_SSH, &way, &c->mem, e) < 0)
		return -1;
	key = arena_fmt(&c->mem, "%s/keys/id_ed25519", t.facts.data_dir);
	if (file_exists(key))
		wish.identity = key;
	wish.rest = (const char *const *)(*rest && !strcmp(*rest, "--") ? rest + 1 : rest);
	return log_in(c, &t, ssh_argv(&t, &way, &wish, &c->mem), e);
}

static const struct opt options[] = {
	{ "user", 'l', "USER", "log in as USER (default: the first user of the machine file)" },
	{ 0 },
};

const struct command cmd_ssh = {
	.name = "ssh",
	.group = "Reaching guests",
	.args = "GUEST [--] [OPTION|COMMAND]...",
	.summary = "log in over ssh, by the guest's name",
	.description =
		"Becomes ssh(1), with your own configuration and agent, the guest's address or the port that is forwarded to it, "
		"and the key berth put into it when it was built. The guest's host key is kept in the guest's own folder under its "
		"name. Whatever follows goes to ssh as it is: a command, or options of ssh behind '--'.",
	.example = "berth ssh hello -- uptime\nberth ssh hello -- -L 8080:localhost:80",
	.options = options,
	.min = 1,
	.max = -1,
	.completes = "guest",
	.acts = true,
	.rest = true,
	.run = ssh,
};
