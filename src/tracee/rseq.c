/* SPDX-License-Identifier: Apache-2.0 */
/* rseq.c - out of a restartable sequence that a task was stopped in.
 *
 * The kernel looks at rseq_cs when a task goes back to its program, and clears
 * it where the registers point elsewhere: after the first remote call nobody
 * would abort the sequence any more. So the task goes on where the kernel would
 * have sent it, since a stop is a preemption. rseq_cs itself is left alone:
 * should ckpt die before the registers are set, the kernel finds it as it was.
 */
#include <errno.h>

#include "arch.h"
#include "tracee.h"

#define CS_OFFSET 8		/* rseq_cs in struct rseq of linux/rseq.h */

/* linux/rseq.h would clash with sys/rseq.h of some C libraries. */
struct section {
	uint32_t version, flags;
	uint64_t start, len, abort;
};

/* rseq_get_rseq_cs() of kernel/rseq.c: the kernel kills whoever breaks these
 * rules, and shall do so itself. */
static int is_valid(const struct tracee *t, const struct section *s, uint32_t signature)
{
	uint32_t found;
	int r;

	if (s->version || s->flags || s->start + s->len < s->start || s->abort - s->start < s->len)
		return 0;
	r = tracee_read(t, RPTR(s->abort - sizeof(found)), &found, sizeof(found));
	return r < 0 ? r : found == signature;
}

/* 1: *ret is the section that the task has announced; 0: none; -errno. */
static int announced(const struct tracee *t, uint64_t area, uint32_t signature, struct section *ret)
{
	uint64_t at;
	int r = tracee_read(t, RPTR(area + CS_OFFSET), &at, sizeof(at));

	if (r == 0 && !at)
		return 0;
	if (r == 0)
		r = tracee_read(t, RPTR(at), ret, sizeof(*ret));
	return r < 0 ? r : is_valid(t, ret, signature);
}

int tracee_leave_section(struct tracee *t)
{
	struct section s;
	int r = tracee_rseq(t, &t->rseq);

	if (r < 0 || !t->rseq.address)
		return r;
	r = announced(t, t->rseq.address, t->rseq.signature, &s);
	/* What is not there is for the kernel to complain of. */
	if (r <= 0)
		return r == -EFAULT ? 0 : r;
	if (arch_abort_section(&t->regs, s.start, s.len, s.abort))
		t->touched = true;
	return 0;
}
