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
static bool is_valid(const struct tracee *t, const struct section *s, uint32_t signature)
{
	uint32_t found;

	if (s->version || s->flags || s->start + s->len < s->start || s->abort - s->start < s->len)
		return false;
	return tracee_read(t, RPTR(s->abort - sizeof(found)), &found, sizeof(found)) == 0 && found == signature;
}

int tracee_leave_section(struct tracee *t)
{
	uint64_t area, at;
	struct section s;
	uint32_t size, signature;
	int r = tracee_rseq(t, &area, &size, &signature);

	if (r < 0 || !area)
		return r;
	/* What cannot be read is for the kernel to complain of. */
	if (tracee_read(t, RPTR(area + CS_OFFSET), &at, sizeof(at)) < 0 || !at ||
	    tracee_read(t, RPTR(at), &s, sizeof(s)) < 0 || !is_valid(t, &s, signature))
		return 0;
	if (arch_abort_section(&t->regs, s.start, s.len, s.abort))
		t->touched = true;
	return 0;
}
