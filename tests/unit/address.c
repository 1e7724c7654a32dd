/* SPDX-License-Identifier: ISC */
/* Addresses: what is understood, what is wrong and where, and whom they mean. */
#include "base/str.h"
#include "model/address.h"
#include "tap.h"

/* "label=web uuid=..." with a '~' in front of a pattern; the error when there is one. */
static char *read_back(const char *word, struct arena *m)
{
	DEFER(address_done) struct address a = { 0 };
	DEFER(str_done) struct str s = { 0 };
	struct err e = { 0 };

	if (address_parse(&a, word, &e) < 0)
		return arena_fmt(m, "%d %s", e.kind, e.msg);
	if (a.file)
		str_fmt(&s, "file=%s ", a.file);
	if (a.host)
		str_fmt(&s, "host=%s ", a.host);
	for (size_t i = 0; i < a.parts.n; i++)
		str_fmt(&s, "%s%s=%s ", a.parts.v[i].glob ? "~" : "", address_key_word(a.parts.v[i].key), a.parts.v[i].text);
	for (size_t i = 0; i < a.base.n; i++)
		str_fmt(&s, "base=%s ", a.base.v[i]);
	return arena_strn(m, str_text(&s), s.n ? s.n - 1 : 0);
}

static const struct { const char *word, *want; } reads[] = {
	{ "web", "label=web" },
	{ "l:web", "label=web" },
	{ "LABEL:web", "label=web" },
	{ "web*", "~label=web*" },
	{ "web[12]", "~label=web[12]" },
	{ "@lab", "tag=lab" },
	{ "tag:lab,l:web", "tag=lab label=web" },
	{ "./web.conf", "file=./web.conf" },
	{ "web.conf", "file=web.conf" },
	{ "/srv/m/web", "file=/srv/m/web" },
	{ "m/sub/web", "file=m/sub/web" },
	{ "m/web.conf", "file=m/web.conf" },
	{ "a:b.conf", "file=a:b.conf" },
	{ "lab3/web", "host=lab3 label=web" },
	{ "ann@lab3.example.org:2222/web", "host=ann@lab3.example.org:2222 label=web" },
	{ "lab3/uuid:6E4154F10CF68BF3A74201F625A03FD2", "host=lab3 uuid=6e4154f1-0cf6-8bf3-a742-01f625a03fd2" },
	{ "lab3/i:/srv/web.conf", "host=lab3 id=/srv/web.conf" },
	{ "lab3/@web", "host=lab3 tag=web" },
	{ "u:6e4154f1-0cf6-8bf3-a742-01f625a03fd2", "uuid=6e4154f1-0cf6-8bf3-a742-01f625a03fd2" },
	{ "uuid:6e41*", "~uuid=6e41*" },
	{ "m:52:54:00:AA:bb:cc", "mac=52:54:00:aa:bb:cc" },
	{ "mac:52-54-00-aa-bb-cc", "mac=52:54:00:aa:bb:cc" },
	{ "mac:5254.00aa.bbcc", "mac=52:54:00:aa:bb:cc" },
	{ "mac:525400aabbcc", "mac=52:54:00:aa:bb:cc" },
	{ "m:52:54:00:*", "~mac=52:54:00:*" },
	{ "t:10.0.0.1", "tcp=10.0.0.1" },
	{ "ip:Web.Example.ORG", "tcp=web.example.org" },
	{ "id:/srv/a.conf", "id=/srv/a.conf" },
	{ "pname:/srv/a.conf", "id=/srv/a.conf" },
	{ "p:/srv/*/a.conf", "~id=/srv/*/a.conf" },
	{ "fname:pool/web/", "file=pool/web" },
	{ "f:$(touch x)", "file=$(touch x)" },
	{ "dr:12", "record=12" },
	{ "dbrec:12,base:/a%/b", "record=12 base=/a base=/b" },
	{ "b:/srv/,l:web", "label=web base=/srv" },
	{ "l:web,l:WEB", "label=web label=WEB" },
	{ "m:525400aabbcc,m:525400aabbcd", "mac=52:54:00:aa:bb:cc mac=52:54:00:aa:bb:cd" },

	{ "", "2 an address is empty: which guest? ('berth list' shows all)" },
	{ "a b", "2 'a b': 'a b' is not a name a guest can have" },
	{ "$(touch x)", "2 '$(touch x)': '$(touch x)' is not a name a guest can have" },
	{ "l:$(touch x)", "2 'l:$(touch x)', column 3: '$(touch x)' is not a name a guest can have" },
	{ "web\033[2J", "2 an address has a control character in column 4" },
	{ "labl:web", "2 'labl:web': 'labl' is no key of an address (did you mean 'label'?)" },
	{ "l:web,zzzzzzzzz:1", "2 'l:web,zzzzzzzzz:1', column 7: 'zzzzzzzzz' is no key of an address "
			       "(label id file uuid mac tcp base record tag)" },
	{ "l:", "2 'l:': 'label' has no value" },
	{ "@", "2 '@': 'tag' has no value" },
	{ "l:web,", "2 'l:web,', column 7: a key is expected between commas" },
	{ "l:web,,u:1", "2 'l:web,,u:1', column 7: a key is expected between commas" },
	{ "web,db", "2 'web,db': 'web' has no key in front (try label:web)" },
	{ "l:web,db", "2 'l:web,db', column 7: 'db' has no key in front (try label:db)" },
	{ "u:12", "2 'u:12', column 3: '12' is no UUID, which has 32 digits of 0-9 and a-f" },
	{ "m:52:54:00:aa:bb", "2 'm:52:54:00:aa:bb', column 3: '52:54:00:aa:bb' is no MAC address, which has 12 digits of 0-9 and a-f "
			      "(52:54:00:12:34:56)" },
	{ "t:a b", "2 't:a b', column 3: 'a b' is neither an address nor a host name" },
	{ "i:web.conf", "2 'i:web.conf', column 3: 'web.conf' is no absolute path (a machine file can be given as it is, without a key)" },
	{ "dr:0", "2 'dr:0', column 4: '0' is no number of a record" },
	{ "dr:x", "2 'dr:x', column 4: 'x' is no number of a record" },
	{ "b:/srv", "2 'b:/srv': names directories to look in, and no guest (add label:, uuid: ...)" },
	{ "l:web,b:/srv%%/x", "2 'l:web,b:/srv%%/x', column 9: an empty directory" },
	{ "l:web,b:/srv%", "2 'l:web,b:/srv%', column 9: an empty directory" },
	{ "l:web,l:db", "2 'l:web,l:db', column 7: 'web' and 'db' contradict each other: a guest has one label" },
	{ "i:/a,p:/b", "2 'i:/a,p:/b', column 6: '/a' and '/b' contradict each other: a guest has one id" },
};

/* Whom it means: a guest with everything. */
static void card(struct card *c, struct arena *m)
{
	*c = (struct card){ .record = 7, .label = "tst1", .uuid = "6e4154f1-0cf6-8bf3-a742-01f625a03fd2", .state = "active" };
	words_add(&c->macs, m, "52:54:00:aa:bb:cc");
	words_add(&c->macs, m, "52:54:00:aa:bb:cd");
	words_add(&c->names, m, "10.0.0.1");
	words_add(&c->names, m, "tst1.example.org");
	words_add(&c->tags, m, "lab");
	words_add(&c->paths, m, "/srv/pool/tst1/tst1.conf");
}

static const struct { const char *word; bool fits; } fit[] = {
	{ "tst1", true }, { "TST1", true }, { "tst", false }, { "tst10", false }, { "st1", false }, { "tst*", true }, { "TST?", true },
	{ "tst1?", false }, { "tst[2-9]", false },
	{ "u:6E4154F10CF68BF3A74201F625A03FD2", true }, { "u:6e4154f1-0cf6-8bf3-a742-01f625a03fd3", false }, { "u:6e41*", true },
	{ "m:52-54-00-AA-BB-CC", true }, { "m:525400aabbcd", true }, { "m:525400aabbce", false },
	{ "m:525400aabbcc,m:525400aabbcd", true },
	{ "t:10.0.0.1", true }, { "t:10.0.0.10", false }, { "t:10a0.0.1", false }, { "t:tst1.example.org", true }, { "t:10.0.0.*", true },
	{ "i:/srv/pool/tst1/tst1.conf", true }, { "i:/srv/pool/tst1/tst1", false }, { "i:/srv/*/*/tst1.conf", true },
	{ "i:/srv/*/tst1.conf", false },
	{ "f:tst1", true }, { "f:tst1.conf", true }, { "f:tst1/tst1", true }, { "f:pool/tst1", true }, { "f:pool", true },
	{ "f:/srv/pool", true }, { "f:/pool", false }, { "f:ool/tst1", false }, { "f:tst", false }, { "f:tst1.con", false },
	{ "f:pool/*", true }, { "f:p*l/tst1", true }, { "f:srv", true }, { "f:/srv/pool/tst1/tst1.conf", true },
	{ "@lab", true }, { "@la", false }, { "@l*", true }, { "dr:7", true }, { "dr:8", false },
	{ "l:tst1,b:/srv", true }, { "l:tst1,b:/srv/pool/tst1", true }, { "l:tst1,b:/sr", false }, { "l:tst1,b:/x%/srv", true },
	{ "l:tst1,b:/", true }, { "l:tst1,m:525400aabbcc,t:10.0.0.1", true }, { "l:tst1,t:10.0.0.2", false },
};

static void test_fit(void)
{
	struct arena m = { 0 };
	struct card c;

	card(&c, &m);
	for (size_t i = 0; i < sizeof fit / sizeof *fit; i++) {
		DEFER(address_done) struct address a = { 0 };
		struct err e = { 0 };

		ok(!address_parse(&a, fit[i].word, &e) && !address_misfit(&a, &c) == fit[i].fits, "'%s' is %smeant", fit[i].word,
		   fit[i].fits ? "" : "not ");
	}
	arena_done(&m);
}

static void test_kinds(void)
{
	static const struct { const char *word, *name; bool many; } kinds[] = {
		{ "web", "web", false }, { "localhost/web", "web", false }, { "l:web", "web", false }, { "web*", NULL, true },
		{ "@lab", NULL, true }, { "l:web,b:/srv", NULL, false }, { "l:web,@lab", NULL, true }, { "./a*.conf", NULL, false },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		DEFER(address_done) struct address a = { 0 };
		struct err e = { 0 };

		ok(!address_parse(&a, kinds[i].word, &e) && address_many(&a) == kinds[i].many, "'%s': %s", kinds[i].word,
		   kinds[i].many ? "several" : "one");
		is(address_name(&a), kinds[i].name, "its name");
	}
}

/* A card of a guest, as JSON and back. */
static void test_card(void)
{
	static const char text[] =
		"# #@#VMSTATE = \"BACKUP\"\n[hardware]\nvm_id = web\n[[eths]]\n[[[eth0]]]\ntype = bridge\nhw_addr = 52:54:00:AA:BB:CC\n"
		"[guest]\ntags = lab, $(touch x)\n[network]\n[[eths]]\n[[[eth0]]]\naddress = 10.0.0.5\n[config]\nhostname = Web\n";
	DEFER(guest_done) struct guest g = { 0 };
	DEFER(report_done) struct report r = { 0 };
	struct arena m = { 0 };
	struct err e = { 0 };
	struct card c, back;
	json_t *details, *o;
	const json_t *record;

	ok(guest_parse(&g, "/srv/web.conf", text, sizeof text - 1, &r, &e) == 0, "a machine file");
	card_make(&c, &g, text, "/srv/web.conf", NULL, &m);
	details = card_describe(&c, &g, "ada", NULL, &m);
	o = card_json(&c);
	card_read(&back, o, &m);
	is(back.label, "web", "its label");
	is(back.macs.v[0], "52:54:00:aa:bb:cc", "its MAC address, in lower case");
	is(back.names.v[0], "10.0.0.5", "its address");
	is(back.names.v[1], "web", "its host name");
	is(back.tags.v[1], "$(touch x)", "a hostile tag is a tag");
	is(back.paths.v[0], "/srv/web.conf", "its file");
	is(back.state, "backup", "what ctys says in a comment");
	ok(!card_choosable(&back), "a backup is not chosen");
	record = json_array_get(json_object_get(back.details, "records"), 0);
	is(json_string_value(json_object_get(record, "vmstate")), "backup", "its record says so, too");
	is(json_string_value(json_object_get(record, "tags")), "lab,$(touch x)", "and its tags");
	is(json_string_value(json_object_get(record, "user")), "ada", "and who asked");
	is(json_string_value(json_object_get(record, "id")), "/srv/web.conf", "and its file");
	json_decref(o);
	json_decref(details);
	card_make(&c, &g, "x #@#MAGICID-IGNORE\n", "/srv/web.conf", NULL, &m);
	is(c.state, "ignore", "a file to be ignored");
	arena_done(&m);
}

int main(void)
{
	struct arena m = { 0 };

	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
		is(read_back(reads[i].word, &m), reads[i].want, reads[i].word);
	test_fit();
	test_kinds();
	test_card();
	arena_done(&m);
	return tap_done();
}
