/* SPDX-License-Identifier: Apache-2.0 */
/* obstacles.c - the list that checks add to. */
#include "obstacles.h"

#include <stdarg.h>
#include <stdio.h>

#include "arena.h"

void obstacle(struct obstacles *list, const char *name, struct place at, const char *remedy,
	      const char *cause, ...)
{
	struct obstacle *o = ARENA_ADD(list->mem, list->list, list->n);
	char buf[1024], *text;
	va_list ap;

	va_start(ap, cause);
	vsnprintf(buf, sizeof(buf), cause, ap);
	va_end(ap);
	text = o ? arena_strdup(list->mem, buf) : NULL;
	if (!text) {
		list->err = -ENOMEM;
		list->n -= o != NULL;
		return;
	}
	*o = (struct obstacle){
		.name = name, .pid = at.pid, .fd = at.fd, .address = at.address, .cause = text, .remedy = remedy,
	};
}
