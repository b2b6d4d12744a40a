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
#include <sys/uio.h>

#include "arch.h"
#include "fault.h"
#include "tracee.h"

#define CS_OFFSET 8		/* rseq_cs in struct rseq of linux/rseq.h */
#define AT_A_TIME 128u

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

/* Out of the section described at `at`. */
static int leave(struct tracee *t, uint64_t at)
{
	struct section s;
	int r = tracee_read(t, RPTR(at), &s, sizeof(s));

	if (r == 0)
		r = is_valid(t, &s, t->rseq.signature);
	/* What is not there is for the kernel to complain of. */
	if (r <= 0)
		return r == -EFAULT ? 0 : r;
	if (arch_abort_section(&t->regs, s.start, s.len, s.abort))
		t->touched = true;
	return 0;
}

/* Where each of them has announced a section; 0: none. */
static int read_announced(struct tracee *const *ts, size_t n, uint64_t *ret)
{
	struct iovec there[AT_A_TIME], here = { ret, n * sizeof(*ret) };
	ssize_t got;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		there[i] = (struct iovec){ (void *)(ts[i]->rseq.address + CS_OFFSET), sizeof(*ret) };
	got = n ? FAULTY(FAULT_READ, process_vm_readv(ts[0]->tid, &here, 1, there, n, 0)) : 0;
	if (got == (ssize_t)here.iov_len)
		return 0;
	/* One of them is not there, or cannot be read. */
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = tracee_read(ts[i], RPTR(ts[i]->rseq.address + CS_OFFSET), &ret[i], sizeof(*ret));
		if (r == -EFAULT)
			r = (int)(ret[i] = 0);
	}
	return r;
}

static int leave_some(struct tracee *const *ts, size_t n)
{
	uint64_t at[AT_A_TIME] = { 0 };
	int r = read_announced(ts, n, at);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = at[i] ? leave(ts[i], at[i]) : 0;
	return r;
}

int tracee_leave_sections(struct tracee *const *ts, size_t n)
{
	struct tracee *some[AT_A_TIME];
	size_t n_some = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = tracee_rseq(ts[i], &ts[i]->rseq);
		if (r == 0 && ts[i]->rseq.address)
			some[n_some++] = ts[i];
		if (r == 0 && (n_some == AT_A_TIME || i + 1 == n)) {
			r = leave_some(some, n_some);
			n_some = 0;
		}
	}
	return r;
}
