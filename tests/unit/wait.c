/* SPDX-License-Identifier: ISC */
/*
 * Waiting for stages of a guest made of parts: a process that holds the lock and
 * speaks QMP, a log that somebody writes, a port that somebody answers.
 */
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "app/wait.h"
#include "fake_agent.h"
#include "fake_hypervisor.h"

static struct wait_ways ways;

static pid_t hypervisor(void)
{
	return fake_hypervisor(&(struct fake_hypervisor){ .lock = ways.lock, .control = ways.control,
							  .errors = ways.errors, .log = ways.log });
}

/* Somebody who appends to the log, a byte at a time, after a moment; then ends pid, if any. */
static pid_t writer(const char *text, pid_t victim)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int fd = open(ways.log, O_WRONLY | O_CREAT | O_APPEND, 0644);

		poll(NULL, 0, 20);
		for (; *text; text++)
			if (write(fd, text, 1) < 0)
				_exit(1);
		if (victim)
			kill(victim, SIGKILL);
		_exit(0);
	}
	return pid;
}

static void process(void)
{
	enum stage reached;
	struct err e = { 0 };
	pid_t pid;

	put(ways.control, "");
	ok(wait_stage(&ways, STAGE_PROCESS, 100, &reached, &e) < 0, "%s", e.msg);
	is(e.msg, "'web' is not running (berth start web)", "who does not run is not waited for");
	pid = hypervisor();
	ok(wait_stage(&ways, STAGE_PROCESS, 5000, &reached, &e) == 0 && reached == STAGE_PROCESS, "a process that answers %s", e.msg);
	fake_end(pid);
}

static void console(void)
{
	enum stage reached;
	struct err e = { 0 };
	pid_t pid = hypervisor(), w = writer("Linux version 6.1\r\n\r\nweb login: ", 0);

	ok(wait_stage(&ways, STAGE_LOGIN, 10000, &reached, &e) == 0 && reached == STAGE_LOGIN, "a prompt that comes late %s", e.msg);
	ok(wait_stage(&ways, STAGE_KERNEL, 10000, &reached, &e) == 0 && reached == STAGE_LOGIN, "a later stage implies the earlier");
	ok(wait_log_stage(ways.log) == STAGE_LOGIN, "the log alone tells it too");
	waitpid(w, NULL, 0);
	fake_end(pid);
}

static void too_late(void)
{
	enum stage reached;
	struct err e = { 0 };
	pid_t pid = hypervisor();

	put(ways.log, "\033[2JSeaBIOS (version 1)\r\none\r\n\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix\r\nseven\r\neight\r\n\033[31mnine\033[0m\r\nten");
	ok(wait_stage(&ways, STAGE_KERNEL, 100, &reached, &e) < 0 && e.kind == ERR_TIMEOUT, "time is up");
	ok(reached == STAGE_FIRMWARE, "after the firmware");
	is(e.msg, "'web' did not reach 'kernel' within 0.1 s; it came as far as 'firmware'\nthe console's last lines:\n"
		  "  one\n  two\n  three\n  four\n  five\n  six\n  seven\n  eight\n  nine\n  ten",
	   "the message names both stages and the last ten lines");
	fake_end(pid);
}

static void stuck(void)
{
	enum stage reached;
	struct err e = { 0 };
	pid_t pid = hypervisor(), w = writer("Linux version 6.1\nKernel panic - not syncing: no init\n", 0);

	ok(wait_stage(&ways, STAGE_LOGIN, 60000, &reached, &e) < 0 && e.kind == ERR_FAILED, "a panic is not waited out");
	ok(str_starts(e.msg, "'web' got stuck at 'kernel' on the way to 'login': Kernel panic - not syncing"), "%s", e.msg);
	waitpid(w, NULL, 0);
	fake_end(pid);
}

static void death(void)
{
	enum stage reached;
	struct err e = { 0 };
	pid_t pid = hypervisor(), w;

	put(ways.errors, "qemu-system-x86_64: disk full\n");
	w = writer("Linux version 6.1\nlast words\n", pid);
	ok(wait_stage(&ways, STAGE_SSH, 60000, &reached, &e) < 0 && e.kind == ERR_FAILED, "a guest that ends is not waited for");
	is(e.msg, "'web' ended before it reached 'ssh'; it had come as far as 'kernel'\n"
		  "its hypervisor said:\n  qemu-system-x86_64: disk full\n"
		  "its console's last lines:\n  Linux version 6.1\n  last words", "and its last words are passed on");
	waitpid(w, NULL, 0);
	fake_end(pid);
}

/* A port that does one thing with everyone who comes. */
static pid_t port(const char *says, bool hangs_up, int *number)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client;
	pid_t pid;

	if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		abort();
	*number = ntohs(sa.sin_port);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((client = accept(fd, NULL, NULL)) >= 0) {
			for (const char *c = says; *c; c++)
				if (write(client, c, 1) < 0)
					break;
			if (hangs_up)
				close(client);
		}
		_exit(1);
	}
	close(fd);
	return pid;
}

static void network(void)
{
	static const struct { const char *says; bool hangs_up; enum stage want, reached; int failed; } rows[] = {
		{ "SSH-2.0-OpenSSH_9.2\r\n", false, STAGE_SSH, STAGE_SSH, 0 },
		{ "SSH-2.0-OpenSSH_9.2\r\n", false, STAGE_NETWORK, STAGE_SSH, 0 },
		{ "SSH-2.0-OpenSSH_9.2\r\n", false, STAGE_LOGIN, STAGE_PROCESS, -1 },
		{ "", true, STAGE_NETWORK, STAGE_NETWORK, 0 },
		{ "", true, STAGE_SSH, STAGE_NETWORK, -1 },
		{ "", false, STAGE_NETWORK, STAGE_PROCESS, -1 },
		{ "220 mail\r\n", false, STAGE_SSH, STAGE_NETWORK, -1 },
	};
	pid_t pid = hypervisor();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wait_ways w = ways;
		pid_t other = port(rows[i].says, rows[i].hangs_up, &w.port);
		enum stage reached;
		struct err e = { 0 };

		w.agent = NULL;
		ok(wait_stage(&w, rows[i].want, rows[i].failed ? 400 : 20000, &reached, &e) == rows[i].failed,
		   "a port that says '%s': %s", rows[i].says, e.msg);
		is(stage_word(reached), stage_word(rows[i].reached), "reached");
		fake_end(other);
	}
	fake_end(pid);
}

/* A hypervisor that goes ends its connections too; that is no answer of a guest. */
static void port_dies(void)
{
	struct wait_ways w = ways;
	pid_t pid = hypervisor(), other = port("", false, &w.port), killer;
	enum stage reached;
	struct err e = { 0 };

	w.agent = NULL;
	fflush(stdout);
	killer = fork();
	if (!killer) {
		poll(NULL, 0, 100);
		kill(other, SIGKILL);
		_exit(0);
	}
	ok(wait_stage(&w, STAGE_NETWORK, 1000, &reached, &e) < 0 && e.kind == ERR_TIMEOUT, "a port that dies: %s", e.msg);
	ok(reached == STAGE_PROCESS, "is no network");
	waitpid(killer, NULL, 0);
	fake_end(other);
	fake_end(pid);
}

static void agent(void)
{
	static const struct fake_agent plain = { 0 };
	enum stage reached;
	struct err e = { 0 };
	pid_t pid = hypervisor(), other = fake_agent(ways.agent, &plain);

	ok(wait_stage(&ways, STAGE_NETWORK, 20000, &reached, &e) == 0 && reached == STAGE_NETWORK,
	   "an agent that reports an address is network enough %s", e.msg);
	fake_end(other);
	fake_end(pid);
}

static void tool(const char *name, const char *script)
{
	const char *path = at("bin/%s", name);

	put(path, arena_fmt(&scratch_mem, "#!/bin/sh\n%s\n", script));
	if (chmod(path, 0755) < 0)
		abort();
}

/* A container whose inside is this host with a systemctl of ours in front; NULL: no systemctl at all. */
static void container(struct wait_ways *w, struct inside *in, const char *answer)
{
	static const char *prefix[3] = { "env" };
	struct err e = { 0 };

	unlink(at("bin/systemctl"));
	if (dir_make(at("bin"), 0755, &e) < 0 || (!file_exists(at("bin/true")) && symlink("/bin/true", at("bin/true")) < 0))
		abort();
	tool("hostname", ":");
	prefix[1] = arena_fmt(&scratch_mem, "PATH=%s%s", at("bin"), answer ? ":/usr/bin:/bin" : "");
	if (answer)
		tool("systemctl", answer);
	inside_open_prefix(in, prefix, false);
	*w = ways;
	w->control = w->agent = NULL;
	w->inside = in;
}

static void containers(void)
{
	static const struct { const char *systemctl; enum stage want, reached; int failed; } rows[] = {
		{ "echo running", STAGE_LOGIN, STAGE_LOGIN, 0 },
		{ "echo degraded; exit 1", STAGE_LOGIN, STAGE_LOGIN, 0 },
		{ "echo starting; exit 1", STAGE_KERNEL, STAGE_KERNEL, 0 },
		{ "echo starting; exit 1", STAGE_LOGIN, STAGE_KERNEL, -1 },
		{ "echo offline; exit 1", STAGE_LOGIN, STAGE_KERNEL, -1 },
		{ "exit 1", STAGE_FIRMWARE, STAGE_PROCESS, -1 },
		{ NULL, STAGE_LOGIN, STAGE_LOGIN, 0 },
		{ "exit 1", STAGE_PROCESS, STAGE_PROCESS, 0 },
		{ "exit 1", STAGE_NETWORK, STAGE_PROCESS, -1 },
	};
	pid_t pid = hypervisor();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct inside in = { 0 };
		struct wait_ways w;
		enum stage reached;
		struct err e = { 0 };

		container(&w, &in, rows[i].systemctl);
		ok(wait_stage(&w, rows[i].want, rows[i].failed ? 400 : 20000, &reached, &e) == rows[i].failed,
		   "%s: %s", rows[i].systemctl ? rows[i].systemctl : "no systemctl", e.msg);
		is(stage_word(reached), stage_word(rows[i].reached), "reached");
	}
	fake_end(pid);
}

static void container_starts(void)
{
	pid_t pid = hypervisor(), w = writer("Welcome to Debian!\n\nweb login: ", 0);
	const char *late = arena_fmt(&scratch_mem, "test -e %s && echo running || { echo starting; touch %s; exit 1; }",
				     at("asked"), at("asked"));
	struct inside in = { 0 };
	struct wait_ways it;
	enum stage reached;
	struct err e = { 0 };

	waitpid(w, NULL, 0);
	container(&it, &in, "echo starting; exit 1");
	ok(wait_stage(&it, STAGE_LOGIN, 400, &reached, &e) < 0 && reached == STAGE_KERNEL,
	   "a prompt alone is not all: %s", e.msg);
	container(&it, &in, late);
	ok(wait_stage(&it, STAGE_LOGIN, 20000, &reached, &e) == 0, "it is asked again %s", e.msg);
	container(&it, &in, "echo offline; exit 1");
	ok(wait_stage(&it, STAGE_LOGIN, 20000, &reached, &e) == 0,
	   "an init that is no systemd is believed in the end %s", e.msg);
	fake_end(pid);
}

static void container_ends(void)
{
	pid_t pid = hypervisor(), w;
	struct inside in = { 0 };
	struct wait_ways it;
	enum stage reached;
	struct err e = { 0 };

	container(&it, &in, "echo starting; exit 1");
	put(it.errors, "lxc-start: no room\n");
	w = writer("last words\n", pid);
	ok(wait_stage(&it, STAGE_LOGIN, 60000, &reached, &e) < 0 && e.kind == ERR_FAILED,
	   "a container that ends is not waited for");
	ok(strstr(e.msg, "lxc-start: no room") && strstr(e.msg, "last words"), "%s", e.msg);
	waitpid(w, NULL, 0);
	waitpid(pid, NULL, 0);
	ok(wait_stage(&it, STAGE_LOGIN, 60000, &reached, &e) < 0, "nor one that has ended");
	is(e.msg, "'web' is not running (berth start web)", "which is said");
	it.lock = NULL;
	ok(wait_stage(&it, STAGE_KERNEL, 20000, &reached, &e) == 0,
	   "one that holds no lock is there when it answers %s", e.msg);
}

/* Its own address is asked for inside, and its ssh is where the driver says. */
static void container_network(void)
{
	struct inside in = { 0 };
	struct wait_ways it;
	enum stage reached;
	struct err e = { 0 };
	pid_t pid = hypervisor(), other;

	container(&it, &in, "exit 1");
	tool("hostname", "[ \"$*\" = -I ] && echo '169.254.1.1 fe80::1 '");
	ok(wait_stage(&it, STAGE_NETWORK, 300, &reached, &e) < 0, "no address but one that nobody can reach: %s", e.msg);
	tool("hostname", "[ \"$*\" = -I ] && echo '169.254.1.1 10.0.3.7 '");
	ok(wait_stage(&it, STAGE_NETWORK, 20000, &reached, &e) == 0 && reached == STAGE_NETWORK, "an address %s", e.msg);
	other = port("SSH-2.0-x\r\n", false, &it.port);
	it.host = "127.0.0.2";
	ok(wait_stage(&it, STAGE_SSH, 300, &reached, &e) < 0, "nobody is at another address: %s", e.msg);
	it.host = "127.0.0.1";
	ok(wait_stage(&it, STAGE_SSH, 20000, &reached, &e) == 0, "but at the right one %s", e.msg);
	fake_end(other);
	fake_end(pid);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	scratch_begin();
	ways = (struct wait_ways){ .name = "web", .host = "127.0.0.1", .lock = at("lock"), .control = at("qmp.sock"),
				   .log = at("console.log"), .errors = at("qemu.log"), .agent = at("agent.sock") };
	process();
	console();
	too_late();
	stuck();
	death();
	network();
	port_dies();
	agent();
	containers();
	container_starts();
	container_ends();
	container_network();
	scratch_end();
	return tap_done();
}
