/* SPDX-License-Identifier: Apache-2.0 */
/* bpf_iter.h - facts of tasks from the kernel's own structs, by BPF iterators
 * (Documentation/bpf/bpf_iterators.rst): what /proc tells too, but dearly.
 *
 * A program of two dozen instructions goes over the VMAs of a process, or its threads,
 * and copies a few words of each. It runs within a read(2) of ckpt's, changes nothing, and
 * ends with its descriptor. Where there are none (no CAP_BPF and CAP_PERFMON, no BTF,
 * a kernel before 6.1), callers read /proc: every function may fail with any errno.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

enum bpf_iter { BPF_ITER_VMAS, BPF_ITER_TASKS, BPF_ITERS };

/* The programs, as descriptors, which are the caller's. -ENOENT: the kernel has no BTF, or not
 * what we look for in it; else as from bpf(2). */
int bpf_iter_load(int ret[BPF_ITERS]);

/* The kernel's types, *ret_len bytes to be unmapped by the caller; or NULL. */
const void *bpf_iter_map_types(size_t *ret_len);

/* A descriptor that is read once, at any time later, and tells what is there then.
 * pid: the process, in ckpt's own pid namespace. */
int bpf_iter_open(int program, enum bpf_iter which, pid_t pid);

void bpf_iter_close(int fds[BPF_ITERS]);	/* programs or iterators; a negative number is fine */

/* vm_flags as the kernel has them: of the running kernel, and to be compared only. */
struct iter_vma {
	uint64_t start, end, flags;
	uint64_t anon;		/* its anon_vma; 0: none of its pages is anonymous */
};
int bpf_iter_read_vmas(struct arena *a, int fd, struct iter_vma **ret, size_t *ret_n);

/* To be compared only; the first three are addresses in the kernel. Tasks with the same nsproxy
 * are in the same namespaces of all kinds that it holds; of them pid and time are those for
 * children. A zombie has none. */
struct iter_task {
	uint64_t nsproxy, user_ns;
	uint64_t creds;		/* ids, groups, capabilities, keyrings */
	uint64_t id;		/* another for each task */
	uint64_t flags;		/* atomic_flags of struct task_struct: no_new_privs and the like */
	uint64_t seccomp;	/* mode, and number of filters */
	uint64_t pending;	/* signals on the task's own queue, a bit each */
};
/* Of a process with so many threads as expected, or more, of which one is told then. */
int bpf_iter_read_tasks(struct arena *a, int fd, size_t expected, struct iter_task **ret, size_t *ret_n);
