/* SPDX-License-Identifier: Apache-2.0 */
/* task_cpu.c - registers, vector state, TLS, and how an interrupted call goes on.
 *
 * Registers are put back last, by ptrace, when nothing is left to be called:
 * see restore_commit.c. Here is only what the image needs.
 */
#include <errno.h>
#include <string.h>

#include "arch.h"
#include "calls.h"
#include "task_part.h"

static int check(struct arena *a, struct task *t, struct obstacles *list)
{
	(void)a;
	if ((t->tracee->regs.cs & 0xffff) != 0x33)
		obstacle(list, "task.32bit", AT_PID(t->tid), "Only 64-bit programs can be saved.",
			 "the task runs 32-bit code");
	if (t->dispatch)
		obstacle(list, "task.dispatch", AT_PID(t->tid), "Turn syscall user dispatch off in the program.",
			 "the task has syscall user dispatch on, which cannot be saved yet");
	if (!arch_key_permits(t->pkru, 0))
		obstacle(list, "task.protection-key", AT_PID(t->tid), "Dump while it may use memory without a key.",
			 "the task has denied itself all memory without a protection key, so it can make no calls for ckpt");
	return 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	Task *m = t->image;
	int r;

	(void)from;
	m->regs = ARENA_MSG(a, X86Regs, x86_regs);
	if (!m->regs)
		return -ENOMEM;
	arch_regs_to_message(&t->tracee->regs, m->regs);
	m->xstate.data = t->xstate;
	m->xstate.len = t->xstate_used;
	r = calls_interrupted(a, t, list, &m->call);
	return r < 0 ? r : arch_get_tls(a, t->tracee, &m->tls, &m->n_tls);
}

const struct task_part cpu_part = { .name = "cpu", .stage = STAGE_TASK, .check = check, .take = take };
