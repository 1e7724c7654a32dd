/* SPDX-License-Identifier: ISC */
/*
 * Who else decides what a registered guest is: its machine file stays where it is, is read
 * anew at every start, and its hooks run as the guest's user.
 */
#ifndef BERTH_TRUST_H
#define BERTH_TRUST_H

#include "app/target.h"

/*
 * What of the machine file's path, the file itself or a directory on the way, others may change than
 * its owner, the guest's user and root, in words with what to type; NULL: nothing.
 */
const char *trust_note(const struct target *t, struct arena *a);

#endif
