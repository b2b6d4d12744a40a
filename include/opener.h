/* SPDX-License-Identifier: Apache-2.0 */
/* opener.h - who makes the system calls that open a file under restore.
 *
 * Either ckpt itself (the file goes into the descriptor table that all
 * processes under restore share) or a process of the tree, stopped, by remote
 * calls. No kind calls open(2) or its like directly. Every call is made at
 * once; results are the kernel's, >= 0 or -errno.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include "say.h"

struct opener;

/* ckpt itself as opener; NULL: no memory. `at`, which messages begin with,
 * stays the caller's. */
struct opener *opener_self(const struct where *at);

/* A stopped task under restore as opener, with OPENER_ROOM bytes at `room`,
 * which are the same memory here and there. */
struct tracee;
struct opener *opener_task(const struct where *at, struct tracee *t, uint64_t room);
void opener_free(struct opener *o);	/* NULL is fine */
static inline void opener_freep(struct opener **o) { opener_free(*o); }

/* One system call. Arguments are values, or addresses from opener_push(). */
long opener_call_(struct opener *o, long nr, const uint64_t arg[6]);
#define opener_call(o, nr, ...)							\
	opener_call_((o), (nr), (const uint64_t[6]){ OPENER_ARGS(__VA_ARGS__) })
#define OPENER_ARGS(...) __VA_ARGS__

/* Copy `data` to where the opener's calls can see it, until opener_reset().
 * 0: no room (at most OPENER_ROOM bytes in all between resets). data == NULL:
 * room alone, zeroed. */
#define OPENER_ROOM 65536
uint64_t opener_push(struct opener *o, const void *data, size_t len);
uint64_t opener_string(struct opener *o, const char *s);

/* Read back what a call wrote to pushed memory. */
int opener_pull(struct opener *o, uint64_t from, void *to, size_t len);
void opener_reset(struct opener *o);

/* Write all of data to fd, in as many calls as it takes. */
int opener_write(struct opener *o, int fd, const void *data, size_t len);

/* Says what failed ("eventfd: Too many open files"), returns -|err|. */
int opener_fail(struct opener *o, long err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const struct where *opener_where(const struct opener *o);
