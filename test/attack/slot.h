/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - what a task of target.c or crowd.c tells the driver, test/attack/run, of itself. */
#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct slot {
	uint32_t go, done, tid, eintr;
	uint32_t word;		/* a futex, or how many signals came */
	char name[28];
	char message[208];
};

/* The first thing that is wrong stays. */
static void __attribute__((format(printf, 2, 3))) wrong(struct slot *s, const char *format, ...)
{
	char text[sizeof(s->message)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (!s->message[0])
		memcpy(s->message, text, sizeof(text));
}
