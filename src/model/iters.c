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

static int open_one(int program, enum bpf_iter which, pid_t pid)
{
	autoclose fd = bpf_iter_open(program, which, pid);

	return fd < 0 || proc_is_too_high(fd) ? -1 : take_fd(&fd);
}

void iters_open(struct tree *tree, int ret_self[BPF_ITERS])
{
	int program[BPF_ITERS];

	ret_self[BPF_ITER_VMAS] = ret_self[BPF_ITER_TASKS] = -1;
	if (!is_worth_it(tree) || bpf_iter_load(program) < 0)
		return;
	for (int i = 0; i < BPF_ITERS; i++) {
		ret_self[i] = open_one(program[i], i, getpid());
		EACH_PROCESS(p, tree)
			if (!p->zombie)
				p->iter[i] = open_one(program[i], i, p->pid);
		close(program[i]);
	}
}
