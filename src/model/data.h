/* SPDX-License-Identifier: ISC */
/* The files of data/, built in: text in the machine file's own dialect. */
#ifndef BERTH_DATA_H
#define BERTH_DATA_H

#include "text/ini.h"

extern const char data_os[];            /* data/os.conf */
extern const char data_catalog[];       /* data/catalog.conf */
extern const char data_tables[];        /* data/tables.conf */

/* Read one of them; what is built in is well-formed, or the unit tests say so. */
void data_read(struct ini *ini, const char *name, const char *text);

/* The value of key in a section of such a file; NULL when there is none or it is empty. */
const char *data_text(const struct ini_node *section, const char *key);

/* Is word one of the values of key, '_' and '-' being equal? */
bool data_lists(const struct ini_node *section, const char *key, const char *word);

#endif
