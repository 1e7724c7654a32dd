/* SPDX-License-Identifier: ISC */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_errno
#undef err_add

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	e->kind = kind;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	return -1;
}

static enum err_kind kind_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EEXIST:
	case ENOTEMPTY:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_PERMISSION;
	case EBUSY:
	case EAGAIN:
	case ETXTBSY:
		return ERR_BUSY;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	default:
		return ERR_FAILED;
	}
}

int err_errno(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	e->kind = kind_of(errnum);
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof e->msg - n, ": %s", strerror(errnum));
	return -1;
}

int err_add(struct err *e, const char *fmt, ...)
{
	char old[sizeof e->msg];
	va_list ap;
	size_t n;

	memcpy(old, e->msg, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof e->msg - n, ": %s", old);
	return -1;
}

const char *err_word(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:        return "ok";
	case ERR_FAILED:      return "failed";
	case ERR_USAGE:       return "usage";
	case ERR_NOT_FOUND:   return "not-found";
	case ERR_EXISTS:      return "exists";
	case ERR_PERMISSION:  return "permission";
	case ERR_BUSY:        return "busy";
	case ERR_TIMEOUT:     return "timeout";
	case ERR_UNREACHABLE: return "unreachable";
	case ERR_PARTIAL:     return "partial";
	case ERR_INVALID:     return "invalid";
	case ERR_AMBIGUOUS:   return "ambiguous";
	case ERR_UNSUPPORTED: return "unsupported";
	}
	return "?";
}
