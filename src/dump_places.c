/* SPDX-License-Identifier: Apache-2.0 */
/* dump_places.c - obstacles that differ in nothing but their places, as one. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "dump.h"

#define INNER_MAX 8		/* named of each list; --json has all */
#define OUTER_MAX 4

struct text { char *buf; size_t len, room; };

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->room - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = MIN(t->len + (size_t)n, t->room - 1);
}

static bool alike(const struct obstacle *a, const struct obstacle *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->cause, b->cause) && !strcmp(a->remedy, b->remedy);
}

static bool same_pid(const struct obstacle *a, const struct obstacle *b)
{
	return a->pid == b->pid;
}

static bool same_spot(const struct obstacle *a, const struct obstacle *b)
{
	return a->fd == b->fd && a->address == b->address;
}

typedef bool same_fn(const struct obstacle *a, const struct obstacle *b);

/* Is this the first of those alike, or of those that are the same in this way as well? */
static bool is_first(const struct dump_result *r, size_t from, size_t i, same_fn *same)
{
	for (size_t j = from; j < i; j++)
		if (alike(&r->obstacles[j], &r->obstacles[i]) && (!same || same(&r->obstacles[j], &r->obstacles[i])))
			return false;
	return true;
}

bool obstacle_is_first(const struct dump_result *r, size_t i)
{
	return is_first(r, 0, i, NULL);
}

static size_t count(const struct dump_result *r, size_t first, same_fn *same)
{
	size_t n = 0;

	for (size_t i = first; i < r->n_obstacles; i++)
		n += alike(&r->obstacles[first], &r->obstacles[i]) && is_first(r, first, i, same);
	return n;
}

static void add_spot(struct text *t, const char *before, const struct obstacle *o)
{
	if (o->fd >= 0)
		add(t, "%sfd %d", before, o->fd);
	else if (o->address)
		add(t, "%s%#llx", before, (unsigned long long)o->address);
}

/* "pid 412: fd 7, fd 8" */
static void add_spots(struct text *t, const struct dump_result *r, size_t i)
{
	const struct obstacle *o = &r->obstacles[i];
	size_t n = 0;

	if (o->pid)
		add(t, "pid %d", o->pid);
	else
		add(t, "tree");
	for (size_t j = i; j < r->n_obstacles; j++)
		if (alike(o, &r->obstacles[j]) && same_pid(o, &r->obstacles[j]) && ++n <= INNER_MAX)
			add_spot(t, n == 1 ? ": " : ", ", &r->obstacles[j]);
	if (n > INNER_MAX)
		add(t, " and %zu more", n - INNER_MAX);
}

/* "pids 412, 413: fd 7" */
static void add_pids(struct text *t, const struct dump_result *r, size_t i)
{
	const struct obstacle *o = &r->obstacles[i];
	size_t n = 0;

	for (size_t j = i; j < r->n_obstacles; j++)
		n += alike(o, &r->obstacles[j]) && same_spot(o, &r->obstacles[j]);
	add(t, n > 1 ? "pids " : "pid ");
	n = 0;
	for (size_t j = i; j < r->n_obstacles; j++)
		if (alike(o, &r->obstacles[j]) && same_spot(o, &r->obstacles[j]) && ++n <= INNER_MAX)
			add(t, "%s%d", n == 1 ? "" : ", ", r->obstacles[j].pid);
	if (n > INNER_MAX)
		add(t, " and %zu more", n - INNER_MAX);
	add_spot(t, ": ", o);
}

void obstacle_places(const struct dump_result *r, size_t i, char *buf, size_t len)
{
	struct text t = { .buf = buf, .room = len };
	bool by_pid = count(r, i, same_pid) <= count(r, i, same_spot);
	same_fn *same = by_pid ? same_pid : same_spot;
	size_t n = 0;

	buf[0] = '\0';
	for (size_t j = i; j < r->n_obstacles; j++) {
		if (!alike(&r->obstacles[i], &r->obstacles[j]) || !is_first(r, i, j, same) || ++n > OUTER_MAX)
			continue;
		if (n > 1)
			add(&t, "; ");
		(by_pid ? add_spots : add_pids)(&t, r, j);
	}
	if (n > OUTER_MAX)
		add(&t, "; and %zu more such places", n - OUTER_MAX);
}
