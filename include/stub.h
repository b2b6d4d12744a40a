/* SPDX-License-Identifier: Apache-2.0 */
/* stub.h - the memory that processes under restore run from.
 *
 * One memfd, mapped at one address that is free in ckpt and in every layout of
 * the plan: the batch runner, executable, and behind it a writable slot per
 * task. Every process inherits the mapping and gives it up at the end; ckpt
 * fills in calls and reads results in place.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "tracee.h"

#define STUB_SLOT 16384u
#define STUB_ROOM 65536u

struct stub {
	uint64_t start, end;	/* all of it; the same addresses here and there */
	uint64_t room;		/* STUB_ROOM bytes that whoever opens files uses at the moment */
	size_t slots, used;
};

/* Is [start, end) free in every layout of the plan? */
typedef int stub_free_fn(void *context, uint64_t start, uint64_t end);

int stub_map(size_t slots, stub_free_fn *is_free, void *context, struct stub *ret);
int stub_give_slot(struct stub *s, struct tracee *t);
void stub_unmap(struct stub *s);
