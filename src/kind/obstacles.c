/* SPDX-License-Identifier: Apache-2.0 */
/* obstacles.c - the list that checks add to. */
#include "obstacles.h"

#include <stdarg.h>
#include <stdio.h>

#include "arena.h"

static const struct obstacle no_memory = {
	.name = "tree.memory", .fd = -1,
	.cause = "ckpt has no memory left to list what stands in the way",
	.remedy = "give ckpt more memory",
};

void obstacle(struct obstacles *list, const char *name, struct place at, const char *remedy,
	      const char *cause, ...)
{
	struct obstacle *o = ARENA_ADD(list->mem, list->list, list->n);
	char buf[1024], *text;
	va_list ap;

	if (o) {
		va_start(ap, cause);
		vsnprintf(buf, sizeof(buf), cause, ap);
		va_end(ap);
		text = arena_strdup(list->mem, buf);
		*o = (struct obstacle){
			.name = name, .pid = at.pid, .fd = at.fd, .address = at.address,
			.cause = text ?: no_memory.cause, .remedy = remedy,
		};
	} else if (!list->n) {
		/* Whatever else is lost: the list must not look empty. It is
		 * only ever read or copied, never written in place. */
		list->list = (struct obstacle *)(uintptr_t)&no_memory;
		list->n = 1;
	}
}
