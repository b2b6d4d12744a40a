/* SPDX-License-Identifier: Apache-2.0 */
/* tracee.h - one stopped thread of somebody else's process.
 *
 *	tracee_attach()   tracee_settle()		tracee_release()
 *   running ------> stopping ------> STOPPED ----------------> running
 *					 |
 *					 +--> GONE   (every call says -ESRCH)
 *
 * Invariant, on which crash safety rests: whenever no function of this header
 * or of remote.h is executing, a stopped tracee of a dump has the registers,
 * the signal mask and the code it was stopped with. Should ckpt die, the
 * kernel lets go and the thread runs on.
 *
 * All functions belong to one thread of ckpt (ptrace(2)), return 0 or -errno
 * and print nothing.
 */
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* An address in the tracee. A struct, so that the compiler refuses to
 * dereference it here and refuses our own pointers there. */
typedef struct { uint64_t va; } rptr;
#define RPTR(x) ((rptr){ (uint64_t)(x) })

/* How long to wait for tracees, and what ends a wait early. One per command;
 * waits_init() blocks SIGCHLD, SIGINT, SIGTERM and SIGHUP in this thread. */
struct waits {
	int64_t deadline_ns;	/* CLOCK_MONOTONIC; 0: none */
	int signal;		/* SIGINT, SIGTERM or SIGHUP once it has come, else 0 */
	bool patient;		/* rolling back: signals and the deadline no longer count */
	bool ignore_signals;	/* the deadline alone counts */
};
void waits_init(struct waits *w, int64_t timeout_ns);
int waits_check(struct waits *w);	/* -EINTR, -ETIMEDOUT or 0, without waiting */
int waits_stop(void *waits);		/* the same, for pool_each_until() */

enum stop_kind {
	STOP_INTERRUPT,		/* PTRACE_EVENT_STOP: our interrupt, or a child's first stop */
	STOP_GROUP,		/* PTRACE_EVENT_STOP in a job-control stop */
	STOP_SIGNAL,		/* signal-delivery-stop */
	STOP_SYSCALL,		/* syscall-entry-stop or -exit-stop */
	STOP_NEWTASK,		/* PTRACE_EVENT_FORK, _VFORK, _CLONE */
	STOP_OTHER_EVENT,	/* exec, vfork-done, exit, seccomp */
	STOP_GONE,		/* exited or killed */
};

struct remote_slot;

/* Where the task keeps its restartable sequence, rseq(2); address 0: nowhere. */
struct tracee_rseq {
	uint64_t address;
	uint32_t size, signature;
};

struct tracee {
	pid_t tid;
	pid_t ns_tid, ns_tgid;	/* as the task itself sees them */
	struct waits *waits;
	enum stop_kind at;	/* the present stop */
	int signal;		/* STOP_GROUP, STOP_SIGNAL: which */
	int kept;		/* STOP_SIGNAL of tracee_wait_kept(): likewise; else 0 */
	int status;		/* STOP_GONE: as wait(2) gave it */
	bool running, gone;
	bool settled;		/* the seize stop was reached */
	bool touched;		/* registers or mask may be others than `regs` and `mask` say */
	bool stopped_job;	/* was in a job-control stop when seized */
	bool stop_again;	/* a SIGSTOP came in a remote call and is to be sent again */
	uint64_t came;		/* 1 << (sig - 1): end signals from others, to be sent again */
	struct user_regs_struct regs;	/* as at the seize stop; an EINTR of our making undone, a
					 * restartable sequence aborted */
	uint64_t mask;		/* signal mask, likewise */
	struct tracee_rseq rseq;	/* as tracee_leave_sections() found it */
	long restarted;		/* in restart_syscall(2): the call it goes on with; 0: not known */
	int64_t stopped_ns;	/* CLOCK_MONOTONIC at the seize stop */
	int end_signal;		/* what ends a batch; 0: a sleep */
	struct remote_slot *slot;	/* see remote.h; NULL: makes no calls */
	bool owns_slot;		/* of the stub */
	pid_t *born;		/* tasks it made in the last run */
	size_t n_born;
};

/* SEIZE and INTERRUPT; the stop is not waited for. -EPERM: traced by someone
 * else, or not permitted. *ret is freed by tracee_release() or tracee_free(). */
int tracee_attach(pid_t tid, struct waits *w, struct tracee **ret);

/* Wait for the stop, whatever the task was doing. Signals caught in delivery
 * are delivered and the stop is waited for again. Reads registers and mask. */
int tracee_settle(struct tracee *t);

/* Take over a task that a tracee has just made (auto-attached). It is in its
 * first stop on return. */
int tracee_adopt(pid_t tid, struct waits *w, struct tracee **ret);

/* Detach: registers and mask as recorded in `t`. Accepts NULL and a tracee
 * that is gone. Frees t. */
void tracee_release(struct tracee *t);

/* Registers and mask of a stopped tracee as recorded in `t`. Where that fails, or
 * the stop is none to go on from, t is `touched` still, for tracee_release(). */
int tracee_put_back(struct tracee *t);

/* Detach with nothing else; frees t. A signal that was kept is delivered. */
void tracee_detach(struct tracee *t);

/* Rolling back: stop a tracee that is running or in the middle of a batch, and
 * put its registers back. Waits for as long as it takes. NULL is fine. */
void tracee_catch(struct tracee *t);

/* Give up the struct of a tracee that is gone or is to be killed. */
void tracee_free(struct tracee *t);

/* Wait for the next stop of a running tracee and say which it is in t->at.
 * -EINTR, -ETIMEDOUT: t->waits says why; t runs on. */
int tracee_wait(struct tracee *t);

/* As that, of a task that is not in a call of ours: should ckpt die before it resumes
 * or detaches it, the task gets the signal it is stopped for. wait4(2) takes that away
 * (wait_task_stopped() of kernel/exit.c, Linux 6.18, sets exit_code to 0). */
int tracee_wait_kept(struct tracee *t);

/* Let it run with PTRACE_CONT or PTRACE_SYSCALL, delivering sig (0: none). */
int tracee_resume(struct tracee *t, int request, int sig);

/* From any stop to a stop in which the kernel still decides how an interrupted
 * system call goes on (get_signal() of kernel/signal.c): interrupt and run to
 * there, without an instruction of the task in between. */
int tracee_to_signal_stop(struct tracee *t);

/* ptrace requests, as they are. */
int tracee_set_options(struct tracee *t, uint64_t options);
int tracee_get_regs(struct tracee *t, struct user_regs_struct *ret);
int tracee_set_regs(struct tracee *t, const struct user_regs_struct *regs);
int tracee_set_mask(struct tracee *t, uint64_t mask);
int tracee_interrupt(struct tracee *t);
int tracee_event_message(struct tracee *t, uint64_t *ret);
int tracee_siginfo(struct tracee *t, siginfo_t *ret);

/* Signals that wait on the task's own (`shared` false) or on the process's queue,
 * at most n from the first-th on. How many there are, or -errno. */
int tracee_peek_signals(struct tracee *t, bool shared, size_t first, siginfo_t *ret, int n);

/* PTRACE_GET_RSEQ_CONFIGURATION (Linux 5.13). */
int tracee_rseq(struct tracee *t, struct tracee_rseq *ret);

/* Tasks of one address space, stopped in the middle of a restartable sequence (rseq(2)),
 * will go on in its abort handler: t->regs say so, and t->rseq where it is. Before the
 * first remote call. */
int tracee_leave_sections(struct tracee *const *ts, size_t n);

/* Syscall user dispatch is on (PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG; before Linux 6.4 false). */
int tracee_dispatch_on(struct tracee *t, bool *ret);

/* Memory: the whole range or -errno, never a short count. Reads and writes
 * what the task itself could; _force and _pieces also what it could not. */
struct tracee_piece { uint64_t to; const void *from; size_t len; };
int tracee_read(const struct tracee *t, rptr from, void *to, size_t len);
int tracee_write(const struct tracee *t, rptr to, const void *from, size_t len);
int tracee_write_force(const struct tracee *t, rptr to, const void *from, size_t len);
int tracee_write_pieces(const struct tracee *t, const struct tracee_piece *pieces, size_t n);
int memory_read(pid_t pid, rptr from, void *to, size_t len);
