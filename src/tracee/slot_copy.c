/* SPDX-License-Identifier: Apache-2.0 */
/* slot_copy.c - slots from here to their tasks, and back. */
#include <errno.h>
#include <sys/uio.h>

#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "slot.h"
#include "tracee.h"

#define PIECES_MAX 512u		/* below IOV_MAX of process_vm_readv(2) */

/* Into a slot that is not writable yet: with the code, which stands before it. */
static int slot_write_first(struct tracee *t)
{
	struct remote_slot *s = t->slot;
	const struct tracee_piece pieces[] = {
		{ s->code, s->unwritten, s->unwritten_len },
		{ s->va, s->local, slot_entries_end(s) },
		{ s->va + s->data, s->local + s->data, s->size - s->data },
	};

	return tracee_write_pieces(t, pieces, ARRAY_SIZE(pieces));
}

/* Pieces of many slots, for one call. */
struct pieces {
	struct iovec here[PIECES_MAX], there[PIECES_MAX];
	size_t n, bytes;
};

static void add_slot(struct pieces *p, const struct remote_slot *s, bool to_task)
{
	size_t head = slot_entries_end(s), data = to_task ? s->data : s->data & -(size_t)IO_ALIGNMENT;

	p->here[p->n] = (struct iovec){ s->local, head };
	p->there[p->n++] = (struct iovec){ (void *)s->va, head };
	p->here[p->n] = (struct iovec){ s->local + data, s->size - data };
	p->there[p->n++] = (struct iovec){ (void *)(s->va + data), s->size - data };
	p->bytes += head + s->size - data;
}

static int move_pieces(const struct pieces *p, pid_t tid, bool to_task)
{
	ssize_t n = to_task ? FAULTY(FAULT_WRITE, process_vm_writev(tid, p->here, p->n, p->there, p->n, 0)) :
			      FAULTY(FAULT_READ, process_vm_readv(tid, p->here, p->n, p->there, p->n, 0));

	if (n < 0)
		return -errno;
	return (size_t)n == p->bytes ? 0 : -EFAULT;
}

int slots_copy(struct tracee *const *ts, size_t n, bool (*which)(const struct tracee *t), bool to_task)
{
	for (size_t i = 0; i < n;) {
		struct pieces p;
		int r = 0;

		p.n = p.bytes = 0;
		for (; r == 0 && i < n && p.n + 2 <= PIECES_MAX; i++) {
			if (ts[i]->slot->stub || !which(ts[i]))
				continue;
			if (to_task && ts[i]->slot->closed)
				r = slot_write_first(ts[i]);
			else
				add_slot(&p, ts[i]->slot, to_task);
		}
		if (r == 0 && p.n)
			r = move_pieces(&p, ts[0]->tid, to_task);
		if (r < 0)
			return r;
	}
	return 0;
}
