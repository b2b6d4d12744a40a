/* SPDX-License-Identifier: Apache-2.0 */
/* opener_priv.h - what an opener is made of, for those who make one.
 *
 * The room is one stretch of memory that is handed out from the bottom;
 * an implementation says where it is, and how to reach it and make calls.
 */
#pragma once
#include "opener.h"

struct opener_ops {
	long (*call)(struct opener *o, long nr, const uint64_t arg[6]);
	/* Within the room. data == NULL: zeroes. */
	int (*put)(struct opener *o, uint64_t to, const void *data, size_t len);
	int (*get)(struct opener *o, uint64_t from, void *to, size_t len);
	void (*done)(struct opener *o);		/* gives back what impl has; NULL: nothing */
};

/* Made with calloc(3); opener_free() frees it. */
struct opener {
	const struct opener_ops *ops;
	const struct where *at;
	uint64_t room;		/* address of OPENER_ROOM bytes, aligned to 16 */
	size_t used;
	void *impl;		/* the implementation's */
};
