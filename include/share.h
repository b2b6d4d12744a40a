/* SPDX-License-Identifier: Apache-2.0 */
/* share.h - which processes share a kernel object, found with kcmp(2). */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

/* Objects seen so far, in the kernel's own (hidden) order of them. */
struct share_set {
	int type;		/* KCMP_FILES, KCMP_VM, ... */
	struct share { pid_t pid; uint32_t first; } *list;
	size_t n;
};

/* The object of task `pid`. *ret: the `id` it was first seen with; that is
 * `id` itself when it is new. -errno of kcmp(2), -ENOMEM. */
int share_add(struct arena *a, struct share_set *s, pid_t pid, uint32_t id, uint32_t *ret);
