/* SPDX-License-Identifier: Apache-2.0 */
/* check_self.c - what a task does to itself when it is restored, tried in a child of ckpt's. */
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "arch.h"
#include "arena.h"
#include "check_parts.h"
#include "cleanup.h"
#include "io.h"
#include "proc.h"

#define NOBODY 65534
#define OOM_SCORE "/proc/self/oom_score_adj"

int prctl(int option, ...);	/* sys/prctl.h has a struct prctl_mm_map, and so has linux/prctl.h */

/* The fields that we have already. */
static int set_map(struct arena *a, uint32_t exe)
{
	autoclose dir = proc_open(getpid());
	struct prctl_mm_map map = { .exe_fd = exe };
	struct proc_stat s;
	int r = dir < 0 ? dir : proc_read_stat(a, dir, &s);

	if (r < 0)
		return r;
	map.start_code = s.start_code, map.end_code = s.end_code;
	map.start_data = s.start_data, map.end_data = s.end_data;
	map.start_brk = s.start_brk, map.brk = (uintptr_t)sbrk(0);
	map.start_stack = s.start_stack;
	map.arg_start = s.arg_start, map.arg_end = s.arg_end;
	map.env_start = s.env_start, map.env_end = s.env_end;
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0 ? -errno : 0;
}

static int mm_map(void)
{
	auto_(arena_freep) struct arena *a = arena_new();

	return a ? set_map(a, (uint32_t)-1) : -ENOMEM;
}

int try_mm_map(void)
{
	return check_in_child(mm_map);
}

/* replace_mm_exe_file() of kernel/fork.c: EBUSY while the old program is
 * mapped; whether we may is asked before. */
static int exe_link(void)
{
	auto_(arena_freep) struct arena *a = arena_new();
	autoclose exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int r;

	if (!a || exe < 0)
		return a ? -errno : -ENOMEM;
	r = set_map(a, (uint32_t)exe);
	return r == -EBUSY ? 0 : r;
}

int try_exe_link(void)
{
	return check_in_child(exe_link);
}

/* map_vdso_once() of arch/x86/entry/vdso/vma.c: EEXIST while there is one. */
static int map_vdso(void)
{
	return syscall(SYS_arch_prctl, ARCH_MAP_VDSO_64, 0) < 0 && errno != EEXIST ? -errno : 0;
}

int try_map_vdso(void)
{
	return check_in_child(map_vdso);
}

static int memfd_exec(void)
{
	static const unsigned char ret = 0xc3;
	autoclose fd = memfd_create("ckpt-check", MFD_CLOEXEC | 0x10u /* MFD_EXEC, Linux 6.3 */);
	void *code;
	int r;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ckpt-check", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = io_pwrite_all(fd, &ret, 1, 0);
	code = mmap(NULL, ARCH_PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (r < 0 || code == MAP_FAILED)
		return r < 0 ? r : -errno;
	((void (*)(void))code)();
	return 0;
}

int try_memfd_exec(void)
{
	return check_in_child(memfd_exec);
}

static int creds(void)
{
	gid_t group = NOBODY;

	if (setgroups(1, &group) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return -errno;
	return 0;
}

int try_creds(void)
{
	return check_in_child(creds);
}

static int nice_lower(void)
{
	return setpriority(PRIO_PROCESS, 0, -20) < 0 ? -errno : 0;
}

int try_nice(void)
{
	return check_in_child(nice_lower);
}

static int oom_score(void)
{
	return io_put(AT_FDCWD, OOM_SCORE, "-1000");
}

int try_oom_score(void)
{
	return check_in_child(oom_score);
}

static int raise_limit(void)
{
	struct rlimit none = { 0, 0 }, some = { 0, 1 };

	return setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_CORE, &some) < 0 ? -errno : 0;
}

int try_raise_limit(void)
{
	return check_in_child(raise_limit);
}
