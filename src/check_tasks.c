/* SPDX-License-Identifier: Apache-2.0 */
/* check_tasks.c - what ckpt does to other tasks, tried on a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "arena.h"
#include "check_parts.h"
#include "cleanup.h"
#include "probe.h"
#include "proc.h"
#include "tracee.h"

#define NOBODY 65534

static int ptrace_seize(const struct child *c)
{
	int r = probe_options(c->tracee);

	return r ? r : probe_state(c->tracee);
}

int try_ptrace_seize(void)
{
	return check_with_child(true, NULL, ptrace_seize);
}

/* A variable lies at the same address in the child, and is its own there. */
static int process_vm(const struct child *c)
{
	struct tracee there = { .tid = c->pid };
	volatile int own = 1;
	int got = 0, two = 2;
	int r = tracee_write(&there, RPTR((uintptr_t)&own), &two, sizeof(two));

	if (r == 0)
		r = memory_read(c->pid, RPTR((uintptr_t)&own), &got, sizeof(got));
	return r ? r : got == two && own == 1 ? 0 : -EIO;
}

int try_process_vm(void)
{
	return check_with_child(false, NULL, process_vm);
}

static int pidfd_getfd(const struct child *c)
{
	autoclose pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	autoclose fd = -1;

	if (pidfd < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, 0, 0);
	return fd < 0 && errno != EBADF ? -errno : 0;	/* EBADF: allowed, and its stdin is closed */
}

int try_pidfd_getfd(void)
{
	return check_with_child(false, NULL, pidfd_getfd);
}

static int kcmp(const struct child *c)
{
	return syscall(SYS_kcmp, getpid(), c->pid, KCMP_VM, 0, 0) < 0 ? -errno : 0;
}

int try_kcmp(void)
{
	return check_with_child(false, NULL, kcmp);
}

static int queue_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return kill(getpid(), SIGUSR1) < 0 ? -errno : 0;
}

static int peek(const struct child *c)
{
	siginfo_t info;
	int r = tracee_peek_signals(c->tracee, true, 0, &info, 1);

	return r < 0 ? r : r == 1 && info.si_signo == SIGUSR1 ? 0 : -EIO;
}

int try_peeksiginfo(void)
{
	return check_with_child(true, queue_signal, peek);
}

static int robust_list(const struct child *c)
{
	void *head;
	size_t len;

	return syscall(SYS_get_robust_list, c->pid, &head, &len) < 0 ? -errno : 0;
}

int try_robust_list(void)
{
	return check_with_child(false, NULL, robust_list);
}

static int dispatch_query(const struct child *c)
{
	return probe_dispatch(c->tracee);
}

int try_dispatch_query(void)
{
	return check_with_child(true, NULL, dispatch_query);
}

static int rseq(const struct child *c)
{
	return probe_rseq(c->tracee);
}

/* Without rseq(2) itself there is nothing to ask for. */
void judge_rseq(struct finding *f)
{
	int r = check_with_child(true, NULL, rseq);
	bool none = syscall(SYS_rseq, NULL, 0, 0, 0) < 0 && errno == ENOSYS;

	finding_of(none ? 0 : r, f);
	if (none)
		snprintf(f->reason, sizeof(f->reason), "the kernel has no rseq");
}

static int filter_self(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog all = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all) < 0)
		return -errno;
	return 0;
}

static int filter(const struct child *c)
{
	return probe_seccomp_filter(c->tracee);
}

int try_seccomp(void)
{
	return check_with_child(true, filter_self, filter);
}

static bool may_trace_all(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	return syscall(SYS_capget, &head, data) == 0 && (data[0].effective & 1u << CAP_SYS_PTRACE);
}

static int become_nobody(void)
{
	uid_t other = getuid() == NOBODY ? NOBODY - 1 : NOBODY;

	return setresgid(other, other, other) < 0 || setresuid(other, other, other) < 0 ? -errno : 0;
}

static int nothing(const struct child *c)
{
	(void)c;
	return 0;
}

/* Where no child of another user can be made, the capability has to do. */
void judge_other_users(struct finding *f)
{
	int r = check_with_child(false, become_nobody, nothing);

	if (r == 0)
		r = check_with_child(true, become_nobody, nothing);
	else
		r = may_trace_all() ? 0 : -EPERM;
	finding_of(r, f);
}

void yama_means(int scope, bool all, struct finding *f)
{
	const char *text = scope <= 0 ? "" :
			   scope == 3 ? "kernel.yama.ptrace_scope is 3: nobody may trace until the next boot" :
			   all ? "" :
			   scope == 1 ? "kernel.yama.ptrace_scope is 1: only processes that ckpt itself has started" :
					"kernel.yama.ptrace_scope is 2: only with CAP_SYS_PTRACE";

	*f = (struct finding){ .denied = true };
	f->answer = !*text ? ANSWER_YES : scope == 1 ? ANSWER_LIMITED : ANSWER_NO;
	snprintf(f->reason, sizeof(f->reason), "%s", text);
}

void judge_yama(struct finding *f)
{
	auto_(arena_freep) struct arena *a = arena_new();
	uint64_t scope;
	int r = a ? proc_read_u64(a, AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", 10, &scope) : -ENOMEM;

	if (r == 0 || r == -ENOENT)
		yama_means(r ? -1 : (int)scope, may_trace_all(), f);
	else
		finding_of(r, f);
}

/* A pid that is free: that of a child which has just been waited for. Should
 * another process take it meanwhile, EEXIST tells as well that we may choose. */
static int clone_set_tid(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	pid_t tid = fork(), made;

	if (tid == 0)
		_exit(0);
	if (tid < 0 || waitpid(tid, NULL, 0) < 0)
		return -errno;
	args.set_tid = (uintptr_t)&tid;
	made = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (made == 0)
		_exit(0);
	if (made < 0)
		return errno == EEXIST ? 0 : -errno;
	waitpid(made, NULL, 0);
	return made == tid ? 0 : -EIO;
}

int try_clone_set_tid(void)
{
	return check_in_child(clone_set_tid);
}
