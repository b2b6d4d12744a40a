/* SPDX-License-Identifier: Apache-2.0 */
/* restore_run.c - running what was asked of tasks, and telling which of them failed. */
#include <errno.h>

#include "remote.h"
#include "restore_state.h"

int restore_run_all(struct restore *r, struct tracee **list, size_t n, const char *what)
{
	int err = remote_run(list, n);

	if (err < 0) {
		for (size_t i = 0; i < n; i++)
			if (list[i]->gone)
				return fail(&r->at, 0, "cannot %s: task %d died (status %#x)", what, list[i]->tid,
					    (unsigned)list[i]->status);
		return fail(&r->at, err, "cannot %s", what);
	}
	for (size_t i = 0; i < n; i++) {
		struct where at = { .phase = r->at.phase, .pid = list[i]->tid, .fd = -1, .kind = r->at.kind };
		long nr;

		err = remote_failed(list[i], &nr);
		if (err < 0)
			return fail(&at, err, "cannot %s: system call %ld", what, nr);
	}
	return 0;
}

int restore_run_leaders(struct restore *r, const struct processes *ps, const char *what)
{
	struct tracee **list = arena_zalloc(r->mem, ps->n * sizeof(*list));

	if (!list)
		return fail(&r->at, ENOMEM, "tasks");
	for (size_t i = 0; i < ps->n; i++)
		list[i] = leader(ps->list[i])->tracee;
	return restore_run_all(r, list, ps->n, what);
}
