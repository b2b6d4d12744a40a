/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h - what /proc says, as structs.
 *
 * Parsers (proc_parse_*) are pure: text in, struct out; they neither open
 * files nor print nor know of images, so each is tested on saved text. They
 * return 0 or -EINVAL (the text is not what the kernel writes) or -ENOMEM.
 * Readers (proc_read_*) open a file below `procdir`, a descriptor of
 * /proc/PID or /proc/PID/task/TID, and parse it. -ENOENT, -ESRCH: the task is
 * gone; of maps, smaps and auxv also -ESRCH: it has no mm. Formats: proc(5)
 * and Documentation/filesystems/proc.rst.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct arena;

int proc_open(pid_t pid);			/* /proc/PID as O_PATH descriptor */
int proc_open_task(int procdir, pid_t tid);	/* /proc/PID/task/TID */
int proc_list_processes(struct arena *a, pid_t **ret, size_t *ret_n);
int proc_list_tasks(struct arena *a, int procdir, pid_t **ret, size_t *ret_n);
int proc_list_children(struct arena *a, int procdir, pid_t **ret, size_t *ret_n); /* of every thread */
int proc_list_task_children(struct arena *a, int taskdir, pid_t **ret, size_t *ret_n);
int proc_list_fds(struct arena *a, int procdir, int **ret, size_t *ret_n);	/* ascending */

/* Open a file below `dir` now, to be read again and again: all functions here use
 * it from now on. Where it cannot be kept it is opened each time, as ever. Not for
 * files that belong to an address space (smaps, auxv, mem), which an execve changes.
 * `name` stays the caller's. Only before other threads read below this directory. */
void proc_keep(int dir, const char *name);

/* The same for a symbolic link, to be read by proc_read_link_into(): readlinkat(2), with
 * its result and errno, but without the walk to a link that is kept. Links of
 * /proc/PID/ns tell what holds now. proc_read_link() is for text of any length. */
void proc_keep_link(int dir, const char *name);
ssize_t proc_read_link_into(int dir, const char *name, char *buf, size_t size);
bool proc_is_too_high(int fd);	/* to be kept: descriptors get scarce */
void proc_close(int dir);	/* with all that is kept below it; a negative number is fine */

struct proc_stat {
	char comm[64];
	char state;
	pid_t pid, ppid, pgrp, sid, tpgid;
	uint32_t tty;
	uint64_t flags;			/* PF_* of linux/sched.h */
	int nice, threads, exit_signal;
	unsigned policy, rt_priority;
	uint64_t start_time;		/* clock ticks since boot */
	uint64_t resident;		/* pages, of files too; about so many */
	uint64_t start_code, end_code, start_stack, start_data, end_data, start_brk;
	uint64_t arg_start, arg_end, env_start, env_end;
	int exit_code;			/* as wait(2) would report it */
};
int proc_parse_stat(const char *text, size_t len, struct proc_stat *ret);
int proc_read_stat(struct arena *a, int procdir, struct proc_stat *ret);

struct proc_status {
	char name[64];
	mode_t umask;			/* (mode_t)-1: the task has no fs any more */
	char state;
	pid_t tgid, pid, ppid, tracer;
	uint32_t uid[4], gid[4];	/* real, effective, saved, file system */
	uint32_t *groups;
	size_t n_groups;
	pid_t nspid[33], nstgid[33];	/* outermost first; 32 levels below the initial one */
	size_t n_nspid;			/* 0: the kernel has no pid namespaces */
	bool kthread;
	int threads;
	uint64_t sig_pending, sig_shared, sig_blocked, sig_ignored, sig_caught;
	uint64_t cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb;
	uint64_t rss_anon, swap;	/* bytes; about so many */
	bool no_new_privs, thp_enabled;
	int seccomp;			/* 0 none, 1 strict, 2 filter */
	unsigned seccomp_filters;
	uint64_t voluntary_switches, involuntary_switches;
};
int proc_parse_status(struct arena *a, const char *text, size_t len, struct proc_status *ret);
int proc_read_status(struct arena *a, int procdir, struct proc_status *ret);

/* VmFlags of smaps: the two letters as a bit. VMF("ac") etc.; unknown letters set VMF_UNKNOWN. */
enum vma_flag {
	VMF_RD, VMF_WR, VMF_EX, VMF_SH, VMF_MR, VMF_MW, VMF_ME, VMF_MS, VMF_GD, VMF_PF,
	VMF_DW, VMF_LO, VMF_IO, VMF_SR, VMF_RR, VMF_DC, VMF_DE, VMF_AC, VMF_NR, VMF_HT,
	VMF_SF, VMF_AR, VMF_WF, VMF_DD, VMF_SD, VMF_MM, VMF_HG, VMF_NH, VMF_MG, VMF_UM,
	VMF_UW, VMF_UI, VMF_SS, VMF_SL, VMF_LF, VMF_DP, VMF_BT, VMF_MT, VMF_NL, VMF_GU,
	VMF_UNKNOWN = 63,
};
const char *vma_flag_name(enum vma_flag f);	/* "rd"; "??" if there is no such flag */
int vma_flag_by_name(const char *two);		/* VMF_*, or -EINVAL */

enum vma_type {
	VMA_ANON, VMA_HEAP, VMA_STACK, VMA_VDSO, VMA_VVAR, VMA_VVAR_VCLOCK, VMA_VSYSCALL,
	VMA_FILE,		/* has a path; may be deleted, a memfd, /dev/zero, SYSV, [aio], ... */
	VMA_OTHER,		/* a [name] of the kernel that is none of these */
};

struct proc_vma {
	uint64_t start, end;
	int prot;		/* PROT_READ | PROT_WRITE | PROT_EXEC */
	bool shared;
	uint64_t pgoff;		/* bytes */
	dev_t dev;
	uint64_t ino;
	enum vma_type type;
	const char *path;	/* as in maps, escaped newlines undone, " (deleted)" taken off; "" if none */
	bool deleted;
	uint64_t flags;		/* 1 << VMF_*; 0 when read from maps */
	uint64_t page_size;	/* KernelPageSize in bytes; 0 when read from maps */
	uint64_t rss, anonymous, anon_huge, swap, locked;	/* bytes; smaps only */
	unsigned key;		/* ProtectionKey; smaps only */
};
/* Either file: maps lines, each followed (smaps) by "Key: value" lines. */
int proc_parse_maps(struct arena *a, const char *text, size_t len, struct proc_vma **ret, size_t *ret_n);
int proc_read_maps(struct arena *a, int procdir, bool smaps, struct proc_vma **ret, size_t *ret_n);

/* One "key:\tvalue" line of /proc/PID/fdinfo/FD. A key ends at the first ':' or
 * blank ("inotify wd:1 ino:..." has the key "inotify"). Kinds look up the keys
 * they know; the reader knows none of them. */
struct fdinfo_line { const char *key, *value; };
struct fdinfo {
	uint64_t pos;
	unsigned flags;		/* octal in the text; with O_CLOEXEC */
	int mnt_id;
	uint64_t ino;		/* 0 before Linux 5.14 */
	struct fdinfo_line *lines;	/* all lines in order, the four above included */
	size_t n_lines;
};
int proc_parse_fdinfo(struct arena *a, const char *text, size_t len, struct fdinfo *ret);
int proc_read_fdinfo(struct arena *a, int procdir, int fd, struct fdinfo *ret);
const char *fdinfo_get(const struct fdinfo *f, const char *key);	/* first such line, or NULL */
int fdinfo_u64(const struct fdinfo *f, const char *key, int base, uint64_t *ret); /* -ENOENT, -EINVAL */

/* /proc/PID/task/TID/syscall: what a blocked task is blocked in. */
struct proc_syscall { bool running; long nr; uint64_t arg[6], sp, pc; };
int proc_parse_syscall(const char *text, size_t len, struct proc_syscall *ret);
int proc_read_syscall(struct arena *a, int taskdir, struct proc_syscall *ret);

/* se.exec_start of /proc/PID/task/TID/sched in nanoseconds: when it last began to run. */
int proc_parse_sched_exec_start(const char *text, size_t len, uint64_t *ret_ns);
int proc_read_sched_exec_start(struct arena *a, int taskdir, uint64_t *ret_ns);

/* /proc/PID/schedstat in nanoseconds: for how long it has run, and waited for a CPU. */
struct proc_schedstat { uint64_t ran_ns, waited_ns; };
int proc_parse_schedstat(const char *text, size_t len, struct proc_schedstat *ret);
int proc_read_schedstat(struct arena *a, int taskdir, struct proc_schedstat *ret);

int proc_read_auxv(struct arena *a, int procdir, uint64_t **ret, size_t *ret_n); /* words, AT_NULL pair included */
int proc_read_has_timers(struct arena *a, int procdir, bool *ret);	/* any POSIX timer in /proc/PID/timers */
int proc_read_u64(struct arena *a, int dirfd, const char *name, int base, uint64_t *ret); /* one number */
int proc_read_s64(struct arena *a, int dirfd, const char *name, int64_t *ret);
int proc_read_link(struct arena *a, int procdir, const char *name, char **ret);

/* The cgroup of a process in the unified hierarchy, the line "0::/path" of /proc/PID/cgroup
 * (cgroups(7)); *ret NULL: it is in none. */
int proc_read_cgroup(struct arena *a, int procdir, char **ret);

/* Bytes that this process can take before something is killed for it: MemAvailable of
 * /proc/meminfo, and what memory.max of its cgroup and of those above leaves. */
int proc_memory_left(struct arena *a, uint64_t *ret);

/* A line "Key: N kB", as meminfo and status have them; `key` with its colon. */
int proc_parse_kib(const char *text, size_t len, const char *key, uint64_t *ret_bytes);

/* The latter for cgroup `path`, files below the directory `root` (cgroup v2; the kernel's
 * Documentation/admin-guide/cgroup-v2.rst). UINT64_MAX: no limit, or none to be seen. */
int cgroup_memory_left(struct arena *a, int root, const char *path, uint64_t *ret);

/* A set of System V semaphores in ckpt's own IPC namespace. */
struct proc_semset {
	int id;
	size_t n;		/* semaphores in it */
	int64_t used_at;	/* CLOCK_REALTIME in seconds; 0: no semop(2) was ever made on it */
};
int proc_parse_semaphores(struct arena *a, const char *text, size_t len, struct proc_semset **ret, size_t *ret_n);
int proc_read_semaphores(struct arena *a, struct proc_semset **ret, size_t *ret_n);	/* /proc/sysvipc/sem */
