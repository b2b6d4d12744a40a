/* SPDX-License-Identifier: Apache-2.0 */
/* task_refused.c - task state that is not saved yet: found, named, refused.
 *
 * Everything here is compared with what a fresh child of ckpt would have.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "pagemap.h"
#include "proc.h"
#include "task_part.h"

/* Threads of a process are in the same namespaces of these kinds (setns(2),
 * unshare(2)); and in the same mount namespace, if they share their fs. All but one are
 * those of nsproxy and of the credentials, which an iterator tells. */
#define OF_PROCESS true
#define TOLD true
static const struct { const char *link, *name, *what; bool of_process, told; } namespaces[TREE_NAMESPACES] = {
	{ "ns/pid", "task.namespace.pid", "pid", OF_PROCESS, false },
	{ "ns/user", "task.namespace.user", "user", OF_PROCESS, TOLD },
	{ "ns/time", "task.namespace.time", "time", OF_PROCESS, TOLD },
	{ "ns/mnt", "task.namespace.mnt", "mount", OF_PROCESS, TOLD },
	{ "ns/pid_for_children", "task.namespace.pid", "pid (for its children)", false, TOLD },
	{ "ns/time_for_children", "task.namespace.time", "time (for its children)", false, TOLD },
	{ "ns/net", "task.namespace.net", "network", false, TOLD },
	{ "ns/ipc", "task.namespace.ipc", "ipc", false, TOLD },
	{ "ns/uts", "task.namespace.uts", "uts", false, TOLD },
	{ "ns/cgroup", "task.namespace.cgroup", "cgroup", false, TOLD },
};

/* The link, "net:[4026531840]": half as dear as a stat. Empty: the kernel has none of
 * that sort; or one for children that waits for the first of them (pidns_for_children_get()). */
static int namespace(int procdir, size_t i, char ret[NAMESPACE_SIZE])
{
	ssize_t n = proc_read_link_into(procdir, namespaces[i].link, ret, NAMESPACE_SIZE - 1);

	ret[MAX(n, 0)] = '\0';
	return n < 0 && errno != ENOENT ? -errno : 0;
}

int own_facts(struct own_facts *ret)
{
	autoclose self = proc_open(getpid());
	int r = self < 0 ? self : 0;

	for (size_t i = 0; r == 0 && i < TREE_NAMESPACES; i++)
		r = namespace(self, i, ret->ns[i]);
	if (r < 0)
		return r;
	ret->io_priority = (int)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	if ((ret->io_priority < 0 && errno != ENOSYS) || syscall(SYS_sched_getaffinity, 0, sizeof(ret->cpus), ret->cpus) < 0)
		return -errno;
	ret->personality = personality(0xffffffff);
	ret->timer_slack = prctl(PR_GET_TIMERSLACK);
	for (unsigned long i = 0; i < SPECULATION_KINDS; i++)
		ret->speculation[i] = prctl(PR_GET_SPECULATION_CTRL, i, 0, 0, 0);
	own_limits(ret->limits);
	ret->zero_frame = pagemap_zero_frame();
	return 0;
}

/* Whether the task has one of its own that must be looked at. */
static bool has_namespace(const struct task *t, size_t i)
{
	return t->tree->own.ns[i][0] && (!namespaces[i].of_process || t == leader(t->process));
}

void own_spaces(struct tree *tree, int iter)
{
	struct iter_task *tasks;
	size_t n;

	if (bpf_iter_read_tasks(tree->mem, iter, 1, &tasks, &n) == 0 && n)
		tree->own.spaces = tasks[0];
}

static bool can_tell(const struct process *p)
{
	return leader(p)->tree->own.spaces.nsproxy && p->iter[BPF_ITER_TASKS] >= 0;
}

void compare_tasks(struct arena *a, struct process *p)
{
	const struct iter_task *own = &leader(p)->tree->own.spaces;
	struct iter_task *tasks;
	size_t n;

	if (!can_tell(p) || bpf_iter_read_tasks(a, p->iter[BPF_ITER_TASKS], p->n_tasks, &tasks, &n) < 0 || n != p->n_tasks)
		return;
	p->own_spaces = p->alike = true;
	for (size_t i = 0; i < n; i++) {
		const struct iter_task *t = &tasks[i];

		if (t->nsproxy != own->nsproxy || t->user_ns != own->user_ns)
			p->own_spaces = false;
		if (t->creds != tasks[0].creds || t->flags != tasks[0].flags || t->seccomp != tasks[0].seccomp || t->pending)
			p->alike = false;
	}
}

void keep_namespaces(const struct task *t)
{
	bool told = can_tell(t->process);

	for (size_t i = 0; i < TREE_NAMESPACES; i++)
		if (has_namespace(t, i) && !(namespaces[i].told && told))
			proc_keep_link(t->dir, namespaces[i].link);
}

static int check_namespaces(struct task *t, struct obstacles *list)
{
	const struct own_facts *own = &t->tree->own;

	for (size_t i = 0; i < TREE_NAMESPACES; i++) {
		char theirs[NAMESPACE_SIZE];
		int r;

		if (!has_namespace(t, i) || (namespaces[i].told && t->process->own_spaces))
			continue;
		r = namespace(t->dir, i, theirs);
		if (r < 0)
			return r;
		if (strcmp(theirs, own->ns[i]) != 0)
			obstacle(list, namespaces[i].name, AT_PID(t->tid), "Run ckpt in the same namespace, or the program without one.",
				 "the task is in another %s namespace than ckpt", namespaces[i].what);
	}
	return 0;
}

static int check_scheduling(struct task *t, struct obstacles *list)
{
	const struct own_facts *own = &t->tree->own;
	uint64_t theirs[CPU_WORDS] = { 0 };
	int policy = sched_getscheduler(t->tid);
	long io = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, t->tid);

	if ((io < 0 && errno != ENOSYS) || policy < 0 || syscall(SYS_sched_getaffinity, t->tid, sizeof(theirs), theirs) < 0)
		return -errno;
	if (policy != SCHED_OTHER)
		obstacle(list, "task.policy", AT_PID(t->tid), "Give it the policy back with `chrt --other -p 0 PID`.",
			 "the scheduling policy is number %d, and only SCHED_OTHER is saved yet", policy);
	if (memcmp(theirs, own->cpus, sizeof(theirs)) != 0)
		obstacle(list, "task.affinity", AT_PID(t->tid), "Give it all CPUs (`taskset -pa`), or run ckpt with the same ones.",
			 "the task may run on other CPUs than ckpt");
	if (io != own->io_priority && t->stat.nice == 0)
		obstacle(list, "task.ioprio", AT_PID(t->tid), "Set it back with `ionice -c 0 -p PID`.",
			 "the task has an I/O priority of its own");
	return 0;
}

static int check_sharing(struct task *t, struct obstacles *list)
{
	pid_t lead = t->process->pid;
	long files = t->tid == lead ? 0 : syscall(SYS_kcmp, lead, t->tid, KCMP_FILES, 0, 0);
	long fs = t->tid == lead || files < 0 ? 0 : syscall(SYS_kcmp, lead, t->tid, KCMP_FS, 0, 0);

	if (files < 0 || fs < 0)
		return -errno;
	if (files > 0)
		obstacle(list, "task.files-unshared", AT_PID(t->tid), "There is no way round this yet.",
			 "the thread has a descriptor table of its own");
	if (fs > 0)
		obstacle(list, "task.fs-unshared", AT_PID(t->tid), "There is no way round this yet.",
			 "the thread has a working directory of its own");
	return 0;
}

static int check_process(struct arena *a, struct task *t, struct obstacles *list)
{
	struct process *p = t->process;
	bool timers;
	int r = proc_read_has_timers(a, p->dir, &timers);

	if (r < 0)
		return r;
	if (timers)
		obstacle(list, "task.timer", AT_PID(p->pid), "Let the program delete its POSIX timers.",
			 "the process has POSIX timers, which cannot be saved yet");
	return 0;
}

static int check(struct arena *a, struct task *t, struct obstacles *list)
{
	int r;

	if (t->status.seccomp)
		obstacle(list, "task.seccomp", AT_PID(t->tid), "Run the program without its filter (often a --no-sandbox option).",
			 "the task has a seccomp filter, which cannot be saved yet");
	r = check_namespaces(t, list);
	if (r == 0)
		r = check_scheduling(t, list);
	if (r == 0)
		r = check_sharing(t, list);
	return r == 0 && t == leader(t->process) ? check_process(a, t, list) : r;
}

/* prctl(2) getters whose answer must be that of a fresh task. */
static const struct refused_prctl {
	const char *name;
	unsigned long option, arg;
	bool by_pointer;		/* the answer goes to the second argument, as an int */
	long fresh;
	const char *what, *remedy;
} prctls[] = {
	{ "task.tsc", PR_GET_TSC, 0, true, PR_TSC_ENABLE, "may not read the TSC", "Do not use PR_SET_TSC." },
	{ "task.mdwe", 66 /* PR_GET_MDWE */, 0, false, 0, "denies new executable memory (PR_SET_MDWE)", "Do not use PR_SET_MDWE." },
	{ "task.ksm", 68 /* PR_GET_MEMORY_MERGE */, 0, false, 0, "merges all its memory (PR_SET_MEMORY_MERGE)", "Do not use PR_SET_MEMORY_MERGE." },
	{ "task.mce-kill", PR_MCE_KILL_GET, 0, false, PR_MCE_KILL_DEFAULT, "has its own machine-check policy", "Do not use PR_MCE_KILL." },
};

enum { CALL_PRCTL = 0, CALL_SLACK = ARRAY_SIZE(prctls), CALL_ITIMER, CALL_POLICY = CALL_ITIMER + 3, CALL_PERSONALITY, CALL_TRACEES, CALL_KEYRINGS,
       CALL_SPECULATION = CALL_KEYRINGS + 2 };
enum { ROOM_ITIMER = 64, ROOM_POLICY = ROOM_ITIMER + 3 * 32, ROOM_SIZE = ROOM_POLICY + 16 };

static int ask(struct task *t, struct answer *to)
{
	struct tracee *x = t->tracee;
	int n = 0;

	to->room = remote_push(x, NULL, ROOM_SIZE);
	if (!to->room.va)
		return -ENOSPC;
	for (size_t i = 0; i < ARRAY_SIZE(prctls); i++) {
		n = remote_ask(x, 0, 0, SYS_prctl, REMOTE_ARGS(prctls[i].option, prctls[i].by_pointer ?
			       to->room.va + 8 * i : prctls[i].arg));
		if (i == 0)
			to->call = n;
	}
	remote_ask(x, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_TIMERSLACK));
	for (uint64_t i = 0; i < 3; i++)
		remote_ask(x, 0, 0, SYS_getitimer, REMOTE_ARGS(i, to->room.va + ROOM_ITIMER + 32 * i));
	remote_ask(x, 0, 0, SYS_get_mempolicy, REMOTE_ARGS(to->room.va + ROOM_POLICY, 0, 0, 0, 0));
	remote_ask(x, 0, 0, SYS_personality, REMOTE_ARGS(0xffffffff));
	/* Of its children only those that are not told of by SIGCHLD, but all tracees. */
	remote_ask(x, 0, 0, SYS_waitid, REMOTE_ARGS(P_ALL, 0, 0, WEXITED | WNOHANG | WNOWAIT | __WCLONE | __WNOTHREAD, 0));
	for (int special = -1; special >= -2; special--)	/* KEY_SPEC_THREAD_KEYRING, _PROCESS_KEYRING */
		remote_ask(x, 0, 0, SYS_keyctl, REMOTE_ARGS(0 /* KEYCTL_GET_KEYRING_ID */, (uint64_t)(int64_t)special, 0));
	for (uint64_t i = 0; i < SPECULATION_KINDS; i++)
		n = remote_ask(x, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_SPECULATION_CTRL, i));
	return n < 0 ? n : 0;
}

/* Older kernels answer EINVAL to what they do not know, and have it not. */
static int answers_failed(struct task *t, const struct answer *from)
{
	for (int i = 0; i < CALL_SPECULATION + SPECULATION_KINDS; i++) {
		long r = remote_result(t->tracee, from->call + i);

		/* No tracees, no keyring. */
		if ((i == CALL_TRACEES && r == -ECHILD) || (i >= CALL_KEYRINGS && i < CALL_KEYRINGS + 2 && r != -ECANCELED))
			continue;
		if (r < 0 && r != -EINVAL && r != -ENOSYS && r != -ENODEV && r != -ENXIO)
			return (int)r;
	}
	return 0;
}

static void judge_prctls(struct task *t, const struct answer *from, const char *room, struct obstacles *list)
{
	const struct own_facts *own = &t->tree->own;

	for (size_t i = 0; i < ARRAY_SIZE(prctls); i++) {
		long answer = remote_result(t->tracee, from->call + (int)i);
		int value;

		if (answer < 0)
			continue;
		memcpy(&value, room + 8 * i, sizeof(value));
		if ((prctls[i].by_pointer ? value : answer) != prctls[i].fresh)
			obstacle(list, prctls[i].name, AT_PID(t->tid), prctls[i].remedy,
				 "the task %s, which cannot be saved yet", prctls[i].what);
	}
	if (remote_result(t->tracee, from->call + CALL_SLACK) != own->timer_slack)
		obstacle(list, "task.timerslack", AT_PID(t->tid), "Write 0 to /proc/PID/timerslack_ns.",
			 "the task has a timer slack of its own");
	for (int i = 0; i < SPECULATION_KINDS; i++)
		if (remote_result(t->tracee, from->call + CALL_SPECULATION + i) != own->speculation[i] &&
		    remote_result(t->tracee, from->call + CALL_SPECULATION + i) >= 0)
			obstacle(list, "task.speculation", AT_PID(t->tid), "Do not use PR_SET_SPECULATION_CTRL.",
				 "the task has changed a speculation control");
}

/* Detached by its tracer's end, in the midst of whatever is done to it. */
static int check_tracees_in(struct arena *a, struct task *t, int procdir, struct obstacles *list)
{
	pid_t *tids;
	size_t n = 0;
	int r = procdir < 0 ? procdir : proc_list_tasks(a, procdir, &tids, &n);

	for (size_t i = 0; !is_own_error(r) && i < n; i++) {
		autoclose dir = proc_open_task(procdir, tids[i]);
		struct proc_status s;

		r = dir < 0 ? dir : proc_read_status(a, dir, &s);
		if (r == 0 && s.tracer == t->tid)
			obstacle(list, "task.traces", AT_PID(t->tid), "Let it detach from that task before the dump.",
				 "the task traces task %d, as a debugger does", tids[i]);
	}
	return is_own_error(r) ? r : 0;		/* else it is gone */
}

static int check_tracees(struct arena *a, struct task *t, struct obstacles *list)
{
	pid_t *pids;
	size_t n = 0;
	int r = proc_list_processes(a, &pids, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		autoclose dir = proc_open(pids[i]);

		r = check_tracees_in(a, t, dir, list);
	}
	return r;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	static const char *const clocks[] = { "real", "virtual", "profiling" };
	const char *room;
	int policy, r;

	if (t->silent)
		return 0;
	r = answers_failed(t, from);
	if (r < 0)
		return r;
	room = remote_view(t->tracee, from->room);
	judge_prctls(t, from, room, list);
	for (int i = 0; i < 3; i++) {
		struct itimerval it;

		memcpy(&it, room + ROOM_ITIMER + 32 * i, sizeof(it));
		if (t == leader(t->process) && (it.it_value.tv_sec || it.it_value.tv_usec))
			obstacle(list, "task.itimer", AT_PID(t->tid), "Let the program stop its timer (alarm, setitimer).",
				 "a %s interval timer is running, which cannot be saved yet", clocks[i]);
	}
	if (remote_result(t->tracee, from->call + CALL_PERSONALITY) != t->tree->own.personality)
		obstacle(list, "task.personality", AT_PID(t->tid), "Run it without setarch(8).",
			 "the task has personality %#lx, ckpt has %#x",
			 remote_result(t->tracee, from->call + CALL_PERSONALITY), t->tree->own.personality);
	memcpy(&policy, room + ROOM_POLICY, sizeof(policy));
	if (remote_result(t->tracee, from->call + CALL_POLICY) == 0 && policy)
		obstacle(list, "task.mempolicy", AT_PID(t->tid), "Run it without numactl(8).",
			 "the task has a memory policy, which cannot be saved yet");
	for (int i = 0; i < 2; i++)
		if (remote_result(t->tracee, from->call + CALL_KEYRINGS + i) >= 0)
			obstacle(list, "task.keyring", AT_PID(t->tid), "Let the program keep its keys in another keyring.",
				 "the %s has a keyring of its own, whose keys end with it", i ? "process" : "task");
	return remote_result(t->tracee, from->call + CALL_TRACEES) == 0 ? check_tracees(a, t, list) : 0;
}

const struct task_part refused_part = { .name = "other state", .stage = STAGE_TASK, .check = check, .ask = ask, .take = take };
