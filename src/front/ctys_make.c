/* SPDX-License-Identifier: ISC */
#include "front/ctys_make.h"

#include <string.h>
#include <strings.h>

#include "front/ctys_facts.h"
#include "model/guest.h"

enum kind {
	FACT,           /* #@#KEY = "value" */
	SETTING,        /* KEY="value" */
	PART,           /* of another one */
};

/* In the order they are written. */
static const struct variable {
	const char *key, *alias;        /* in the environment, both */
	enum kind kind;
	const char *usual;
} variables[] = {
	{ "SESSIONTYPE", NULL, FACT, "QEMU" },
	{ "VMSTATE", NULL, FACT, "ACTIVE" },
	{ "UUID", NULL, FACT, NULL },
	{ "MAC0", "MAC", FACT, NULL },
	{ "IP0", NULL, FACT, NULL },
	{ "IP", "TCP", PART, NULL },
	{ "NETMASK", NULL, PART, NULL },
	{ "BRIDGE", NULL, PART, NULL },
	{ "GATEWAY", NULL, PART, NULL },
	{ "OS", NULL, FACT, NULL },
	{ "OSREL", "OSVERSION", FACT, NULL },
	{ "DIST", NULL, FACT, NULL },
	{ "DISTREL", "RELEASE", FACT, NULL },
	{ "ARCH", NULL, FACT, NULL },
	{ "PLATFORM", NULL, FACT, NULL },
	{ "VERNO", NULL, FACT, NULL },
	{ "SERNO", NULL, FACT, NULL },
	{ "CATEGORY", NULL, FACT, "VM" },
	{ "DEFAULTHOSTS", NULL, FACT, NULL },
	{ "DEFAULTCONSOLE", NULL, FACT, NULL },
	{ "EXECLOCATION", NULL, FACT, NULL },
	{ "RELOCCAP", NULL, FACT, NULL },
	{ "CSTRG", NULL, FACT, NULL },
	{ "USTRG", NULL, FACT, NULL },
	{ "INST_DATE", NULL, FACT, NULL },
	{ "INST_HOST", NULL, FACT, NULL },
	{ "INST_UID", NULL, FACT, NULL },
	{ "ACCELERATOR", NULL, SETTING, NULL },
	{ "STARTERCALL", NULL, PART, NULL },
	{ "CPU", NULL, SETTING, NULL },
	{ "SMP", "VCPU", SETTING, "1" },
	{ "MEMSIZE", "VRAM", SETTING, "512" },
	{ "HDDBOOTIMAGE", NULL, SETTING, NULL },
	{ "HDDBOOTIMAGE_INST_SIZE", NULL, SETTING, "8G" },
	{ "CDIMAGE", "INSTCDROM", SETTING, NULL },
	{ "KERNELIMAGE", NULL, SETTING, NULL },
	{ "INITRDIMAGE", NULL, SETTING, NULL },
	{ "APPEND", NULL, SETTING, NULL },
	{ "INST_KERNEL", NULL, FACT, NULL },
	{ "INST_INITRD", NULL, FACT, NULL },
	{ "INST_EXTRA", NULL, FACT, NULL },
	{ "ARGSADD", NULL, SETTING, NULL },
};

enum { NVARIABLES = sizeof variables / sizeof *variables };

/* A value, and the letter of where it comes from. */
struct value {
	const char *text;
	char origin;
};

static int type(const char *word, struct err *e)
{
	if (!strcasecmp(word, "QEMU") || !strcasecmp(word, "KVM"))
		return 0;
	return err_set(e, ERR_UNSUPPORTED, "guests of type %s are not made by this berth (qemu)", word);
}

/* A letter, and its value if it takes one; how many words it was. */
static int short_option(struct ctys_make *m, int argc, char **argv, struct err *e)
{
	const char letter = argv[0][1], *value = argv[0][2] ? argv[0] + 2 : argc > 1 ? argv[1] : NULL;
	int used = argv[0][2] ? 1 : 2;

	m->make_folder |= letter == 'C';
	m->terse |= letter == 'X';
	m->help |= letter == 'h' || letter == 'H';
	m->version |= letter == 'V' || letter == 'v';
	if (strchr("CXhVvf", letter))
		return 1;
	if (!strchr("tDdLR", letter))
		return err_set(e, ERR_USAGE, "'-%c' is no option of ctys-createConfVM", letter);
	if (!value)
		return err_set(e, ERR_USAGE, "'-%c' needs a value", letter);
	if (letter == 'R')
		return err_set(e, ERR_UNSUPPORTED, "-R %s: guests on other hosts are not made by this berth", value);
	if (letter == 'D')
		m->folder = value;
	return letter == 't' && type(value, e) < 0 ? -1 : used;
}

/* What is as it is anyhow. */
static bool is_moot(const char *word)
{
	static const char *const moot[] = {
		"--auto", "--auto-all", "--no-create-image", "--create-image", "--save-para-kernel", "--no-save-para-kernel", "--expert",
	};

	for (size_t i = 0; i < sizeof moot / sizeof *moot; i++)
		if (!strcmp(moot[i], word))
			return true;
	return false;
}

static int long_option(struct ctys_make *m, const char *word, struct err *e)
{
	if (str_starts(word, "--label="))
		m->label = strchr(word, '=') + 1;
	else if (str_starts(word, "--defaults-file="))
		m->defaults = strchr(word, '=') + 1;
	else if (!strcmp(word, "--no-write-conf-files"))
		m->print = true;
	else if (!strcmp(word, "--levo") || !strcmp(word, "-levo") || !strcmp(word, "--list-env-var-options") ||
		 !strcmp(word, "--list-environment-variable-options"))
		m->list = true;
	else if (!strcmp(word, "--defaults-file-create"))
		return err_set(e, ERR_UNSUPPORTED, "--defaults-file-create: write KEY=value lines into a file (--levo tells the keys)");
	else if (!is_moot(word))
		return err_set(e, ERR_USAGE, "'%s' is no option of ctys-createConfVM", word);
	return 0;
}

int ctys_make_parse(struct ctys_make *m, int argc, char **argv, struct err *e)
{
	for (int i = 0; i < argc; ) {
		bool is_long = str_starts(argv[i], "--") || !strcmp(argv[i], "-levo");
		int used = 1;

		if (argv[i][0] != '-' || !argv[i][1])
			return err_set(e, ERR_UNSUPPORTED, "%s: guests on other hosts are not made by this berth", argv[i]);
		if (is_long ? long_option(m, argv[i], e) < 0 : (used = short_option(m, argc - i, argv + i, e)) < 0)
			return -1;
		i += used;
	}
	if (m->help || m->version || (m->list && !m->label))
		return 0;
	if (!m->label || !*m->label)
		return err_set(e, ERR_USAGE, "it is not said what the guest is called (--label=NAME)");
	return guest_name_ok(m->label) ? 0 : err_set(e, ERR_USAGE, "'%s' is not a name a guest can have", m->label);
}

/* What a text says, by either name. */
static const char *in_text(const char *text, const struct variable *v, struct arena *a)
{
	const char *said = text ? ctys_facts_value(text, v->key, a) : NULL;

	return said || !text || !v->alias ? said : ctys_facts_value(text, v->alias, a);
}

static const char *in_environment(const struct ctys_origins *o, const struct variable *v)
{
	const char *said = o->environment(o->arg, v->key);

	return (said && *said) || !v->alias ? said : o->environment(o->arg, v->alias);
}

static struct value value_of(const struct ctys_make *m, const struct ctys_origins *o, const struct variable *v, struct arena *a)
{
	const struct value from[] = {
		{ in_environment(o, v), 'e' },
		{ in_text(o->kept, v, a), 'c' },
		{ in_text(o->defaults, v, a), 'f' },
		{ o->host(o->arg, v->key), 'h' },
		{ m->label && !strcmp(v->key, "HDDBOOTIMAGE") ? arena_fmt(a, "%s.img", m->label) : NULL, 'g' },
		{ v->usual, 'd' },
	};

	/* When and where it was made is not what was so before. */
	if (str_starts(v->key, "INST_") && from[3].text)
		return from[3];
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		if (from[i].text && *from[i].text)
			return from[i];
	return (struct value){ NULL, '-' };
}

static const char *text_of(const struct ctys_make *m, const struct ctys_origins *o, const char *key, struct arena *a)
{
	const struct variable *v = variables;

	while (strcmp(v->key, key) != 0)
		v++;
	return value_of(m, o, v, a).text;
}

void ctys_make_list(const struct ctys_make *m, const struct ctys_origins *o, struct str *out)
{
	DEFER(arena_done) struct arena a = { 0 };

	str_add(out, "# e: environment, c: the guest's own file, f: defaults file, h: this host, g: made from the label, d: default\n");
	for (size_t i = 0; i < NVARIABLES; i++) {
		const struct value v = value_of(m, o, &variables[i], &a);

		str_fmt(out, "%c  %s=%s\n", v.origin, variables[i].key, v.text ? v.text : "");
	}
}

/* "10.0.0.2%255.0.0.0%br0%%%10.0.0.1"; NULL: nothing is known. */
static const char *interface(const struct ctys_make *m, const struct ctys_origins *o, struct arena *a)
{
	static const char *const parts[] = { "IP", "NETMASK", "BRIDGE", NULL, NULL, "GATEWAY" };
	DEFER(str_done) struct str s = { 0 };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const char *said = parts[i] ? text_of(m, o, parts[i], a) : NULL;

		str_fmt(&s, "%s%s", i ? "%" : "", said ? said : "");
	}
	while (s.n && s.s[s.n - 1] == '%')
		s.s[--s.n] = 0;
	return s.n ? arena_str(a, str_text(&s)) : NULL;
}

/* One that runs programs of this host's own kind. */
static int check_starter(const char *call, struct err *e)
{
	static const char *const fine[] = { "qemu", "kvm", "qemu-kvm", "qemu-system-x86_64" };
	const char *name = call && strrchr(call, '/') ? strrchr(call, '/') + 1 : call;

	for (size_t i = 0; name && i < sizeof fine / sizeof *fine; i++)
		if (!strcmp(fine[i], name))
			return 0;
	return name ? err_set(e, ERR_UNSUPPORTED, "STARTERCALL=%s: machines of other architectures are not made by this berth", call) : 0;
}

static int add(const struct variable *v, const char *text, struct str *out, struct err *e)
{
	if (text[strcspn(text, "\"$`\\\r\n")])
		return err_set(e, ERR_USAGE, "%s: '%s' has a character that a file of facts cannot hold (\" $ ` \\)", v->key, text);
	if (v->kind == FACT)
		str_fmt(out, "#@#%s = \"%s\"\n", v->key, text);
	else
		str_fmt(out, "%s=\"%s\"\n", v->key, text);
	return 0;
}

int ctys_make_facts(const struct ctys_make *m, const struct ctys_origins *o, struct str *out, struct err *e)
{
	static const struct variable label = { "LABEL", NULL, FACT, NULL };
	DEFER(arena_done) struct arena a = { 0 };
	const char *net = interface(m, o, &a);

	if (check_starter(text_of(m, o, "STARTERCALL", &a), e) < 0)
		return -1;
	str_add(out, "#@#MAGICID-QEMU\n");
	if (add(&label, m->label, out, e) < 0)
		return -1;
	for (size_t i = 0; i < NVARIABLES; i++) {
		const struct variable *v = &variables[i];
		const char *text = !strcmp(v->key, "IP0") && net ? net : value_of(m, o, v, &a).text;

		if (v->kind != PART && text && add(v, text, out, e) < 0)
			return -1;
	}
	return 0;
}
