/* SPDX-License-Identifier: Apache-2.0 */
/* check_parts.h - features that `ckpt check` tries, and what it finds. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum answer { ANSWER_YES, ANSWER_LIMITED, ANSWER_NO };

struct finding {
	enum answer answer;
	bool denied;		/* not the kernel lacks it: we may not */
	char reason[120];	/* "" with a plain yes */
};

enum { FOR_DUMP = 1, FOR_RESTORE = 2 };

struct feature {
	const char *name;	/* stable: scripts ask for it */
	unsigned needed;	/* by what cannot do without it: FOR_DUMP, FOR_RESTORE, both, or 0 */
	const char *purpose;

	/* One of the two; nothing is left behind. */
	int (*try)(void);	/* 0 or -errno, which is told */
	void (*judge)(struct finding *f);

	const char *missing;	/* remedy where the kernel lacks it */
	const char *denied;	/* remedy where privileges do */
};

extern const struct feature check_features_table[];	/* ends with a NULL name */

/* check.c. What `r` (0 or -errno) means: no right, or no such thing. */
void finding_of(int r, struct finding *f);
const char *finding_remedy(const struct feature *feature, const struct finding *f);
const struct feature *feature_by_name(const char *name);

/* Does one of the n first features miss that `whom` (FOR_DUMP, FOR_RESTORE)
 * needs? The first such; *ret_n counts them all. NULL: none. */
const char *check_missing(const struct feature *table, const struct finding *found, size_t n,
			  unsigned whom, size_t *ret_n);

/* check_report.c */
void check_tell_text(const struct feature *table, const struct finding *found, size_t n);
void check_tell_json(const struct feature *table, const struct finding *found, size_t n);

/* check_child.c. A child of ours that has run `prepare` (may be NULL) and
 * waits; `probe` gets it, stopped if `seize` is set. It is gone afterwards. */
struct tracee;
struct child { pid_t pid; struct tracee *tracee; };
int check_with_child(bool seize, int (*prepare)(void), int (*probe)(const struct child *c));

/* Run `act` in a child of ours; what it returned. */
int check_in_child(int (*act)(void));

/* check_tasks.c: what is done to other tasks. */
int try_ptrace_seize(void);
int try_process_vm(void);
int try_pidfd_getfd(void);
int try_kcmp(void);
int try_peeksiginfo(void);
int try_robust_list(void);
int try_dispatch_query(void);
int try_seccomp(void);
int try_clone_set_tid(void);
void judge_rseq(struct finding *f);
void judge_yama(struct finding *f);
void judge_other_users(struct finding *f);
void yama_means(int scope, bool may_trace_all, struct finding *f);	/* scope -1: no Yama */

/* check_proc.c: what the kernel tells. */
int try_proc_children(void);
int try_proc_smaps(void);
int try_proc_timers(void);
int try_proc_sched(void);
int try_pagemap(void);
int try_pagemap_scan(void);
int try_bpf_iterators(void);
int try_eventfd_semaphore(void);
int try_tid_address(void);
int try_vdso(void);
void judge_sock_diag(struct finding *f);

/* check_self.c: what a task does to itself when it is restored. */
int try_mm_map(void);
int try_exe_link(void);
int try_map_vdso(void);
int try_memfd_exec(void);
int try_creds(void);
int try_nice(void);
int try_oom_score(void);
int try_raise_limit(void);
