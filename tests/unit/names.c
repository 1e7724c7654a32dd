/* SPDX-License-Identifier: ISC */
/* Addresses as names: of what every host has a name for; the rest stays as it is. */
#include "tap.h"

#include "app/names.h"

#include <unistd.h>

static const struct field fields[] = {
	{ "name", "NAME", 0, false, "who", NULL },
	{ "address", "ADDRESS", 0, false, "where", NULL },
	{ 0 },
};

int main(void)
{
	DEFER(view_done) struct view v = { .fields = fields };
	struct err e = { 0 };

	view_usual(&v, "name,address", &e);
	view_add(&v, (const char *const[]){ "127.0.0.1", "127.0.0.1" });
	view_add(&v, (const char *const[]){ "b", NULL });
	view_add(&v, (const char *const[]){ "c", "web.example" });
	names_show(&v, "address");
	if (access("/etc/hosts", R_OK) == 0)
		ok(strstr(v.rows.v[0].cells[1], "localhost"), "127.0.0.1 is %s", v.rows.v[0].cells[1]);
	else
		skip("127.0.0.1 has a name", "this host has no /etc/hosts");
	is(v.rows.v[0].cells[0], "127.0.0.1", "another field is left alone");
	is(v.rows.v[1].cells[1], NULL, "what is empty stays so");
	is(v.rows.v[2].cells[1], "web.example", "and so does what is no address");
	return tap_done();
}
