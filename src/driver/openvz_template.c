/* SPDX-License-Identifier: ISC */
/*
 * The template a container is made from: a packed root tree in OpenVZ's own cache.
 * One that is missing is fetched beside its place, with a sum of what came, and
 * published by renaming it; what we fetched is compared with its sum before it is
 * used again. What others put there is theirs, and used as it is.
 */
#include "base/str.h"
#include "driver/openvz.h"

static const char *const packings[] = { "gz", "bz2", "xz", NULL };

/* Where a mirror may have it, in the order of how well it is looked after; some have the lesser ones beside the best. */
static const char *const places[] = {
	"precreated", "precreated/beta", "precreated/contrib", "precreated/unsupported", "beta", "contrib", "unsupported", NULL,
};

static const char *const usual_mirrors[] = { "https://download.openvz.org/template" };

/* The file of a cached template; NULL when it is not cached. */
static const char *cached(const struct facts *f, const char *name, struct arena *a)
{
	for (const char *const *s = packings; *s; s++) {
		char *file = arena_fmt(a, "%s.tar.%s", name, *s);

		if (words_has(&f->templates, file))
			return file;
	}
	return NULL;
}

const char *vz_template(const struct guest *g, const struct facts *f, const struct os *os)
{
	DEFER(arena_done) struct arena a = { 0 };

	return cached(f, g->os, &a) ? g->os : os->template;
}

static const char *in_cache(struct vz *v, const char *file)
{
	return plan_fmt(v->p, "%s/template/cache/%s", v->g->openvz.root, file);
}

static void check_sum(struct vz *v, const char *file)
{
	const char *sum = plan_fmt(v->p, "%s.sha256", file);
	struct step_status *said = arena_alloc(&v->p->mem, 2 * sizeof *said);
	struct step *s;

	if (!words_has(&v->f->templates, sum))
		return;
	said[0] = (struct step_status){ 1, ERR_FAILED, plan_fmt(v->p, "'%s' is not what was fetched once (delete it, and "
								      "it is fetched anew)", in_cache(v, file)) };
	s = plan_run(v->p, "the template is as it was fetched", ARGV("sha256sum", "--check", "--status", sum));
	s->cwd = in_cache(v, "");
	s->statuses = said;
}

static void try_mirror(struct vz *v, const char *mirror, const char *file, const char *fresh)
{
	const char *curl = facts_tool(v->f, "curl"), *to = plan_fmt(v->p, "%s/%s", fresh, file);

	for (const char *const *place = places; *place; place++) {
		struct step *s = plan_run(v->p, plan_fmt(v->p, "the template, if %s/%s has it", mirror, *place),
					  ARGV(curl ? curl : "curl", "--fail", "--silent", "--show-error", "--location",
					       "--remove-on-error", "--output", to,
					       plan_fmt(v->p, "%s/%s/%s", mirror, *place, file)));

		s->guard = to;
		s->may_fail = true;
	}
}

static void sum_up(struct vz *v, const char *template, const char *file, const char *fresh)
{
	struct step_status *said = arena_alloc(&v->p->mem, 2 * sizeof *said);
	const struct words *own = &v->g->openvz.mirrors;
	DEFER(str_done) struct str asked = { 0 };
	struct step *s;

	for (size_t i = 0; i < own->n; i++)
		str_fmt(&asked, "%s%s", i ? ", " : "", own->v[i]);
	said[0] = (struct step_status){ 1, ERR_NOT_FOUND,
		plan_fmt(v->p, "template '%s' is in none of %s (put %s into %s, or name a mirror: driver.openvz.mirrors)",
			 template, own->n ? str_text(&asked) : usual_mirrors[0], file, in_cache(v, "")) };
	s = plan_run(v->p, "a sum of what came", ARGV("sha256sum", file));
	s->cwd = fresh;
	s->stdout_path = plan_fmt(v->p, "%s/%s.sha256", fresh, file);
	s->statuses = said;
}

/* All of them may have one directory, so the sum stands before the template does. */
static void fetch(struct vz *v, const char *template)
{
	const struct words *own = &v->g->openvz.mirrors;
	const char *file = plan_fmt(v->p, "%s.tar.gz", template), *fresh = in_cache(v, plan_fmt(v->p, "%s.new", template));

	plan_dir(v->p, "a place for locks", plan_fmt(v->p, "%s/lock", v->f->cache_dir), 0755);
	plan_lock(v->p, "fetched by one build, not by two",
		  plan_fmt(v->p, "%s/lock/openvz-%s", v->f->cache_dir, template), true);
	plan_guard(v->p, in_cache(v, file));
	plan_remove(v->p, "what an interrupted build left", fresh);
	plan_dir(v->p, "a place to fetch it to", fresh, 0755);
	plan_remove(v->p, "what was fetched", fresh);
	plan_undo(v->p);
	for (size_t i = 0; i < own->n; i++)
		try_mirror(v, own->v[i], file, fresh);
	for (size_t i = 0; !own->n && i < sizeof usual_mirrors / sizeof *usual_mirrors; i++)
		try_mirror(v, usual_mirrors[i], file, fresh);
	sum_up(v, template, file, fresh);
	plan_move(v->p, "its sum", plan_fmt(v->p, "%s/%s.sha256", fresh, file),
		  in_cache(v, plan_fmt(v->p, "%s.sha256", file)));
	plan_move(v->p, "the template is there", plan_fmt(v->p, "%s/%s", fresh, file), in_cache(v, file));
	plan_guard(v->p, NULL);
	plan_remove(v->p, "where it was fetched to", fresh);
}

int vz_fetch(struct vz *v, const char *template, struct err *e)
{
	const char *file = cached(v->f, template, &v->p->mem);

	if (file)
		check_sum(v, file);
	else if (!facts_tool(v->f, "curl"))
		return err_set(e, ERR_NOT_FOUND, "curl, which fetches templates, is missing: apt install curl (or put %s.tar.gz "
			       "into %s)", template, in_cache(v, ""));
	else
		fetch(v, template);
	return 0;
}
