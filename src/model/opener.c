/* SPDX-License-Identifier: Apache-2.0 */
/* opener.c - the parts that all openers share, and ckpt as an opener. */
#include "fault.h"
#include "opener_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "cleanup.h"

#define ALIGN16(n) (((n) + 15) & ~(size_t)15)

long opener_call_(struct opener *o, long nr, const uint64_t arg[6])
{
	return o->ops->call(o, nr, arg);
}

uint64_t opener_push(struct opener *o, const void *data, size_t len)
{
	size_t start = ALIGN16(o->used);

	if (start > OPENER_ROOM || len > OPENER_ROOM - start)
		return 0;
	if (o->ops->put(o, o->room + start, data, len) < 0)
		return 0;
	o->used = start + len;
	return o->room + start;
}

uint64_t opener_string(struct opener *o, const char *s)
{
	return opener_push(o, s, strlen(s) + 1);
}

int opener_pull(struct opener *o, uint64_t from, void *to, size_t len)
{
	if (from < o->room || from - o->room > o->used || len > o->used - (from - o->room))
		return -EFAULT;
	return o->ops->get(o, from, to, len);
}

void opener_reset(struct opener *o)
{
	o->used = 0;
}

int opener_write(struct opener *o, int fd, const void *data, size_t len)
{
	size_t mark = o->used, room = OPENER_ROOM - MIN(ALIGN16(mark), (size_t)OPENER_ROOM);
	const char *p = data;

	while (len) {
		size_t n = MIN(len, room);
		uint64_t at = n ? opener_push(o, p, n) : 0;
		long r = at ? opener_call(o, SYS_write, fd, at, n) : -ENOBUFS;

		o->used = mark;
		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r ? (int)r : -EIO;
		p += r;
		len -= r;
	}
	return 0;
}

int opener_fail(struct opener *o, long err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fail(o->at, (int)err, "%s", text);
}

const struct where *opener_where(const struct opener *o)
{
	return o->at;
}

void opener_free(struct opener *o)
{
	if (o && o->ops->done)
		o->ops->done(o);
	free(o);
}

static long self_call(struct opener *o, long nr, const uint64_t arg[6])
{
	long r = FAULTY(FAULT_OPEN, syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]));

	(void)o;
	return r == -1 ? -errno : r;
}

static int self_put(struct opener *o, uint64_t to, const void *data, size_t len)
{
	void *at = (void *)(uintptr_t)to;

	(void)o;
	if (!data)
		memset(at, 0, len);
	else if (len)
		memcpy(at, data, len);
	return 0;
}

static int self_get(struct opener *o, uint64_t from, void *to, size_t len)
{
	(void)o;
	memcpy(to, (const void *)(uintptr_t)from, len);
	return 0;
}

static void self_done(struct opener *o)
{
	free(o->impl);
}

static const struct opener_ops self_ops = {
	.call	= self_call,
	.put	= self_put,
	.get	= self_get,
	.done	= self_done,
};

struct opener *opener_self(const struct where *at)
{
	struct opener *o = FAULTY_ALLOC(calloc(1, sizeof(*o)));
	void *room = FAULTY_ALLOC(malloc(OPENER_ROOM));

	if (!o || !room) {
		free(o);
		free(room);
		return NULL;
	}
	*o = (struct opener){
		.ops = &self_ops, .at = at, .room = (uintptr_t)room, .impl = room,
	};
	return o;
}
