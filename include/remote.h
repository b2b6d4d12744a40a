/* SPDX-License-Identifier: Apache-2.0 */
/* remote.h - system calls made as somebody else.
 *
 *	remote_create()   remote_open()   remote_ask(), remote_run(), results   remote_close()
 *	   --------------> stopped ---> ready ------------------------------------> stopped, as before
 *
 * One struct remote serves one address space and its stopped tasks: code
 * pages, and one slot per task that makes calls, taken away once and last.
 * Between the functions of this header every task has its own registers and
 * mask. Within a run it heals itself: should ckpt die, the runner gives the
 * task its state back and lets it go on. Results are the kernel's: >= 0, or
 * -errno; -ESRCH means that the task is gone.
 *
 * A process under restore has nothing of its own to keep yet: remote_stub()
 * serves it from the stub, which ckpt and all such processes map.
 */
#pragma once
#include <sys/syscall.h>
#include "tracee.h"

struct remote;

/* Where in an address space calls can be made from; see site.h. */
struct remote_site {
	uint64_t syscall_ret;	/* `syscall` followed by nothing but xors and `ret` */
	uint64_t restorer;	/* `mov $__NR_rt_sigreturn, %rax; syscall` */
	uint64_t dead_low, dead_high;	/* memory whose contents do not matter while `first` is stopped */
	bool dead_is_zero;		/* it is known to hold zeros */
};

#define REMOTE_SLOT_FIRST 16384u	/* bytes of the first task's slot */
#define REMOTE_SLOT_OTHER 4096u		/* of the others */

/* A remote for the address space of `first`, with room for that many tasks;
 * nothing is done to the target yet. xstate as arch_get_xstate() gave it, of
 * which arch_frame_area() counts; the
 * caller's until the remote is closed. */
int remote_create(struct tracee *first, size_t tasks, const struct remote_site *site,
		  const void *xstate, size_t area, struct remote **ret);

/* Map the scratch of all of them, side by side. The first -errno, if any failed;
 * all are to be closed in any case. */
int remote_open(struct remote *const *rs, size_t n);
int remote_error(const struct remote *r);	/* of this one; 0: it is open */

/* Give t the next slot. -ENOSPC: as many have one as remote_create() was told. */
int remote_add(struct remote *r, struct tracee *t);

/* Unmap the scratch of all of them, side by side, and free them. Tasks end in a
 * stop from which tracee_release() lets them go on exactly as they were; none
 * may be in a batch any more (tracee_catch()). */
void remote_close(struct remote *const *rs, size_t n);

/* Free r without touching the target, whose tasks are gone or to be killed. */
void remote_abandon(struct remote *r);	/* NULL is fine */

/* Where the scratch lies in the target: not the task's own. */
void remote_range(const struct remote *r, uint64_t *ret_start, uint64_t *ret_end);

/* A slot of the stub: `code` and `slot` as the task sees them, `local` the
 * same memory here. */
int remote_stub(struct tracee *t, uint64_t code, uint64_t slot, void *local, size_t size);

enum {
	REMOTE_REQUIRED = 1,		/* a failure ends this task's run here */
	REMOTE_CHILD_EXITS = 2,		/* what a clone made exits, should ckpt be dead */
};

/* One call of the next run of t. Returns its number n (>= 0), which is what
 * remote_result() takes, and what remote_result_of(t, n) as an argument stands
 * for in later calls of the same run; `results` has the bits of such
 * arguments. -ENOSPC: the slot is full. */
int remote_ask(struct tracee *t, int flags, unsigned results, long nr, const uint64_t arg[6]);
#define REMOTE_ARGS(...) (const uint64_t[6]){ __VA_ARGS__ }
uint64_t remote_result_of(const struct tracee *t, int n);

/* Likewise, a call of at most four arguments, made `times` (at least once, below
 * 65536) in a row: the first argument is one more each time, the second and third
 * are arg[4] and arg[5] more. Its result is that of the last; or of the first that
 * failed, after which there are no more. */
int remote_ask_repeated(struct tracee *t, unsigned times, long nr, const uint64_t arg[6]);

/* Result of call n of the last run; -ECANCELED: it was not made. */
long remote_result(const struct tracee *t, int n);

/* Memory in t's slot for arguments and results; contents stay until the first
 * remote_push(), _room() or _ask() after a run. va 0: no room. `data` NULL: zeroed. */
rptr remote_push(struct tracee *t, const void *data, size_t len);
const void *remote_view(const struct tracee *t, rptr p);	/* what the run left there */

/* Are `calls` more calls and `bytes` more bytes to be had? */
bool remote_has_room(const struct tracee *t, size_t calls, size_t bytes);

/* Make the calls that were asked of these tasks, side by side. 0, or the first
 * -errno of the tracing itself (-ESRCH: a task is gone, see t->gone; -ENOMEM:
 * one could not make its slot writable, which is done in its first run). */
int remote_run(struct tracee *const *ts, size_t n);
bool remote_is_closed(const struct tracee *t);	/* such a one, after a run */

/* The call of the last run that failed though REQUIRED: its number in *ret_nr
 * and its -errno; 0: none failed. */
int remote_failed(const struct tracee *t, long *ret_nr);

/* One call in each of these tasks under restore, at the `syscall` instruction
 * syscall_va[i] of the i-th, by PTRACE_SYSCALL; nothing is put back. For what a
 * batch cannot do to itself. They end in a signal stop. */
int remote_singles(struct tracee *const *ts, size_t n, const uint64_t *syscall_va, long nr, const uint64_t arg[6]);

/* In a task under restore, where nothing is asked for: enter the stub's code
 * at `offset` with rsp at a copy of `data`, and come back at the end of a
 * batch of no calls. */
int remote_enter(struct tracee *t, size_t offset, const void *data, size_t len);
