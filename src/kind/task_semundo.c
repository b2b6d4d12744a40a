/* SPDX-License-Identifier: Apache-2.0 */
/* task_semundo.c - semaphore operations that the kernel would undo when the task dies (SEM_UNDO).
 *
 * No file and no call tells of them. But semop(2) refuses, with ERANGE, what
 * would move such an adjustment out of its range; and a call whose last
 * operation must fail changes nothing, whatever its other operations do
 * meanwhile under the lock of the set (perform_atomic_semop() of ipc/sem.c).
 * So the task makes a call that cannot succeed, and that fails in one way if
 * its adjustment is zero, and in another if it is not.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <sys/sem.h>
#include <time.h>

#include "cleanup.h"
#include "io.h"
#include "proc.h"
#include "task_part.h"

#define SEM_LIMIT 32767		/* SEMVMX and SEMAEM: both for good */
#define STEP 4096		/* a semaphore higher than SEM_LIMIT - STEP cannot be asked */
#define PAIRS_DOWN 8		/* sums up to SEM_LIMIT */
#define PAIRS_UP 16		/* and these to twice that, and one more */
#define QUESTION_OPS (2 * PAIRS_DOWN + 2 * PAIRS_UP + 1)
#define SEMAPHORES_MAX 4096	/* of one set: looked at one by one */

enum verdict { UNDOES_NOTHING, UNDOES, MAY_UNDO };

/* Each pair leaves the semaphore as it is, and moves the adjustment: from 0 up
 * to its highest value, then down to its lowest, so any other value is led out
 * of the range. The last operation would block, whatever the semaphore is. */
static void make_question(unsigned short num, struct sembuf op[QUESTION_OPS])
{
	size_t n = 0;

	for (unsigned i = 0; i < PAIRS_DOWN + PAIRS_UP; i++) {
		bool last = i == PAIRS_DOWN - 1 || i == PAIRS_DOWN + PAIRS_UP - 1;
		short step = last ? STEP - 1 : STEP;
		short undo = i < PAIRS_DOWN ? 0 : SEM_UNDO;

		op[n++] = (struct sembuf){ num, step, (short)(IPC_NOWAIT | undo) };
		op[n++] = (struct sembuf){ num, (short)-step, (short)(IPC_NOWAIT | (undo ^ SEM_UNDO)) };
	}
	op[n] = (struct sembuf){ num, -SEM_LIMIT, IPC_NOWAIT };
}

/* Gone meanwhile: nothing is left to be undone. A value so high that it may
 * have been in the way itself is what GETVAL, the second call, tells. */
static enum verdict judge(struct tracee *t, int call)
{
	long answer = remote_result(t, call), value = remote_result(t, call + 1);

	if (answer == -EAGAIN || answer == -EINVAL || answer == -EIDRM)
		return UNDOES_NOTHING;
	return answer == -ERANGE && value >= 0 && value < SEM_LIMIT - STEP ? UNDOES : MAY_UNDO;
}

static int look_at_some(struct tracee *t, const struct proc_semset *set, size_t *next, enum verdict *worst)
{
	int first = -1, n = 0, r;

	for (; *next < set->n && remote_has_room(t, 2, QUESTION_OPS * sizeof(struct sembuf)); n++) {
		struct sembuf op[QUESTION_OPS];
		rptr at;
		int call;

		make_question((unsigned short)*next, op);
		at = remote_push(t, op, sizeof(op));
		call = remote_ask(t, 0, 0, SYS_semop, REMOTE_ARGS((uint64_t)set->id, at.va, QUESTION_OPS));
		if (!at.va || call < 0 || remote_ask(t, 0, 0, SYS_semctl, REMOTE_ARGS((uint64_t)set->id, *next, GETVAL)) < 0)
			return -ENOSPC;
		if (first < 0)
			first = call;
		++*next;
	}
	r = n ? remote_run(&t, 1) : -ENOSPC;
	for (int i = 0; r == 0 && i < n; i++) {
		enum verdict v = judge(t, first + 2 * i);

		*worst = MAX(*worst, v);
	}
	return r;
}

/* The last use of the set was before there was this process; and after the
 * machine was started, as far as its clock was right then. */
static bool is_older(const struct process *p, const struct proc_semset *set)
{
	int64_t boot = io_now_ns(CLOCK_REALTIME) - io_now_ns(CLOCK_BOOTTIME);
	int64_t born = boot + (int64_t)(p->stat.start_time * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK)));

	return set->used_at > boot / 1000000000 && set->used_at < born / 1000000000 - 1;
}

static int look_at(struct task *t, const struct proc_semset *set, enum verdict *ret)
{
	size_t next = 0;
	int r = 0;

	*ret = UNDOES_NOTHING;
	if (!set->used_at || is_older(t->process, set))
		return 0;
	if (t->silent || set->n > SEMAPHORES_MAX)
		*ret = MAY_UNDO;
	while (r == 0 && next < set->n && *ret == UNDOES_NOTHING)
		r = look_at_some(t->tracee, set, &next, ret);
	return r;
}

/* Whether the task has a list of adjustments, empty or not. Threads share one;
 * the first thread that is made begins it. */
static bool has_list(const struct task *t)
{
	pid_t lead = t->process->pid;

	if (t->tid != lead && syscall(SYS_kcmp, lead, t->tid, KCMP_SYSVSEM, 0, 0) == 0)
		return false;	/* its leader has been looked at */
	/* ckpt has never used SEM_UNDO: equal means that neither has a list. */
	return syscall(SYS_kcmp, getpid(), t->tid, KCMP_SYSVSEM, 0, 0) != 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	const struct proc_semset *sets = t->tree->semsets;
	size_t n = t->tree->n_semsets;
	int r = 0;

	(void)a;
	(void)from;
	if (!n || !has_list(t))
		return 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		enum verdict v;

		r = look_at(t, &sets[i], &v);
		if (r < 0 || v == UNDOES_NOTHING)
			continue;
		if (v == UNDOES)
			obstacle(list, "task.semundo", AT_PID(t->tid), "Dump when it has given its semaphores back.",
				 "the task has operations on semaphore set %d that its end would undo (SEM_UNDO), which cannot be saved yet",
				 sets[i].id);
		else
			obstacle(list, "task.semundo", AT_PID(t->tid),
				 "Remove the set if nobody needs it (ipcrm -s), or run the program in an IPC namespace of its own.",
				 "the task may have operations on semaphore set %d that its end would undo (SEM_UNDO), and cannot be asked",
				 sets[i].id);
	}
	return r;
}

const struct task_part semundo_part = { .name = "semaphores", .stage = STAGE_TASK, .take = take };
