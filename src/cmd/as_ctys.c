/* SPDX-License-Identifier: ISC */
#include "cmd/as_ctys.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/common.h"
#include "front/ctys.h"
#include "sys/file.h"
#include "text/quote.h"

enum { MAX_BYTES = 100000 };

/* Those that are more than a call of berth. */
static const struct ctys_program {
	const char *name;
	int (*run)(struct call *c, int argc, char **argv, struct err *e);
} programs[] = {
	{ "ctys-vhost", as_vhost },
	{ "ctys-createConfVM", as_make },
};

static const struct ctys_program *program_find(const char *name)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (!strcmp(programs[i].name, name))
			return &programs[i];
	return NULL;
}

bool as_ctys_is(const char *program)
{
	return !strcmp(program, "ctys") || program_find(program) || ctys_tool_find(program);
}

static const char *home(void)
{
	const char *dir = getenv("HOME");

	return dir && *dir == '/' ? dir : "/";
}

/* A file of a name along a path; NULL without an error: it is nowhere. The name comes from a call, and stays below. */
static const char *along(const char *variable, const char *usual, const char *name, struct arena *a, struct err *e)
{
	const char *path = getenv(variable);
	struct stat st;

	if (!path || !*path)
		path = arena_fmt(a, "%s/.ctys/%s", home(), usual);
	if (*name == '/' || *name == '.' || strstr(name, "/."))
		return NULL;
	while (*path) {
		size_t n = strcspn(path, ":");
		const char *file = arena_fmt(a, "%.*s/%s", (int)n, path, name);
		DEFER(free_str) char *text = NULL;

		path += n + (path[n] == ':');
		if (!n || stat(file, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		text = file_read(file, MAX_BYTES, NULL, e);
		return text ? arena_str(a, text) : NULL;
	}
	return NULL;
}

static const char *find_group(void *arg, const char *name, struct arena *a, struct err *e)
{
	return along("CTYS_GROUPS_PATH", "groups", name, a, e);
}

static const char *find_macros(void *arg, const char *name, struct arena *a, struct err *e)
{
	return along("CTYS_MACRO_PATH", "macros", name, a, e);
}

static struct ctys_here look_around(struct arena *a)
{
	const struct passwd *pw = getpwuid(getuid());
	struct utsname u = { 0 };

	uname(&u);
	return (struct ctys_here){ .user = pw ? arena_str(a, pw->pw_name) : NULL, .host = arena_str(a, u.nodename), .home = home(),
				   .exists = file_exists };
}

static int tell(const char *program, const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", program, e->msg);
	return (int)e->kind;
}

/* One call of berth; its status, and what went wrong is in the error. */
static int run(const struct words *words, struct arena *a, struct err *e)
{
	struct words w = { 0 };

	words_add(&w, a, "berth");
	for (size_t i = 0; i < words->n; i++)
		words_add(&w, a, words->v[i]);
	words_add(&w, a, NULL);
	return dispatch((int)w.n - 1, (char **)w.v, e);
}

/* Some commands become another program, and others are to follow. */
static int run_apart(const char *program, const struct words *words, struct arena *a)
{
	struct err own = { 0 };
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = run(words, a, &own);
		if (own.kind)
			status = tell(program, &own);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return ERR_FAILED;
	return WEXITSTATUS(status);
}

static void show(const struct words *words, struct arena *a)
{
	DEFER(str_done) struct str s = { 0 };
	struct words w = { 0 };

	words_add(&w, a, "berth");
	for (size_t i = 0; i < words->n; i++)
		words_add(&w, a, words->v[i]);
	words_add(&w, a, NULL);
	quote_argv(&s, w.v);
	puts(str_text(&s));
}

/* All of a request, up to the first that fails: its status. last: there is nothing to be done behind it. */
static int run_all(const char *program, const struct ctys_calls *calls, bool dry, bool last, struct arena *a)
{
	for (size_t i = 0; i < calls->notes.n; i++)
		fprintf(stderr, "%s: %s\n", program, calls->notes.v[i]);
	for (size_t i = 0; i < calls->v.n; i++) {
		const struct words *w = &calls->v.v[i];
		bool becomes = str_eq(w->v[0], "console") || str_eq(w->v[0], "vnc");
		struct err own = { 0 };
		int status = 0;

		if (dry)
			show(w, a);
		else if (becomes && !(last && i + 1 == calls->v.n))
			status = run_apart(program, w, a);
		else
			status = run(w, a, &own);
		if (own.kind)
			return tell(program, &own);
		if (status)
			return status;
	}
	return 0;
}

static int ctys(struct call *c, const char *program, int argc, char **argv)
{
	static const struct ctys_files files = { find_group, find_macros, NULL };
	DEFER(ctys_done) struct ctys parsed = { 0 };
	const struct ctys_here here = look_around(&c->mem);
	struct tally tally = { 0 };
	struct err e = { 0 };

	if (ctys_parse(&parsed, argc, argv, &files, &e) < 0)
		return tell(program, &e);
	for (size_t i = 0; i < parsed.requests.n; i++) {
		const struct ctys_request *q = &parsed.requests.v[i];
		struct ctys_calls calls = { 0 };
		struct err own = { 0 };
		int status = ctys_berth(q, &here, &calls, &c->mem, &own) < 0 ? tell(program, &own) :
			     run_all(program, &calls, ctys_option(q, 'n'), i + 1 == parsed.requests.n, &c->mem);

		if (parsed.requests.n == 1)
			return status;
		tally_add(&tally, (enum err_kind)status);
	}
	return tally_end(&tally, "ctys", &e) < 0 ? tell(program, &e) : 0;
}

static int tool(struct call *c, const struct ctys_tool *t, int argc, char **argv)
{
	const struct ctys_here here = look_around(&c->mem);
	struct words words = { 0 };
	struct err e = { 0 };
	int status;

	if (ctys_tool_call(t, argc, argv, &here, &words, &c->mem, &e) < 0)
		return tell(t->program, &e);
	status = run(&words, &c->mem, &e);
	return e.kind ? tell(t->program, &e) : status;
}

int as_ctys(struct call *c)
{
	const char *program = c->argv[0];
	const struct ctys_tool *t = ctys_tool_find(program);
	const struct ctys_program *o = program_find(program);
	struct err e = { 0 };

	if (o)
		return o->run(c, c->argc - 1, c->argv + 1, &e) < 0 ? tell(program, &e) : 0;
	return t ? tool(c, t, c->argc - 1, c->argv + 1) : ctys(c, program, c->argc - 1, c->argv + 1);
}
