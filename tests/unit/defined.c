/* SPDX-License-Identifier: ISC */
/* The record of a guest that is defined: one for each interface, with the numbers of ctys. */
#include "tap.h"

#include "model/defined.h"

static const char conf[] =
	"[hardware]\nvm_id = web\nos = debian-12\nram = 512\ncpus = 2\nuuid = 4d131ea7-2db5-80c3-a135-98cb15cbbb6c\n"
	"[[eths]]\n[[[eth0]]]\ntype = bridge\nbridge = br0\nmac = 52:54:00:00:00:01\n[[[eth1]]]\ntype = network\nlink = lab\nmac = 52:54:00:00:00:02\n"
	"[network]\ngateway = 10.0.0.1\n[[eths]]\n[[[eth0]]]\naddress = 10.0.0.2\nmask = /24\n"
	"[console]\nvnc = tcp\nvnc_port = 5907\n";

static const struct { const char *list, *want; } rows[] = {
	{ "1,2,3,4", "host=here driver=qemu name=web id=/vm/web.conf / host=here driver=qemu name=web id=/vm/web.conf" },
	{ "uuid,mac,address", "uuid=4d131ea7-2db5-80c3-a135-98cb15cbbb6c mac=52:54:00:00:00:01 address=10.0.0.2 / "
			      "uuid=4d131ea7-2db5-80c3-a135-98cb15cbbb6c mac=52:54:00:00:00:02 address=" },
	{ "display,cport,vncbase", "display=:7 cport=5907 vncbase=50000 / display=:7 cport=5907 vncbase=50000" },
	{ "dist,distrel,system,arch", "dist=debian distrel=12 system=Linux arch=x86_64 / dist=debian distrel=12 system=Linux arch=x86_64" },
	{ "netmask,gateway,relay", "netmask=255.255.255.0 gateway=10.0.0.1 relay=br0 / netmask= gateway= relay=lab" },
	{ "cpus,memory,vmstate,index,os", "cpus=2 memory=512M vmstate=backup index=7 os=debian-12 / cpus=2 memory=512M vmstate=backup index=7 os=debian-12" },
};

static void add(struct view *v, const struct defined *d, bool kept)
{
	json_t *o = kept ? defined_keep(d) : NULL;

	view_add(v, kept ? &(struct defined){ .kept = o, .number = d->number } : d);
	json_decref(o);
}

/* The same from the guest as from what was kept of it. */
static void shows(const struct guest *g, const char *list, bool kept, const char *want)
{
	DEFER(view_done) struct view v = { .fields = defined_fields };
	DEFER(table_done) struct table t = { 0 };
	DEFER(str_done) struct str out = { 0 };
	struct err e = { 0 };

	view_output(&v, &(struct wording){ list, "list", 0, 1 }, NULL, NULL, &e);
	for (size_t i = 0; i < defined_records(g); i++)
		add(&v, &(struct defined){ .g = g, .nic = i, .host = "here", .path = "/vm/web.conf", .state = "backup", .number = 7 }, kept);
	view_table(&v, true, &t);
	for (size_t i = 0; i < t.rows.n; i++)
		for (size_t j = 0; j < t.ncolumns; j++)
			str_fmt(&out, "%s%s=%s", j ? " " : i ? " / " : "", t.columns[j].key, t.rows.v[i][j] ? t.rows.v[i][j] : "");
	is(str_text(&out), want, kept ? "kept" : list);
}

static void numbers(void)
{
	bool all = true;

	for (int i = 1; i <= 47; i++)
		all &= defined_fields[i - 1].number == i;
	ok(all, "fields 1 to 47 are there, in their order");
}

int main(void)
{
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { .file = "web.conf" };
	struct guest bare = { .name = "bare" };
	struct err e = { 0 };

	ok(guest_parse(&g, "web.conf", conf, strlen(conf), &r, &e) == 0, "a guest: %s", e.msg);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		shows(&g, rows[i].list, false, rows[i].want);
		shows(&g, rows[i].list, true, rows[i].want);
	}
	shows(&bare, "name,mac,address,relay,os,dist", false, "name=bare mac= address= relay= os= dist=");
	numbers();
	return tap_done();
}
