/* SPDX-License-Identifier: Apache-2.0 */
/* check_proc.c - what the kernel has to tell, asked by the functions that a dump uses. */
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "arch.h"
#include "arena.h"
#include "bpf_iter.h"
#include "check_parts.h"
#include "cleanup.h"
#include "pagemap.h"
#include "proc.h"

/* Ask something about ourselves. */
static int about_self(int (*ask)(struct arena *a, int dir))
{
	auto_(arena_freep) struct arena *a = arena_new();
	autoclose dir = proc_open(getpid());

	if (dir < 0)
		return dir;
	return a ? ask(a, dir) : -ENOMEM;
}

static int children(struct arena *a, int dir)
{
	pid_t *pids;
	size_t n;

	return proc_list_children(a, dir, &pids, &n);
}

int try_proc_children(void)
{
	return about_self(children);
}

static int smaps(struct arena *a, int dir)
{
	struct proc_vma *vmas;
	size_t n;
	int r = proc_read_maps(a, dir, true, &vmas, &n);

	return r ? r : n && vmas[0].flags ? 0 : -ENOENT;
}

int try_proc_smaps(void)
{
	return about_self(smaps);
}

static int timers(struct arena *a, int dir)
{
	bool any;

	return proc_read_has_timers(a, dir, &any);
}

int try_proc_timers(void)
{
	return about_self(timers);
}

static int sched(struct arena *a, int dir)
{
	uint64_t ns;

	return proc_read_sched_exec_start(a, dir, &ns);
}

int try_proc_sched(void)
{
	return about_self(sched);
}

/* Two pages, of which the second was only read: the zero page, which a plain
 * pagemap does not tell from others. */
static int selected(struct arena *a, int dir, bool scan, uint64_t *ret_pages)
{
	autoclose fd = openat(dir, "pagemap", O_RDONLY | O_CLOEXEC);
	volatile char *page = mmap(NULL, 2 * ARCH_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct page_run *runs = NULL;
	uint64_t start = (uintptr_t)page;
	size_t n = 0;
	int r = fd < 0 ? -errno : 0;

	if (page == MAP_FAILED)
		return -ENOMEM;
	madvise((void *)start, 2 * ARCH_PAGE, MADV_NOHUGEPAGE);
	page[0] = page[ARCH_PAGE];
	page[0] = 1;
	if (r == 0)
		r = (scan ? pagemap_select(a, fd, start, start + 2 * ARCH_PAGE, true, &runs, &n) :
			    pagemap_select_plain(a, fd, start, start + 2 * ARCH_PAGE, &runs, &n));
	munmap((void *)start, 2 * ARCH_PAGE);
	*ret_pages = 0;
	for (size_t i = 0; i < n; i++)
		*ret_pages += (runs[i].end - runs[i].start) / ARCH_PAGE;
	return r;
}

static int plain(struct arena *a, int dir)
{
	uint64_t pages;
	int r = selected(a, dir, false, &pages);

	return r ? r : pages ? 0 : -EIO;
}

int try_pagemap(void)
{
	return about_self(plain);
}

static int scan(struct arena *a, int dir)
{
	uint64_t pages;
	int r = selected(a, dir, true, &pages);

	return r ? r : pages == 1 ? 0 : -ENOTTY;
}

int try_pagemap_scan(void)
{
	return about_self(scan);
}

static int semaphore(struct arena *a, int dir)
{
	autoclose fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	struct fdinfo info;
	int r = fd < 0 ? -errno : proc_read_fdinfo(a, dir, fd, &info);
	uint64_t flag;

	return r ? r : fdinfo_u64(&info, "eventfd-semaphore", 10, &flag);
}

int try_eventfd_semaphore(void)
{
	return about_self(semaphore);
}

int try_tid_address(void)
{
	int *address;

	return prctl(PR_GET_TID_ADDRESS, &address, 0, 0, 0) < 0 ? -errno : 0;
}

int try_vdso(void)
{
	struct arch_vdso vdso;

	return arch_vdso(&vdso);
}

/* Errors of the kernel come as a message; a list that is empty as NLMSG_DONE. */
static int diag(int family)
{
	autoclose fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 what;
	} ask = {
		.head = { sizeof(ask), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		.what = { .sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1 << TCP_LISTEN },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[8192];
	} answer;
	ssize_t n;

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0)
		return -errno;
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < (ssize_t)sizeof(answer.head))
		return n < 0 ? -errno : -EIO;
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : 0;
}

static void diag_means(int r4, int r6, struct finding *f)
{
	finding_of(r4 == 0 ? r6 : r4, f);
	if ((r4 == 0) == (r6 == 0))
		return;
	f->answer = ANSWER_LIMITED;
	snprintf(f->reason, sizeof(f->reason), "of IPv%d alone", r4 ? 6 : 4);
}

void judge_sock_diag(struct finding *f)
{
	int no_ipv6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (no_ipv6 < 0) {
		finding_of(diag(AF_INET), f);
		return;
	}
	close(no_ipv6);
	diag_means(diag(AF_INET), diag(AF_INET6), f);
}

/* Those that a dump would have. */
static int iterators(struct arena *a, int dir)
{
	int program[BPF_ITERS], fd[BPF_ITERS] = { -1, -1 };
	struct iter_task *tasks;
	struct iter_vma *vmas;
	int r = bpf_iter_load(program);
	size_t n, n_tasks;

	(void)dir;
	if (r < 0)
		return r;
	for (int i = 0; i < BPF_ITERS; i++) {
		fd[i] = bpf_iter_open(program[i], i, getpid());
		if (fd[i] < 0 && r == 0)
			r = fd[i];
	}
	if (r == 0)
		r = bpf_iter_read_vmas(a, fd[BPF_ITER_VMAS], &vmas, &n);
	if (r == 0)
		r = bpf_iter_read_tasks(a, fd[BPF_ITER_TASKS], 1, &tasks, &n_tasks);
	if (r == 0 && (!n || !n_tasks))
		r = -ENOENT;
	bpf_iter_close(program);
	bpf_iter_close(fd);
	return r;
}

int try_bpf_iterators(void)
{
	return about_self(iterators);
}
