/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - a tree of processes, on its way into an image or out of one.
 *
 * Dump: tree_survey() looks, tree_freeze() stops; then facts and messages are
 * filled in. Restore: the same structs are made from a checkpoint, and their
 * tracees as the tasks come to life. Everything but tracees, remotes and
 * descriptors lives in the arena of the command.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "arch.h"
#include "bpf_iter.h"
#include "cpus.h"
#include "proc.h"
#include "remote.h"
#include "tracee.h"
#include "files.pb-c.h"
#include "mm.pb-c.h"
#include "tree.pb-c.h"

#define PART_MAX 32

struct where;

/* Where a part finds what it asked for: numbers of calls, rooms in the slot. */
struct answer {
	int call;
	rptr room;
};

/* Seen before the freeze, of a task that slept in a system call: what tells
 * how long it had slept when it was stopped. */
struct early {
	bool blocked;
	bool unknown;		/* may be in any call */
	long nr;
	uint64_t arg[6];
	int64_t since_ns;	/* CLOCK_MONOTONIC; 0: unknown */
	uint64_t switches;
	char wchan[40];		/* while in restart_syscall(2): where it sleeps */
};

struct task {
	pid_t tid;
	struct process *process;
	const struct tree *tree;
	struct tracee *tracee;
	Task *image;
	const Creds *creds;	/* to be saved, or put back */
	const Creds *born_creds;	/* restore: what it has from ckpt */

	/* Dump only. */
	int dir;		/* /proc/PID/task/TID */
	struct early early;
	struct proc_stat stat;
	struct proc_status status;
	void *xstate;
	size_t xstate_len;	/* of the regset */
	size_t xstate_used;	/* up to the last byte that is not zero */
	bool dispatch;		/* syscall user dispatch is on */
	uint32_t pkru;		/* arch_pkru() */
	bool silent;		/* no remote calls: an obstacle forbids them */
	struct answer asked[PART_MAX];
};

/* What processes may share: objects of CLONE_VM, CLONE_FILES, CLONE_FS, CLONE_SIGHAND. */
enum { SHARES_MEMORY, SHARES_FILES, SHARES_FS, SHARES_SIGNALS, SHARES };

struct process {
	pid_t pid;
	struct process *parent;	/* NULL: the root */
	Process *image;
	struct task **tasks;	/* the leader first; none of a zombie */
	size_t n_tasks;
	struct remote *remote;
	uint32_t index;		/* position in the tree, also id - 1 */

	/* Dump only. */
	int dir, pidfd;		/* /proc/PID, and a pidfd */
	int iter[BPF_ITERS];	/* of iters_open(), or -1 */
	struct proc_stat stat;	/* before the freeze; of a zombie: all there is, with */
	struct proc_status status;
	bool zombie;
	struct remote_site site;
	struct proc_vma *vmas;
	size_t n_vmas;
	bool own_spaces;	/* known to be in ckpt's namespaces, but perhaps of pids, with all its threads */
	bool alike;		/* each thread is known to have the leader's credentials, flags and filters, and no
				 * signals on its queue */
	char *exe;		/* where the program file is said to be */
	struct stat exe_st;
	Mm *mm;
	Vma **vma_messages;	/* NULL where a VMA is not saved ([vsyscall]) */
	X86Context *x86;
	uint64_t scratch_start, scratch_end;
	char *cgroup;		/* as it was before the freeze; NULL: not known */
	Sighand *sighand;
	Fs *fs;
	DescriptorTable *table;	/* NULL: shares that of an earlier process */
	struct process *shares[SHARES];	/* the first that has the same; itself: nobody before it. share.h */
	struct sight *sights;	/* its descriptors, by number: files_priv.h */
	size_t n_sights;

	/* Restore only. */
	const struct loaded_mm *saved_mm;
	const struct inheritance *inherited;	/* from its maker; NULL: all is its own */
	bool has_memory;
};

/* What ckpt itself has, and a task under dump must have too. */
#define TREE_NAMESPACES 10
#define NAMESPACE_SIZE 40
#define CPU_WORDS (8192 / 64)	/* as many CPUs as a kernel can have (NR_CPUS) */
#define SPECULATION_KINDS 3	/* PR_SPEC_STORE_BYPASS, _INDIRECT_BRANCH, _L1D_FLUSH */
struct own_facts {
	char ns[TREE_NAMESPACES][NAMESPACE_SIZE];
	uint64_t cpus[CPU_WORDS];
	int io_priority;	/* -1: the kernel knows of none */
	int personality;
	long timer_slack;
	long speculation[SPECULATION_KINDS];	/* or -1: not known to the kernel */
	struct rlimit limits[RLIM_NLIMITS];
	uint64_t zero_frame;	/* pagemap_zero_frame() */
	struct iter_task spaces;	/* its namespaces; nsproxy 0: not known */
};

struct tree {
	struct arena *mem;
	struct waits waits;
	struct process **list;	/* parents before children */
	size_t n;
	size_t n_shares_known;	/* n, when share_survey() had compared all */
	struct own_facts own;	/* during a dump; its limits at a restore, too */
	struct arch_vdso vdso;	/* ckpt's own, which is everybody's */
	struct proc_semset *semsets;	/* of ckpt's IPC namespace, during a dump */
	size_t n_semsets;
	int64_t frozen_at_ns, released_at_ns;	/* CLOCK_MONOTONIC */
	struct cpus_turn turn;	/* ckpt's, while the tree stands still */
	struct words *words;	/* mm_words.h; NULL: none are known */
};

#define EACH_PROCESS(p, tree)							\
	for (size_t p##_i = 0; p##_i < (tree)->n; p##_i++)			\
		for (struct process *p = (tree)->list[p##_i]; p; p = NULL)
#define EACH_TASK(t, process)							\
	for (size_t t##_i = 0; t##_i < (process)->n_tasks; t##_i++)		\
		for (struct task *t = (process)->tasks[t##_i]; t; t = NULL)

static inline struct task *leader(const struct process *p) { return p->tasks[0]; }

/* Look at the tree below `root` without stopping anything. Speaks: no such
 * pid, not permitted, a kernel thread, traced by another, our own ancestor. */
int tree_survey(struct tree *tree, pid_t root, const struct where *at);

/* One walk over the tree: add tasks and processes that are not in it yet, and
 * count them in *ret_new. -errno; what vanishes meanwhile is no error. */
int tree_list(struct tree *tree, size_t *ret_new);

/* BPF iterators for a tree of many tasks, or of much memory; p->iter of the others is -1, as
 * it is of all where the kernel has none for us. *ret_self: those of ckpt itself, the caller's. */
void iters_open(struct tree *tree, int ret_self[BPF_ITERS]);

/* Stop every task of it, those included that appeared meanwhile. Speaks. */
int tree_freeze(struct tree *tree, const struct where *at);

/* Give every task back what it had, and let it go. Never fails. */
void tree_release(struct tree *tree);

/* Close descriptors of a tree whose tasks are released or gone. */
void tree_close(struct tree *tree);

/* Before the freeze: which tasks sleep in a call with a timeout, and since when. Speaks. */
int early_look(struct tree *tree, const struct where *at);
bool early_is_delicate(const struct task *t);	/* to be stopped, and put right, by itself */

/* Of a task that is stopped in restart_syscall(2): the call that goes on; *ret -1:
 * nothing tells. Then early_solve() lets it sleep for a moment more. */
int early_number(const struct task *t, long *ret);
int early_solve(struct task *t);

/* Where calls can be made from in this address space: fills p->site from
 * p->vmas and the vdso that every process has. -ENOENT: no vdso or no rt_sigreturn to be found; -ENXIO: no memory
 * for a frame of this many bytes. The search may be made before the freeze,
 * and what it found does not hold any more after an execve. */
int site_find(struct arena *a, const struct arch_vdso *vdso, struct process *p);
bool site_holds(const struct arch_vdso *vdso, const struct process *p);
int site_dead_memory(struct process *p, size_t frame);
