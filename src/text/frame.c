/* SPDX-License-Identifier: ISC */
#include "text/frame.h"

#include <string.h>

void frame_add(struct str *out, enum frame_kind kind, const char *bytes, size_t n)
{
	do {
		size_t part = n < FRAME_MAX ? n : FRAME_MAX;
		const char head[FRAME_HEAD] = { (char)kind, 0, (char)(part >> 8), (char)part };

		str_addn(out, head, sizeof head);
		str_addn(out, bytes, part);
		bytes += part;
		n -= part;
	} while (n);
}

void frame_text(struct str *out, enum frame_kind kind, const char *text)
{
	frame_add(out, kind, text, strlen(text));
}

static bool is_known(unsigned char kind)
{
	return kind && strchr("HDSLE", kind);
}

int frame_next(const char *buf, size_t n, struct frame *f, size_t *used)
{
	const unsigned char *head = (const unsigned char *)buf;
	size_t length;

	if (n && (!is_known(head[0]) || (n > 1 && head[1])))
		return -1;
	if (n < FRAME_HEAD)
		return 0;
	length = (size_t)head[2] << 8 | head[3];
	if (length > FRAME_MAX)
		return -1;
	if (n < FRAME_HEAD + length)
		return 0;
	*f = (struct frame){ (enum frame_kind)head[0], buf + FRAME_HEAD, length };
	*used = FRAME_HEAD + length;
	return 1;
}

bool frame_words(const struct frame *f, char (*words)[FRAME_WORD], size_t n)
{
	size_t word = 0, at = 0;

	for (size_t i = 0; i <= f->n; i++) {
		char c = i < f->n ? f->bytes[i] : ' ';

		if (c == ' ') {
			if (!at || word == n)
				return false;
			words[word++][at] = 0;
			at = 0;
			continue;
		}
		if (c < '!' || c > '~' || at == FRAME_WORD - 1 || word == n)
			return false;
		words[word][at++] = c;
	}
	return word == n;
}

long frame_number(const char *word, long max)
{
	long value = 0;

	for (const char *c = word; *c; c++) {
		if (*c < '0' || *c > '9' || value > (max - (*c - '0')) / 10)
			return -1;
		value = value * 10 + (*c - '0');
	}
	return *word ? value : -1;
}
