/* SPDX-License-Identifier: ISC */
#include "exec/script.h"

#define BIT(part) (1U << (part))

/* Functions are joined by &&, since "set -e" is off wherever a caller looks at the status. */
static const struct { unsigned needs; const char *text; } parts[PART_COUNT] = {
	[PART_THERE] = { 0,
		"there() {\n"
		"\t[ -e \"$1\" ] || [ -L \"$1\" ]\n"
		"}\n" },

	[PART_MAKE_DIR] = { 0,
		"# MODE OWNER PATH: \"-\" keeps the owner, and the mode of one that is there; parents are as open as the umask says\n"
		"make_dir() {\n"
		"\t# shellcheck disable=SC2174\n"
		"\tmkdir -p -m \"$1\" -- \"$3\" && { [ \"$2\" = - ] || { chown \"$2\" -- \"$3\" && chmod \"0$1\" -- \"$3\"; }; }\n"
		"}\n" },

	[PART_PUT_FILE] = { 0,
		"# MODE OWNER PATH: replace a file by what comes in; \"-\" keeps the mode, or the owner\n"
		"put_file() {\n"
		"\tmode=$1\n"
		"\t[ \"$mode\" != - ] || mode=$(stat -L -c %a -- \"$3\" 2>/dev/null) || mode=0644\n"
		"\t(umask 077 && cat >\"$3.new.$$\") &&\n"
		"\t\t{ [ \"$2\" = - ] || chown \"$2\" -- \"$3.new.$$\"; } &&\n"
		"\t\tchmod \"$mode\" -- \"$3.new.$$\" &&\n"
		"\t\tmv -f -T -- \"$3.new.$$\" \"$3\"\n"
		"}\n" },

	[PART_ADD_FILE] = { 0,
		"# MODE PATH: append what comes in\n"
		"add_file() {\n"
		"\t{ [ -e \"$2\" ] || { : >>\"$2\" && chmod \"$1\" -- \"$2\"; }; } && cat >>\"$2\"\n"
		"}\n" },

	[PART_PUBLISH] = { 0,
		"# FROM TO: a directory takes the place of another\n"
		"publish() {\n"
		"\tif [ -d \"$2\" ] && [ ! -L \"$2\" ]; then\n"
		"\t\tmv -T -- \"$2\" \"$2.old.$$\" && mv -T -- \"$1\" \"$2\" && rm -rf -- \"$2.old.$$\"\n"
		"\telse\n"
		"\t\tmv -f -T -- \"$1\" \"$2\"\n"
		"\tfi\n"
		"}\n" },

	[PART_SHIFT_OWNERS] = { 0,
		"# NUMBER PATH: modes go with a new owner, so they are set again\n"
		"shift_owners() {\n"
		"\tBY=$1 find \"$2\" -exec sh -c 'for f; do\n"
		"\t\tset -- $(stat -c \"%u %g %a %h\" -- \"$f\")\n"
		"\t\t[ \"$4\" -eq 1 ] || [ \"$1\" -lt \"$BY\" ] || continue\n"
		"\t\tchown -h \"$(($1 + BY)):$(($2 + BY))\" -- \"$f\" || exit\n"
		"\t\t[ -L \"$f\" ] || chmod \"$3\" -- \"$f\" || exit\n"
		"\tdone' sh {} +\n"
		"}\n" },

	[PART_REMOVE_TREE] = { 0,
		"# PATH: what is mounted below goes first, so that nothing of it is deleted\n"
		"remove_tree() {\n"
		"\tTOP=$(realpath -m -- \"$1\") awk '\n"
		"\t\t$5 == ENVIRON[\"TOP\"] || index($5, ENVIRON[\"TOP\"] \"/\") == 1 { print $5 }\n"
		"\t' /proc/self/mountinfo | sort -r | while read -r mounted; do\n"
		"\t\tumount -l \"$mounted\" 2>/dev/null || fusermount3 -u -z -q \"$mounted\" || exit 1\n"
		"\tdone && rm -rf --one-file-system -- \"$1\"\n"
		"}\n" },

	[PART_LINK_TO] = { 0,
		"# PATH TARGET\n"
		"link_to() {\n"
		"\tln -s -f -T -- \"$2\" \"$1.new.$$\" && mv -f -T -- \"$1.new.$$\" \"$1\"\n"
		"}\n" },

	[PART_TAKE_LOCK] = { 0,
		"# DESCRIPTOR PATH [OPTIONS]: the lock is held as long as the descriptor is open\n"
		"take_lock() {\n"
		"\tdescriptor=$1 path=$2\n"
		"\tshift 2\n"
		"\tflock \"$@\" \"$descriptor\" && printf 'pid %s\\nthe script %s\\n' \"$$\" \"$0\" >\"$path\"\n"
		"}\n" },

	[PART_RUN_CHECKED] = { 0,
		"# all|errors PATTERNS COMMAND: a line of output that matches is a failure\n"
		"run_checked() {\n"
		"\twhat=$1 patterns=$2 result=0\n"
		"\tshift 2\n"
		"\tif [ \"$what\" = all ]; then\n"
		"\t\t\"$@\" >\"$tmp/output\" 2>&1 || result=$?\n"
		"\telse\n"
		"\t\t\"$@\" 2>\"$tmp/output\" || result=$?\n"
		"\tfi\n"
		"\tcat \"$tmp/output\" >&2\n"
		"\t! grep -q -e \"$patterns\" \"$tmp/output\" && return \"$result\"\n"
		"}\n" },

	[PART_ALIVE] = { 0,
		"# PID: a process that has ended, but was not waited for, has no program any more\n"
		"alive() {\n"
		"\t[ -e \"/proc/$1/exe\" ]\n"
		"}\n" },

	[PART_START_HELPER] = { BIT(PART_ALIVE),
		"# LOG COMMAND: a helper, which ends with this script at the latest\n"
		"start_helper() {\n"
		"\tlog=$1\n"
		"\tshift\n"
		"\tif [ \"$log\" = - ]; then\n"
		"\t\tsetsid setpriv --pdeathsig KILL -- \"$@\" &\n"
		"\telse\n"
		"\t\tsetsid setpriv --pdeathsig KILL -- \"$@\" >>\"$log\" 2>&1 &\n"
		"\tfi\n"
		"\thelper=$! newest=$! log_of_newest=$log\n"
		"\tundo=\"helper:$helper $undo\"\n"
		"}\n"
		"\n"
		"end_helper() {\n"
		"\tkill \"$1\" 2>/dev/null || return 0\n"
		"\ttries=60\n"
		"\twhile alive \"$1\" && [ \"$tries\" -gt 0 ]; do\n"
		"\t\tsleep 0.05\n"
		"\t\ttries=$((tries - 1))\n"
		"\tdone\n"
		"\tkill -KILL \"$1\" 2>/dev/null\n"
		"\twait \"$1\" 2>/dev/null\n"
		"\treturn 0\n"
		"}\n" },

	[PART_START_DAEMON] = { 0,
		"# take|held RIGHTS LOCK LOG UID GID COMMAND: the guest's process; it holds the lock as long as it lives\n"
		"start_daemon() {\n"
		"\thow=$1 rights=$2 lock=$3 log=$4 uid=$5 gid=$6\n"
		"\tshift 6\n"
		"\t[ \"$rights\" = -- ] || set -- -- \"$@\"\n"
		"\tset -- \"$rights\" \"$@\"\n"
		"\tif [ \"$uid\" != - ] && [ \"$uid\" != \"$(id -u)\" ]; then\n"
		"\t\tset -- --reuid \"$uid\" --regid \"$gid\" --clear-groups \"$@\"\n"
		"\tfi\n"
		"\tset -- setpriv \"$@\"\n"
		"\tif [ \"$how\" = take ] && [ \"$lock\" != - ]; then\n"
		"\t\t(umask 077 && : >>\"$lock\") && flock -n -E 6 \"$lock\" true || return\n"
		"\t\tset -- flock -n -E 6 --no-fork \"$lock\" \"$@\"\n"
		"\tfi\n"
		"\t[ -e \"$log\" ] || (umask 077 && : >>\"$log\") || return\n"
		"\t[ \"$uid\" = - ] || [ ! -f \"$log\" ] || chown \"$uid:$gid\" -- \"$log\" || return\n"
		"\tsetsid \"$@\" >>\"$log\" 2>&1 &\n"
		"\tnewest=$! log_of_newest=$log\n"
		"\t[ \"$lock\" = - ] || printf 'pid %s\\nstarted by the script %s\\n' \"$newest\" \"$0\" >\"$lock\"\n"
		"}\n" },

	[PART_WAIT_UNTIL] = { 0,
		"# MILLISECONDS CONDITION: 0 is for ever; status 7 when time is up\n"
		"wait_until() {\n"
		"\tlimit=$1 end=$(($(date +%s%3N) + $1))\n"
		"\tshift\n"
		"\tuntil \"$@\"; do\n"
		"\t\t[ \"$limit\" -eq 0 ] || [ \"$(date +%s%3N)\" -lt \"$end\" ] || return 7\n"
		"\t\tsleep 0.05\n"
		"\tdone\n"
		"}\n" },

	[PART_WAIT_READY] = { BIT(PART_WAIT_UNTIL) | BIT(PART_ALIVE),
		"# MILLISECONDS CONDITION: gives up when the process that was started last has ended\n"
		"wait_ready() {\n"
		"\tpatience=$1\n"
		"\tshift\n"
		"\twait_until \"$patience\" ready_or_ended \"$@\" || return\n"
		"\t\"$@\" && return\n"
		"\t[ ! -f \"$log_of_newest\" ] || tail -n 3 -- \"$log_of_newest\" >&2\n"
		"\treturn 1\n"
		"}\n"
		"\n"
		"# A helper that ends well has gone into the background: nobody is left to watch.\n"
		"ready_or_ended() {\n"
		"\t\"$@\" && return\n"
		"\tif [ -z \"$newest\" ] || alive \"$newest\"; then\n"
		"\t\treturn 1\n"
		"\tfi\n"
		"\tif [ \"$newest\" = \"$helper\" ] && wait \"$helper\"; then\n"
		"\t\tnewest=''\n"
		"\t\treturn 1\n"
		"\tfi\n"
		"}\n" },

	[PART_ACCEPTS] = { 0,
		"# ADDRESS, as socat writes it\n"
		"accepts() {\n"
		"\tsocat -u OPEN:/dev/null \"$1\" 2>/dev/null\n"
		"}\n" },

	[PART_QUIETLY] = { 0,
		"quietly() {\n"
		"\t\"$@\" >/dev/null 2>&1\n"
		"}\n" },

	[PART_UNLOCKED] = { 0,
		"# COMMAND: without the script's locks, whose low descriptors some programs need themselves\n"
		"unlocked() {\n"
		"\t\"$@\" 5>&- 6>&- 7>&- 8>&- 9>&-\n"
		"}\n" },

	[PART_LOCK_FREE] = { 0,
		"lock_free() {\n"
		"\t[ ! -e \"$1\" ] || flock -n \"$1\" true\n"
		"}\n" },

	[PART_HELPER_DONE] = { BIT(PART_WAIT_UNTIL) | BIT(PART_ALIVE),
		"# MILLISECONDS: the status of the last helper\n"
		"helper_done() {\n"
		"\twait_until \"$1\" helper_ended && wait \"$helper\"\n"
		"}\n"
		"\n"
		"helper_ended() {\n"
		"\t! alive \"$helper\"\n"
		"}\n" },

	[PART_TALK] = { 0,
		"# qmp|agent ADDRESS COMMAND [SECONDS]: one command and its answer; no command only shakes hands\n"
		"talk() {\n"
		"\t[ -e \"$tmp/talk\" ] || cat >\"$tmp/talk\" <<'END_OF_TALK'\n"
		"answer() {\n"
		"\twhile IFS= read -r line; do\n"
		"\t\tcase $line in\n"
		"\t\t'{\"timestamp\"'*)\n"
		"\t\t\t;;\n"
		"\t\t*'{\"error\"'*\"$1\"*)\n"
		"\t\t\tprintf '%s\\n' \"$line\" >&2\n"
		"\t\t\treturn 1\n"
		"\t\t\t;;\n"
		"\t\t*'{\"return\"'*\"$1\"*)\n"
		"\t\t\tsaid=$line\n"
		"\t\t\treturn 0\n"
		"\t\t\t;;\n"
		"\t\tesac\n"
		"\tdone\n"
		"\treturn 1\n"
		"}\n"
		"if [ \"$TALK_TO\" = qmp ]; then\n"
		"\tread -r greeting && echo '{\"execute\":\"qmp_capabilities\"}' && answer '' || exit\n"
		"else\n"
		"\tprintf '\\377{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%s}}\\n' \"$$\"\n"
		"\tanswer \"$$\" || exit\n"
		"fi\n"
		"if [ -n \"$TALK_SAY\" ]; then\n"
		"\tprintf '%s\\n' \"$TALK_SAY\"\n"
		"\tcase $TALK_TO$TALK_SAY in\n"
		"\tagent*guest-shutdown*|agent*guest-suspend-*) ;;\n"
		"\t*) answer '' || exit ;;\n"
		"\tesac\n"
		"fi\n"
		"printf '%s\\n' \"$said\" >\"$TALK_DONE\"\n"
		"END_OF_TALK\n"
		"\trm -f \"$tmp/done\"\n"
		"\tTALK_TO=$1 TALK_SAY=$3 TALK_DONE=\"$tmp/done\" timeout \"${4:-30}\" socat -t 0.1 \"$2\" EXEC:\"sh $tmp/talk\" || :\n"
		"\t[ -e \"$tmp/done\" ]\n"
		"}\n"
		"\n"
		"qmp_answers() {\n"
		"\ttalk qmp \"$1\" '' 2>/dev/null\n"
		"}\n" },

	[PART_WAIT_JOB] = { BIT(PART_WAIT_UNTIL) | BIT(PART_TALK) | BIT(PART_ACCEPTS),
		"# MILLISECONDS ADDRESS ID: until QEMU's job has ended, which it then forgets\n"
		"wait_job() {\n"
		"\twait_until \"$1\" job_ended \"$2\" \"$3\" || return\n"
		"\ttalk qmp \"$2\" \"{\\\"execute\\\":\\\"job-dismiss\\\",\\\"arguments\\\":{\\\"id\\\":\\\"$3\\\"}}\" || return\n"
		"\t! grep -e '\"error\"' \"$tmp/job\" >&2\n"
		"}\n"
		"\n"
		"# ADDRESS ID: it has, or nobody is there any more who would know; QEMU may be too busy to answer\n"
		"job_ended() {\n"
		"\tif ! talk qmp \"$1\" '{\"execute\":\"query-jobs\"}'; then\n"
		"\t\taccepts \"$1\" && return 1\n"
		"\t\treturn 0\n"
		"\tfi\n"
		"\ttr '{' '\\n' <\"$tmp/done\" | grep -F -e \"\\\"id\\\": \\\"$2\\\"\" >\"$tmp/job\" || return 0\n"
		"\tgrep -q -e '\"status\": \"concluded\"' \"$tmp/job\"\n"
		"}\n" },

	[PART_ANSWER] = { BIT(PART_WAIT_UNTIL),
		"# ADDRESS COMMAND: QMP answers it with an error, or without\n"
		"refused() {\n"
		"\t! taken \"$@\"\n"
		"}\n"
		"taken() {\n"
		"\ttalk qmp \"$1\" \"$2\" 2>/dev/null\n"
		"}\n" },

	[PART_END_HOLDER] = { 0,
		"# LOCK: kill who has it, not this script\n"
		"end_holder() {\n"
		"\tfor pid in $(fuser \"$1\" 2>/dev/null); do\n"
		"\t\t[ \"$pid\" -eq \"$$\" ] || kill -KILL \"$pid\" 2>/dev/null || :\n"
		"\t\twhile [ \"$pid\" -ne \"$$\" ] && [ -e \"/proc/$pid/exe\" ]; do\n"
		"\t\t\tsleep 0.02\n"
		"\t\tdone\n"
		"\tdone\n"
		"}\n" },
};

unsigned script_needs(unsigned used)
{
	unsigned before;

	do {
		before = used;
		for (int i = 0; i < PART_COUNT; i++)
			if (used & BIT(i))
				used |= parts[i].needs;
	} while (used != before);
	return used;
}

void script_parts(unsigned used, struct str *out)
{
	used = script_needs(used);
	for (int i = 0; i < PART_COUNT; i++)
		if (used & BIT(i))
			str_fmt(out, "%s\n", parts[i].text);
}
