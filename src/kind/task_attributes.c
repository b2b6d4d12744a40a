/* SPDX-License-Identifier: Apache-2.0 */
/* task_attributes.c - name, niceness, robust list, clear_child_tid, rseq. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "io.h"
#include "task_part.h"

enum { NAME_SIZE = 16, ROOM_NAME = 8 };	/* TASK_COMM_LEN of linux/sched.h */

static int ask(struct task *t, struct answer *to)
{
	/* PR_GET_TID_ADDRESS writes a pointer; CONFIG_CHECKPOINT_RESTORE. */
	to->room = remote_push(t->tracee, NULL, ROOM_NAME + NAME_SIZE);
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_TID_ADDRESS, to->room.va));
	return MIN(remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_NAME, to->room.va + ROOM_NAME)), 0);
}

static int take_rseq(struct arena *a, struct task *t)
{
	const struct tracee_rseq *rseq = &t->tracee->rseq;

	if (!rseq->address)
		return 0;
	t->image->rseq = ARENA_MSG(a, Rseq, rseq);
	if (!t->image->rseq)
		return -ENOMEM;
	t->image->rseq->address = rseq->address;
	t->image->rseq->size = rseq->size;
	t->image->rseq->signature = rseq->signature;
	return 0;
}

/* The one of these that a tracer may ask for from outside; ENOSYS: no futexes. */
static int look(struct arena *a, struct task *t)
{
	void *head = NULL;
	size_t len = 0;

	(void)a;
	if (syscall(SYS_get_robust_list, t->tid, &head, &len) < 0 && errno != ENOSYS)
		return -errno;
	t->image->robust_list = (uint64_t)head;
	t->image->robust_list_len = len;
	return 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	Task *m = t->image;
	long r;

	(void)list;

	m->nice = t->stat.nice;
	if (t->silent)
		return take_rseq(a, t);
	r = MIN(remote_result(t->tracee, from->call), remote_result(t->tracee, from->call + 1));
	if (r < 0)
		return (int)r;
	memcpy(&m->clear_child_tid, remote_view(t->tracee, from->room), 8);
	m->comm = arena_strndup(a, (const char *)remote_view(t->tracee, from->room) + ROOM_NAME, NAME_SIZE);
	return m->comm ? take_rseq(a, t) : -ENOMEM;
}

static int put(struct task *t)
{
	const Task *m = t->image;
	char name[16] = "";
	rptr comm;

	strncpy(name, m->comm, sizeof(name) - 1);
	comm = remote_push(t->tracee, name, sizeof(name));
	if (!comm.va || PUT(t->tracee, SYS_prctl, PR_SET_NAME, comm.va) < 0 ||
	    remote_ask(t->tracee, 0, 0, SYS_set_tid_address, REMOTE_ARGS(m->clear_child_tid)) < 0)
		return -ENOSPC;
	if (m->robust_list && PUT(t->tracee, SYS_set_robust_list, m->robust_list, m->robust_list_len) < 0)
		return -ENOSPC;
	if (m->nice != getpriority(PRIO_PROCESS, 0) && PUT(t->tracee, SYS_setpriority, PRIO_PROCESS, 0, (uint64_t)(int64_t)m->nice) < 0)
		return -ENOSPC;
	if (m->rseq && PUT(t->tracee, SYS_rseq, m->rseq->address, m->rseq->size, 0, m->rseq->signature) < 0)
		return -ENOSPC;
	return 0;
}

const struct task_part attributes_part = {
	.name = "attributes", .stage = STAGE_TASK, .look = look, .ask = ask, .take = take, .put = put,
};
