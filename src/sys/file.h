/* SPDX-License-Identifier: ISC */
/* Files and directories, each call whole or not at all. */
#ifndef BERTH_FILE_H
#define BERTH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

/* The whole file, NUL-terminated, malloc'd; its size in *size when not NULL. "-" is standard input. Fails above max bytes. */
char *file_read(const char *path, size_t max, size_t *size, struct err *e);

/*
 * What one read gives of where a file begins or ends: at most size - 1 bytes, and a NUL. How many, or -1.
 * file_end never follows a link and never waits, whoever has made the file.
 */
ssize_t read_once(int fd, char *buf, size_t size);
ssize_t read_end(int fd, char *buf, size_t size);       /* of one that has not been read */
ssize_t file_begin(const char *path, char *buf, size_t size);
ssize_t file_end(const char *path, char *buf, size_t size);

/* Write text to path, in place and unsynced: for what is published later, as a whole. */
int file_write_loose(const char *path, const char *text, size_t size, mode_t mode, struct err *e);

/* Replace path by text: temporary file beside it, fsync, rename, fsync of the directory. mode 0: keep that of the old file, else 0644. */
int file_write(const char *path, const char *text, size_t size, mode_t mode, struct err *e);

/* The same with an owner, given before the file is seen under its name; -1 leaves it. */
struct file_owner { uid_t uid; gid_t gid; };
int file_write_as(const char *path, const char *text, size_t size, mode_t mode, struct file_owner who, struct err *e);

int file_append(const char *path, const char *text, size_t size, mode_t mode, struct err *e);

int dir_make(const char *path, mode_t mode, struct err *e);     /* with its parents; there already is fine */
bool file_exists(const char *path);

/*
 * Delete path and everything below it, never leaving its file system through a
 * link, after detaching what a killed run left mounted there. Nothing there is fine.
 */
int tree_remove(const char *path, struct err *e);

/* The names in a directory, sorted, without "." and ".."; an absent directory is empty. */
int dir_list(const char *path, struct words *out, struct arena *a, struct err *e);

int write_all(int fd, const char *bytes, size_t n);             /* -1 with errno */
char *path_absolute(const char *path, struct arena *a);         /* lexical: no link is followed */
void close_fd(int *fd);                                         /* for DEFER(close_fd) int fd = -1 */

#endif
