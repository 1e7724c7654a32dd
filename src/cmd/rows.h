/* SPDX-License-Identifier: ISC */
/*
 * The rows that a command prints, as its user wants them (text/view.h). A command whose
 * row names its fields takes --output and its kind:
 *
 *	DEFER(view_done) struct view v = { 0 };
 *
 *	if (call_view(c, &v, e) < 0 || view_usual(&v, "name,state", e) < 0)
 *		return -1;
 *	view_add(&v, record);                                           for each
 *	call_rows(c, &v, "berth.list/1", "guests", NULL);
 */
#ifndef BERTH_ROWS_H
#define BERTH_ROWS_H

#include "cmd/cmd.h"

/* What --output, --filter, --sort and --unique say. */
int call_view(const struct call *c, struct view *v, struct err *e);

/* What --filter says alone. */
int call_filters(const struct call *c, struct view *v, struct err *e);

/* Programs read it: what is shown by default must not depend on what there is. */
bool call_for_programs(const struct call *c);

/*
 * Print the rows. name is that of the array in JSON and of the element in XML; what
 * else is in the JSON document is in head, whose reference is taken (NULL: nothing).
 */
void call_rows(const struct call *c, struct view *v, const char *schema, const char *name, json_t *head);

/* Of a command with a field "address"; heeded by call_rows. */
#define OPTION_NAMES { "names", 0, NULL, "addresses as host names, as far as these are known within two seconds" }

/* The same as text, for any format but JSON. */
void rows_text(const struct call *c, struct view *v, const char *name, struct str *out);

/* `berth list --output help`: the fields of a command. */
void command_fields(const struct command *c, bool json);

#endif
