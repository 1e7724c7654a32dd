/* SPDX-License-Identifier: ISC */
/* Programs that show another program in a window of theirs: terminals, multiplexers, editors. */
#ifndef BERTH_WINDOW_H
#define BERTH_WINDOW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * The command line by which that program runs command in a window called title, in
 * arena a. ERR_USAGE names all programs when this is none of them, ERR_UNSUPPORTED
 * says that there is no desktop.
 */
const char *const *window_argv(const char *program, const char *title, const char *const *command, struct arena *a, struct err *e);

/* Become a program that shows something; ERR_NOT_FOUND with what to type when it is not installed. Only returns when it fails. */
int window_become(const char *const *argv, const char *package, struct err *e);

const char *window_package(const char *program);        /* the Debian package it is in */
bool window_desktop(void);                              /* is there one to show windows on? */

#endif
