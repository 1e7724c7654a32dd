/* SPDX-License-Identifier: ISC */
/* The keywords of ctys. */
#include <string.h>
#include <strings.h>

#include "front/ctys.h"

enum { MODE = 1, SIDE = 2, FORM = 3 };

static const struct ctys_word create[] = {
	{ "CONNECT", NULL, CTYS_BARE, MODE }, { "REUSE", NULL, CTYS_BARE, MODE }, { "RECONNECT", NULL, CTYS_BARE, MODE },
	{ "RESUME", NULL, CTYS_MAYBE, MODE },
	{ "CONSOLE", NULL, CTYS_MUST, 0 }, { "BOOTMODE", NULL, CTYS_MUST, 0 }, { "INSTMODE", NULL, CTYS_MAYBE, 0 },
	{ "KERNEL", NULL, CTYS_MUST, 0 }, { "INITRD", NULL, CTYS_MUST, 0 }, { "APPEND", NULL, CTYS_MUST, 0 },
	{ "ARGSADD", NULL, CTYS_MUST, 0 }, { "CALLOPTS", "C", CTYS_MUST, 0 }, { "XOPTS", "X", CTYS_MUST, 0 },
	{ "USER", NULL, CTYS_MUST, 0 }, { "PING", NULL, CTYS_MUST, 0 }, { "SSHPING", NULL, CTYS_MUST, 0 },
	{ "WAITS", NULL, CTYS_MUST, 0 }, { "WAITC", NULL, CTYS_MUST, 0 }, { "STACKCHECK", NULL, CTYS_MUST, 0 },
	{ "STUBMODE", "STUB", CTYS_MAYBE, 0 }, { "CHDIR", "CD", CTYS_MUST, 0 }, { "CMD", NULL, CTYS_MUST, 0 },
	{ "SHELL", "S", CTYS_MUST, 0 }, { "TITLEKEY", NULL, CTYS_MUST, 0 }, { "NOTITLE", NULL, CTYS_BARE, 0 },
	{ "DH", NULL, CTYS_BARE, 0 }, { "SH", NULL, CTYS_BARE, 0 }, { "BULK", NULL, CTYS_MUST, 0 }, { "WM", NULL, CTYS_MUST, 0 },
	{ "VNCDESKIDLIST", "VDIL", CTYS_MUST, 0 }, { "VNCBASE", NULL, CTYS_MUST, 0 }, { "VNCPORT", NULL, CTYS_MUST, 0 },
	{ "RDPPORT", NULL, CTYS_MUST, 0 }, { "INSECURE", NULL, CTYS_MUST, 0 },
	{ "WOL", NULL, CTYS_MAYBE, 0 }, { "IF", NULL, CTYS_MUST, 0 }, { "BROADCAST", NULL, CTYS_MUST, 0 },
	{ "PORT", NULL, CTYS_MUST, 0 }, { "BMAC", NULL, CTYS_MUST, 0 },
	{ "FIRST", NULL, CTYS_BARE, 0 }, { "LAST", NULL, CTYS_BARE, 0 }, { "ALL", NULL, CTYS_BARE, 0 },
	{ 0 },
};

static const struct ctys_word cancel[] = {
	{ "POWEROFF", "S5", CTYS_MAYBE, MODE }, { "REBOOT", NULL, CTYS_MAYBE, MODE }, { "RESET", NULL, CTYS_MAYBE, MODE },
	{ "INIT", NULL, CTYS_MUST, MODE }, { "PAUSE", "S3", CTYS_BARE, MODE }, { "SUSPEND", "S4", CTYS_BARE, MODE },
	{ "STACK", NULL, CTYS_BARE, FORM }, { "FORCE", NULL, CTYS_BARE, FORM }, { "SELF", NULL, CTYS_BARE, 0 },
	{ "CLIENT", NULL, CTYS_BARE, SIDE }, { "SERVER", NULL, CTYS_BARE, SIDE }, { "BOTH", NULL, CTYS_BARE, SIDE },
	{ "TIMEOUT", NULL, CTYS_MUST, 0 }, { "USER", NULL, CTYS_MUST, 0 }, { "ALL", NULL, CTYS_BARE, 0 },
	{ "WOL", NULL, CTYS_MAYBE, 0 }, { "IF", NULL, CTYS_MUST, 0 },
	{ 0 },
};

/* Also those of ENUMERATE: both print with the same tables. Fields first, in the order of their numbers. */
static const struct ctys_word list[] = {
	{ "PM", "HOST", CTYS_BARE, 0 }, { "STYPE", "ST", CTYS_BARE, 0 }, { "TYPE", NULL, CTYS_BARE, 0 }, { "LABEL", "L", CTYS_BARE, 0 },
	{ "ID", "I", CTYS_BARE, 0 }, { "PATHNAME", "P", CTYS_BARE, 0 }, { "PNAME", "IDS", CTYS_BARE, 0 },
	{ "UUID", "U", CTYS_BARE, 0 }, { "MAC", "M", CTYS_BARE, 0 }, { "TCP", "T", CTYS_BARE, 0 }, { "DISPLAY", "DISP", CTYS_BARE, 0 },
	{ "CPORT", "VNCPORT", CTYS_BARE, 0 }, { "SPORT", "S", CTYS_BARE, 0 }, { "PID", NULL, CTYS_BARE, 0 },
	{ "USER", "UID", CTYS_BARE, 0 }, { "GROUP", "GID", CTYS_BARE, 0 }, { "SITE", "CSTYPE", CTYS_BARE, 0 },
	{ "JOBID", "JID", CTYS_BARE, 0 }, { "IFNAME", NULL, CTYS_BARE, 0 }, { "CONTEXTSTRG", "CSTRG", CTYS_BARE, 0 },
	{ "EXEPATH", "EXEP", CTYS_BARE, 0 }, { "HYPERRELRUN", "HRX", CTYS_BARE, 0 }, { "ACCELERATOR", NULL, CTYS_BARE, 0 },
	{ "ARCH", NULL, CTYS_BARE, 0 }, { "VNCBASE", NULL, CTYS_BARE, 0 }, { "DIST", NULL, CTYS_BARE, 0 },
	{ "DISTREL", NULL, CTYS_BARE, 0 }, { "OS", NULL, CTYS_BARE, 0 }, { "OSREL", NULL, CTYS_BARE, 0 }, { "VERNO", NULL, CTYS_BARE, 0 },
	{ "SERNO", NULL, CTYS_BARE, 0 }, { "CATEGORY", NULL, CTYS_BARE, 0 }, { "VMSTATE", NULL, CTYS_BARE, 0 },
	{ "HYPERREL", NULL, CTYS_BARE, 0 }, { "STACKCAP", NULL, CTYS_BARE, 0 }, { "STACKREQ", NULL, CTYS_BARE, 0 },
	{ "HWCAP", NULL, CTYS_BARE, 0 }, { "HWREQ", NULL, CTYS_BARE, 0 }, { "EXECLOCATION", NULL, CTYS_BARE, 0 },
	{ "RELOCCAP", NULL, CTYS_BARE, 0 }, { "SSHPORT", NULL, CTYS_BARE, 0 }, { "NETNAME", NULL, CTYS_BARE, 0 },
	{ "INDEX", NULL, CTYS_BARE, 0 }, { "CTYSRELEASE", NULL, CTYS_BARE, 0 }, { "NETMASK", NULL, CTYS_BARE, 0 },
	{ "GATEWAY", NULL, CTYS_BARE, 0 }, { "RELAY", NULL, CTYS_BARE, 0 }, { "PLATFORM", NULL, CTYS_BARE, 0 },
	{ "VRAM", NULL, CTYS_BARE, 0 }, { "VCPU", NULL, CTYS_BARE, 0 }, { "CONTEXTSTRING", NULL, CTYS_BARE, 0 },
	{ "USERSTRING", "USTRG", CTYS_BARE, 0 }, { "DEFAULTHOSTS", NULL, CTYS_BARE, 0 }, { "DEFAULTCONSOLE", NULL, CTYS_BARE, 0 },

	{ "SERVER", NULL, CTYS_BARE, SIDE }, { "CLIENT", NULL, CTYS_BARE, SIDE }, { "TUNNEL", NULL, CTYS_BARE, SIDE },
	{ "BOTH", NULL, CTYS_BARE, SIDE }, { "PKG", NULL, CTYS_MUST, 0 }, { "MATCHVSTAT", NULL, CTYS_MUST, 0 },
	{ "BASE", "B", CTYS_MUST, 0 }, { "BASEPATH", NULL, CTYS_MUST, 0 },
	{ "TERSE", NULL, CTYS_BARE, FORM }, { "MACHINE", NULL, CTYS_BARE, FORM }, { "MAXKEY", NULL, CTYS_BARE, FORM },
	{ "TAB_TCP", NULL, CTYS_MAYBE, FORM }, { "TAB_GEN", NULL, CTYS_MUST, FORM }, { "REC_GEN", NULL, CTYS_MAYBE, FORM },
	{ "SPEC_GEN", NULL, CTYS_MAYBE, FORM }, { "XML_GEN", NULL, CTYS_MAYBE, FORM }, { "MACRO", NULL, CTYS_MUST, FORM },
	{ "CTYSADDRESS", NULL, CTYS_BARE, FORM },
	{ "TITLE", NULL, CTYS_BARE, 0 }, { "TITLEIDX", NULL, CTYS_BARE, 0 }, { "TITLEIDXASC", NULL, CTYS_BARE, 0 },
	{ "IP", NULL, CTYS_BARE, 0 }, { "DNS", NULL, CTYS_BARE, 0 }, { "SORT", NULL, CTYS_MAYBE, 0 },
	{ 0 },
};

static const struct ctys_word none[] = { { 0 } };

static const struct {
	const char *word;
	const struct ctys_word *words;
} verbs[] = {
	[CTYS_CREATE]        = { "create", create },
	[CTYS_CANCEL]        = { "cancel", cancel },
	[CTYS_LIST]          = { "list", list },
	[CTYS_ENUMERATE]     = { "enumerate", list },
	[CTYS_SHOW]          = { "show", none },
	[CTYS_INFO]          = { "info", none },
	[CTYS_GETCLIENTPORT] = { "getclientport", none },
	[CTYS_ISACTIVE]      = { "isactive", none },
};

const struct ctys_word *ctys_words(enum ctys_verb v)
{
	return verbs[v].words;
}

const char *ctys_verb_word(enum ctys_verb v)
{
	return verbs[v].word;
}

int ctys_verb_find(const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strlen(verbs[i].word) == n && !strncasecmp(verbs[i].word, word, n))
			return (int)i;
	return -1;
}
