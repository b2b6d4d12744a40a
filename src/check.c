/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - `ckpt check`: every feature of the kernel that ckpt relies on, tried. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check_parts.h"
#include "cleanup.h"
#include "say.h"

#define FORBIDDEN "A seccomp filter, container or security module around ckpt forbids it: allow it there."
#define CAP_CR "Give ckpt CAP_CHECKPOINT_RESTORE (CAP_SYS_ADMIN before Linux 5.9)"
#define CAP_RESOURCE "Give ckpt CAP_SYS_RESOURCE."
#define CONFIG_CR "Use a kernel with CONFIG_CHECKPOINT_RESTORE."

#define BOTH (FOR_DUMP | FOR_RESTORE)

const struct feature check_features_table[] = {
	{ "ptrace-seize", BOTH, "stop tasks, read and set their registers", try_ptrace_seize, NULL,
	  "Use Linux 3.11 or later.", FORBIDDEN },
	{ "yama", BOTH, "stop tasks that ckpt has not started", NULL, judge_yama,
	  "Set kernel.yama.ptrace_scope to 0, or give ckpt CAP_SYS_PTRACE.",
	  "Set kernel.yama.ptrace_scope to 0, or give ckpt CAP_SYS_PTRACE." },
	{ "other-users", 0, "stop tasks of other users", NULL, judge_other_users,
	  "Use Linux 3.11 or later.", "Run ckpt as the user whose tasks they are, or as root." },
	{ "vdso-gadget", BOTH, "make system calls in a stopped task", try_vdso, NULL,
	  "Boot without vdso=0, and use a kernel whose vdso has a system call followed by a return.", FORBIDDEN },
	{ "process-vm", BOTH, "copy memory out of tasks and into them", try_process_vm, NULL,
	  "Use a kernel with CONFIG_CROSS_MEMORY_ATTACH.", FORBIDDEN },
	{ "pidfd-getfd", FOR_DUMP, "look at what descriptors refer to", try_pidfd_getfd, NULL,
	  "Use Linux 5.6 or later.", FORBIDDEN },
	{ "kcmp", FOR_DUMP, "find what tasks share", try_kcmp, NULL, "Use a kernel with CONFIG_KCMP.", FORBIDDEN },
	{ "proc-children", FOR_DUMP, "find the children of a process", try_proc_children, NULL,
	  "Use a kernel with CONFIG_PROC_CHILDREN.", FORBIDDEN },
	{ "proc-smaps", FOR_DUMP, "read the flags of mappings", try_proc_smaps, NULL,
	  "Use a kernel with CONFIG_PROC_PAGE_MONITOR.", FORBIDDEN },
	{ "pagemap", FOR_DUMP, "find the pages that matter", try_pagemap, NULL,
	  "Use a kernel with CONFIG_PROC_PAGE_MONITOR.", FORBIDDEN },
	{ "pagemap-scan", 0, "find them faster, and leave out pages of zeros", try_pagemap_scan, NULL,
	  "Use Linux 6.7 or later; dumps are larger and slower without it.", FORBIDDEN },
	{ "bpf-iterators", 0, "read the flags of mappings faster", try_bpf_iterators, NULL,
	  "Use Linux 6.1 or later with BTF (CONFIG_DEBUG_INFO_BTF); large trees stand still for longer without it.",
	  "Give ckpt CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON; large trees stand still for longer without it." },
	{ "proc-timers", FOR_DUMP, "notice POSIX timers", try_proc_timers, NULL, CONFIG_CR, FORBIDDEN },
	{ "set-tid-address", FOR_DUMP, "read clear_child_tid of threads", try_tid_address, NULL, CONFIG_CR, FORBIDDEN },
	{ "get-robust-list", FOR_DUMP, "read robust lists of threads", try_robust_list, NULL,
	  "Use a kernel with CONFIG_FUTEX.", FORBIDDEN },
	{ "peeksiginfo", FOR_DUMP, "save signals that wait", try_peeksiginfo, NULL,
	  "Use Linux 3.10 or later.", FORBIDDEN },
	{ "rseq-config", FOR_DUMP, "save the rseq area of threads", NULL, judge_rseq,
	  "Use Linux 5.13 or later.", FORBIDDEN },
	{ "syscall-user-dispatch-query", 0, "notice tasks that use syscall user dispatch", try_dispatch_query, NULL,
	  "Use Linux 6.4 or later; without it, do not dump programs such as wine.", FORBIDDEN },
	{ "seccomp", 0, "read seccomp filters (not saved yet)", try_seccomp, NULL,
	  "Use a kernel with CONFIG_SECCOMP_FILTER.", "Give ckpt CAP_SYS_ADMIN, and run it without a filter of its own." },
	{ "proc-sched", 0, "measure how much of a timeout is left", try_proc_sched, NULL,
	  "Use a kernel with CONFIG_SCHED_DEBUG; sleeps begin anew without it.", FORBIDDEN },
	{ "eventfd-semaphore", 0, "tell eventfds that are semaphores from counters", try_eventfd_semaphore, NULL,
	  "Use Linux 6.5 or later.", FORBIDDEN },
	{ "sock-diag", 0, "save listening TCP sockets", NULL, judge_sock_diag,
	  "Use a kernel with CONFIG_INET_DIAG and CONFIG_INET_TCP_DIAG.", FORBIDDEN },
	{ "clone3-set-tid", FOR_RESTORE, "make tasks with the pids they had", try_clone_set_tid, NULL,
	  "Use Linux 5.5 or later.", CAP_CR " in the user namespace that its pid namespace belongs to." },
	{ "memfd-exec", FOR_RESTORE, "share the code of remote calls", try_memfd_exec, NULL,
	  "Use a kernel with CONFIG_MEMFD_CREATE.", "Set vm.memfd_noexec to 0 or 1." },
	{ "set-mm-map", FOR_RESTORE, "set the bounds of heap, stack and arguments", try_mm_map, NULL,
	  CONFIG_CR, FORBIDDEN },
	{ "exe-link", FOR_RESTORE, "set /proc/PID/exe", try_exe_link, NULL, CONFIG_CR, CAP_CR "." },
	{ "arch-map-vdso", FOR_RESTORE, "map the vdso where it was", try_map_vdso, NULL, CONFIG_CR, FORBIDDEN },
	{ "set-creds", 0, "restore tasks of other users", try_creds, NULL,
	  "Use a user namespace that maps other users.", "Give ckpt CAP_SETUID and CAP_SETGID." },
	{ "nice-lower", 0, "restore tasks with a negative niceness", try_nice, NULL, "Give ckpt CAP_SYS_NICE.",
	  "Give ckpt CAP_SYS_NICE." },
	{ "oom-score-lower", 0, "restore an oom_score_adj below ckpt's own", try_oom_score, NULL,
	  CAP_RESOURCE, CAP_RESOURCE },
	{ "raise-limits", 0, "restore hard limits above ckpt's own", try_raise_limit, NULL, CAP_RESOURCE, CAP_RESOURCE },
	{ .name = NULL }
};
#define FEATURES (ARRAY_SIZE(check_features_table) - 1)

void finding_of(int r, struct finding *f)
{
	*f = (struct finding){ .answer = r ? ANSWER_NO : ANSWER_YES, .denied = r == -EPERM || r == -EACCES };
	if (r)
		snprintf(f->reason, sizeof(f->reason), "%s", strerror(-r));
}

const char *finding_remedy(const struct feature *feature, const struct finding *f)
{
	return f->denied ? feature->denied : feature->missing;
}

const struct feature *feature_by_name(const char *name)
{
	for (const struct feature *f = check_features_table; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *check_missing(const struct feature *table, const struct finding *found, size_t n,
			  unsigned whom, size_t *ret_n)
{
	const char *first = NULL;

	*ret_n = 0;
	for (size_t i = n; i-- > 0;)
		if ((table[i].needed & whom) && found[i].answer == ANSWER_NO) {
			first = table[i].name;
			(*ret_n)++;
		}
	return first;
}

static void try_one(const struct feature *feature, struct finding *f)
{
	if (feature->judge)
		feature->judge(f);
	else
		finding_of(feature->try(), f);
}

static int unknown(const char *name)
{
	char all[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < FEATURES && len < sizeof(all); i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, " %s", check_features_table[i].name);
	return fail(NOWHERE, 0, "no such feature: %s; there are%s", name, all);
}

static int check_one(const char *name)
{
	const struct feature *feature = feature_by_name(name);
	struct finding found;

	if (!feature)
		return unknown(name);
	try_one(feature, &found);
	return found.answer == ANSWER_YES ? 0 : -ENOTSUP;
}

int check_features(const char *only, bool json)
{
	struct finding found[FEATURES];
	const char *first;
	size_t missing;

	if (only)
		return check_one(only);
	for (size_t i = 0; i < FEATURES; i++)
		try_one(&check_features_table[i], &found[i]);
	(json ? check_tell_json : check_tell_text)(check_features_table, found, FEATURES);
	first = check_missing(check_features_table, found, FEATURES, BOTH, &missing);
	if (first)
		fail(NOWHERE, 0, "%zu of the features that ckpt needs %s missing: %s%s", missing,
		     missing == 1 ? "is" : "are", first, missing == 1 ? "" : " and others");
	return first ? -ENOTSUP : 0;
}
