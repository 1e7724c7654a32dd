/* SPDX-License-Identifier: ISC */
#include "driver/attendant.h"

void attendant_start(const struct guest *g, const struct facts *f, const char *const *program, struct plan *p)
{
	const char *attend = facts_tool(f, "berth-attend");
	struct words w = { 0 };

	if (!attend)
		return;
	words_extend(&w, &p->mem, ARGV(attend, guest_run_dir(f, g->name, &p->mem)));
	if (program) {
		words_add(&w, &p->mem, guest_lock(f, g->name, &p->mem));
		words_extend(&w, &p->mem, program);
	}
	plan_daemon(p, "who serves the viewers of its console", argv_of(&w, &p->mem),
		    guest_run_file(f, g->name, "attend.lock", &p->mem), guest_run_file(f, g->name, "attend.log", &p->mem),
		    f->run_uid, f->run_gid)->may_fail = true;
}
