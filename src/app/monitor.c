/* SPDX-License-Identifier: ISC */
#include "app/monitor.h"

#include <string.h>

#include "exec/qmp.h"

enum { GREETING_MS = 5000, ANSWER_MS = 30000 };

/* Commands for people fail in words only. (qemu: monitor/hmp.c, hmp_handle_error and monitor_parse_command) */
static bool is_complaint(const char *answer)
{
	return str_starts(answer, "Error: ") || str_starts(answer, "unknown command: ") || strstr(answer, "\nTry \"help ");
}

int monitor_ask(const char *control, const char *command, struct str *out, struct err *e)
{
	DEFER(qmp_close) struct qmp q = { .fd = -1 };
	json_t *arguments = json_pack("{s:s}", "command-line", command), *answer = NULL;
	const char *text;
	int status = arguments ? 0 : err_set(e, ERR_USAGE, "'%s' is not UTF-8", command);

	if (!status)
		status = qmp_open(&q, control, false, GREETING_MS, e);
	if (!status)
		status = qmp_call(&q, "human-monitor-command", arguments, &answer, ANSWER_MS, e);
	text = json_string_value(answer);
	if (!status && text && is_complaint(text))
		status = err_set(e, ERR_FAILED, "%.*s", (int)strcspn(text, "\r\n"), text);
	else if (!status && text)
		str_add(out, text);
	json_decref(answer);
	json_decref(arguments);
	return status;
}
