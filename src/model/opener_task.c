/* SPDX-License-Identifier: Apache-2.0 */
/* opener_task.c - a task under restore as opener: each call is a batch of one. */
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "opener_priv.h"
#include "remote.h"

static long call(struct opener *o, long nr, const uint64_t arg[6])
{
	struct tracee *t = o->impl;
	int n = remote_ask(t, 0, 0, nr, arg);
	int r = n < 0 ? n : remote_run(&t, 1);

	return r < 0 ? r : remote_result(t, n);
}

static int put(struct opener *o, uint64_t to, const void *data, size_t len)
{
	(void)o;
	if (data)
		memcpy((void *)to, data, len);
	else
		memset((void *)to, 0, len);
	return 0;
}

static int get(struct opener *o, uint64_t from, void *to, size_t len)
{
	(void)o;
	memcpy(to, (const void *)from, len);
	return 0;
}

struct opener *opener_task(const struct where *at, struct tracee *t, uint64_t room)
{
	static const struct opener_ops ops = { .call = call, .put = put, .get = get };
	struct opener *o = FAULTY_ALLOC(calloc(1, sizeof(*o)));

	if (o) {
		o->ops = &ops;
		o->at = at;
		o->room = room;
		o->impl = t;
	}
	return o;
}
