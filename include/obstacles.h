/* SPDX-License-Identifier: Apache-2.0 */
/* obstacles.h - what stands between a live tree and its checkpoint.
 *
 * An obstacle is a fact with a stable name ("fd.unix", "mm.sealed"), a place,
 * the cause in one sentence and the remedy in another. Checks add to the list
 * and never stop at the first. docs/errors.md lists every name. What ckpt itself
 * lacks or cannot read is never an obstacle but an error: see is_own_error().
 */
#pragma once
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

struct obstacle {
	const char *name;
	pid_t pid;		/* 0: the whole tree */
	int fd;			/* -1: none */
	uint64_t address;	/* 0: none */
	const char *cause, *remedy;
};

struct obstacles {
	struct arena *mem;
	struct obstacle *list;
	size_t n;
	int err;		/* -ENOMEM: there is one that the list has no room for */
};

/* Where an obstacle is. */
struct place { pid_t pid; int fd; uint64_t address; };
#define AT_PID(p) ((struct place){ .pid = (p), .fd = -1 })
#define AT_FD(p, f) ((struct place){ .pid = (p), .fd = (f) })
#define AT_ADDR(p, va) ((struct place){ .pid = (p), .fd = -1, .address = (va) })

/* `remedy` is a constant sentence; the cause is formatted. */
void obstacle(struct obstacles *list, const char *name, struct place at, const char *remedy,
	      const char *cause, ...) __attribute__((format(printf, 5, 6)));

/* Of a question that was asked to find an obstacle: this -errno says nothing of
 * the target, but that ckpt or the machine could not answer. */
static inline bool is_own_error(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -EIO || err == -EINTR ||
	       err == -ENOBUFS || err == -ENOSPC;
}
