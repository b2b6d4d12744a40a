/* SPDX-License-Identifier: Apache-2.0 */
/* load_task.c - what a task has of its own: nothing that the kernel would refuse when half of the tree is made. */
#include <string.h>
#include "load_parts.h"

#define SIGNAL_MAX 64
#define COMM_SIZE 16			/* with its NUL: TASK_COMM_LEN of linux/sched.h */
#define USER_CODE 0x33			/* __USER_CS of asm/segment.h */
#define TLS_FIRST 12			/* GDT_ENTRY_TLS_MIN of asm/segment.h */
#define TLS_ENTRIES 3
#define ROBUST_LIST_SIZE 24		/* struct robust_list_head */
#define RSEQ_SIZE 32			/* and alignment: rseq(2) */
#define STACK_SIZE_MIN 2048		/* MINSIGSTKSZ of asm/signal.h */
#define STACK_DISABLED 2u		/* SS_DISABLE of linux/signal.h */
#define STACK_FLAGS 0x80000003u		/* with SS_ONSTACK and SS_AUTODISARM */

/* Of user mode: invalid_selector() of arch/x86/kernel/ptrace.c. */
static bool is_selector(uint64_t s, bool may_be_zero)
{
	return s <= UINT16_MAX && ((s & 3) == 3 || (may_be_zero && !s));
}

static int check_regs(struct loader *l, const Task *t)
{
	const X86Regs *r = t->regs;

	if (!r)
		return load_bad(l, "task %u has no registers", t->id);
	if (r->cs != USER_CODE || !is_selector(r->ss, false) || !is_selector(r->ds, true) || !is_selector(r->es, true) ||
	    !is_selector(r->fs, true) || !is_selector(r->gs, true))
		return load_bad(l, "task %u has segment registers that a 64-bit program cannot have", t->id);
	if (r->fs_base >= LOAD_ADDRESS_END || r->gs_base >= LOAD_ADDRESS_END)
		return load_bad(l, "task %u has a segment base that is no user address", t->id);
	if (t->n_tls > TLS_ENTRIES)
		return load_bad(l, "task %u has %zu TLS entries", t->id, t->n_tls);
	for (size_t i = 0; i < t->n_tls; i++)
		if (t->tls[i]->entry_number - TLS_FIRST >= TLS_ENTRIES)
			return load_bad(l, "task %u has a TLS entry %u", t->id, t->tls[i]->entry_number);
	return 0;
}

/* do_sigaltstack() of kernel/signal.c. */
static bool is_stack(const AltStack *s)
{
	if (s->flags & ~STACK_FLAGS || (s->flags & 3) == 3 || s->sp >= LOAD_ADDRESS_END || s->size > LOAD_ADDRESS_END)
		return false;
	return (s->flags & STACK_DISABLED) || s->size >= STACK_SIZE_MIN;
}

static int check_registered(struct loader *l, const Task *t)
{
	const Rseq *r = t->rseq;

	if (t->altstack && !is_stack(t->altstack))
		return load_bad(l, "task %u has an alternate signal stack that cannot be", t->id);
	if (t->robust_list && (t->robust_list >= LOAD_ADDRESS_END || t->robust_list_len != ROBUST_LIST_SIZE))
		return load_bad(l, "task %u has a robust list that cannot be", t->id);
	if (r && (!r->address || r->address % RSEQ_SIZE || r->address >= LOAD_ADDRESS_END || r->size < RSEQ_SIZE ||
		  r->size > LOAD_PAGE))
		return load_bad(l, "task %u has an rseq area that cannot be", t->id);
	return 0;
}

int load_check_task(struct loader *l, const Task *t)
{
	int err = check_regs(l, t);

	if (!err)
		err = check_registered(l, t);
	if (!err && (strlen(t->comm) >= COMM_SIZE || t->nice < -20 || t->nice > 19))
		err = load_bad(l, "task %u has a name or a nice value that cannot be", t->id);
	if (!err && t->death_signal > SIGNAL_MAX)
		err = load_bad(l, "task %u has the parent-death signal %u", t->id, t->death_signal);
	return err ? err : load_check_queue(l, t->pending, t->n_pending);
}
