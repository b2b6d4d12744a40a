/* SPDX-License-Identifier: Apache-2.0 */
/* iters.c - BPF iterators of a tree: made before the freeze, read while it stands still. */
#include "cleanup.h"
#include "model.h"

/* From here on they spare the tree more than they take to load, which is 3 ms. Under
 * AddressSanitizer all trees have them, so that all tests do. */
#ifdef __SANITIZE_ADDRESS__
#define MANY_TASKS 1u
#else
#define MANY_TASKS 16u
#endif
#define MANY_PAGES 32768u	/* 128 MiB: smaps takes 10 us for each MiB of small pages */

static bool is_worth_it(const struct tree *tree)
{
	uint64_t tasks = 0, pages = 0;

	EACH_PROCESS(p, tree) {
		tasks += p->n_tasks;
		pages += p->stat.resident;
	}
	return tasks >= MANY_TASKS || pages >= MANY_PAGES;
}

static void open_both(const int program[BPF_ITERS], pid_t pid, int ret[BPF_ITERS])
{
	for (int i = 0; i < BPF_ITERS; i++) {
		autoclose fd = bpf_iter_open(program[i], i, pid);

		ret[i] = fd < 0 || proc_is_too_high(fd) ? -1 : take_fd(&fd);
	}
}

void iters_open(struct tree *tree, int ret_self[BPF_ITERS])
{
	int program[BPF_ITERS];

	ret_self[BPF_ITER_VMAS] = ret_self[BPF_ITER_TASKS] = -1;
	if (!is_worth_it(tree) || bpf_iter_load(program) < 0)
		return;
	open_both(program, getpid(), ret_self);
	EACH_PROCESS(p, tree)
		if (!p->zombie)
			open_both(program, p->pid, p->iter);
	bpf_iter_close(program);
}
