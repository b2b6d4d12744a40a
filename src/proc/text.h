/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - small files of /proc, read without touching the arena. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "io.h"

struct arena;

/* Enough for stat, limits, syscall, and status unless there are many groups or NUMA nodes. */
#define PROC_TEXT_SIZE 8192
#define PROC_TEXT_BUFFER(name) _Alignas(IO_ALIGNMENT) char name[PROC_TEXT_SIZE]

/* No file of /proc that is read whole is bigger than this. */
#define PROC_TEXT_MAX ((size_t)64 << 20)

/* The text of a file that the kernel writes in one piece (single_open() in
 * fs/seq_file.c): one read(2) gets all of it if there is room. *ret points to
 * buf, or into the arena if the text is longer. */
int proc_text(struct arena *a, int dirfd, const char *name, char *buf, size_t size,
	      const char **ret, size_t *ret_len);

int proc_openat(int dirfd, const char *name);	/* for reading; or -errno */

/* A file below a directory: the one that is kept (proc_keep()), to be read from
 * offset 0 on, or one that is opened for this. fd: or -errno. */
struct proc_file { int fd; bool kept; };
struct proc_file proc_file_open(int dir, const char *name);
void proc_file_close(struct proc_file *f);
