/* SPDX-License-Identifier: ISC */
/*
 * What a guest's attendant and its viewers say to each other on RUN/NAME/console.sock,
 * a UNIX stream socket:
 *
 *	frame = kind (1 byte)  0 (1 byte)  length (2 bytes, big-endian)  payload
 *
 *	HELLO  viewer → attendant   "1 rw all /dev/pts/3"   version, "rw" or "ro", lines of history ("all" or
 *	                                                    a number), terminal ("-": none)
 *	       attendant → viewer   "1 7"                   version, the viewer's number
 *	DATA   viewer → attendant   keys;                   ← what the guest says, from the history on
 *	SIZE   viewer → attendant   "24 80"                 rows and columns of its terminal
 *	LIST   → ""                                         ← "7 rw 0 4711 1795270000 /dev/pts/3" for each viewer: number, mode, user,
 *	                                                    process, since when (seconds of 1970), terminal; then ""
 *	END    → "7" or "all"                               ← "1": so many viewers were ended
*	       attendant → viewer   "guest" has ended, or "by 0 4711": the user and process that ended
 *	                                                    the viewer; the connection closes after it
 *
 * HELLO comes first and once; LIST and END need none, on connections that are no
 * viewer's. What an attendant does not understand ends the connection. A version
 * only changes when an older side could not go on.
 */
#ifndef BERTH_FRAME_H
#define BERTH_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define FRAME_VERSION "1"

enum { FRAME_HEAD = 4, FRAME_MAX = 4096 };

enum frame_kind {
	FRAME_HELLO = 'H',
	FRAME_DATA  = 'D',
	FRAME_SIZE  = 'S',
	FRAME_LIST  = 'L',
	FRAME_END   = 'E',
};

struct frame {
	enum frame_kind kind;
	const char *bytes;      /* in the buffer it was read from; not NUL-terminated */
	size_t n;
};

/* Add one frame, or for more than FRAME_MAX bytes several. */
void frame_add(struct str *out, enum frame_kind kind, const char *bytes, size_t n);
void frame_text(struct str *out, enum frame_kind kind, const char *text);

/* The first frame in a buffer. 1, with how many bytes it took in *used; 0: not complete yet; -1: none that we know. */
int frame_next(const char *buf, size_t n, struct frame *f, size_t *used);

/*
 * The words of a payload that is text: n of them, no more, no fewer, each at most
 * FRAME_WORD - 1 printable bytes, put into words. false: it is something else.
 */
enum { FRAME_WORD = 64 };
bool frame_words(const struct frame *f, char (*words)[FRAME_WORD], size_t n);

/* A decimal number from 0 to max; -1: it is none. */
long frame_number(const char *word, long max);

#endif
