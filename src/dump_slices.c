/* SPDX-License-Identifier: Apache-2.0 */
/* dump_slices.c - the tasks of a frozen tree, looked at by a few threads.
 *
 * Each takes a slice of them, with memory and a list of obstacles of its own;
 * the lists are joined in the order of the tasks. Nothing here may trace: that
 * is what the main thread does meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "dump_state.h"
#include "pool.h"

#define SLICE_TASKS 8

struct slice {
	struct arena *mem;
	struct task *tasks[SLICE_TASKS];
	size_t n;
	struct obstacles obstacles;
};

struct slices {
	struct slice *list;
	size_t n;
	look_fn *look;
	bool beside_calls;
	int nice;
	const struct cpus_turn *turn;
	pthread_t owner;
	struct pool pool;
};

static int add_task(struct dump *d, struct slices *all, struct task *t)
{
	struct slice *s = all->n ? &all->list[all->n - 1] : NULL;

	if (!s || s->n == SLICE_TASKS) {
		s = ARENA_ADD(d->mem, all->list, all->n);
		if (!s)
			return -ENOMEM;
		s->mem = s->obstacles.mem = arena_child(d->mem);
		if (!s->mem)
			return -ENOMEM;
	}
	s->tasks[s->n++] = t;
	return 0;
}

static int work(void *context, size_t i)
{
	struct slices *all = context;
	struct slice *s = &all->list[i];
	int r = 0;

	/* Tasks that make calls must not wait for a CPU that is ours at the highest priority. */
	if (all->beside_calls && !pthread_equal(pthread_self(), all->owner)) {
		cpus_line_up(all->turn);
		setpriority(PRIO_PROCESS, 0, all->nice);
	}
	for (size_t j = 0; j < s->n && r == 0; j++)
		r = all->look(s->mem, s->tasks[j], &s->obstacles);
	return r;
}

int dump_tasks_begin(struct dump *d, look_fn *look, bool beside_calls)
{
	struct slices *all = arena_zalloc(d->mem, sizeof(*all));
	int r = all ? 0 : -ENOMEM;

	EACH_PROCESS(p, &d->tree)
		EACH_TASK(t, p)
			if (r == 0)
				r = add_task(d, all, t);
	if (r < 0)
		return fail(&d->at, r, "tasks");
	all->look = look;
	all->beside_calls = beside_calls;
	all->nice = d->nice;
	all->turn = &d->tree.turn;
	all->owner = pthread_self();
	d->slices = all;
	say_only_first(true);
	pool_begin(&all->pool, all->n, pool_threads(), work, all);
	return 0;
}

int dump_tasks_end(struct dump *d)
{
	struct slices *all = d->slices;
	int r = all ? pool_end(&all->pool, NULL, NULL) : 0;

	say_only_first(false);
	d->slices = NULL;
	for (size_t i = 0; all && i < all->n; i++) {
		d->obstacles.err = all->list[i].obstacles.err ?: d->obstacles.err;
		for (size_t j = 0; j < all->list[i].obstacles.n; j++) {
			struct obstacle *o = ARENA_ADD(d->mem, d->obstacles.list, d->obstacles.n);

			if (!o)
				return fail(&d->at, ENOMEM, "obstacles");
			*o = all->list[i].obstacles.list[j];
		}
	}
	return r;
}
