/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_self.c - what the readers say of the test itself, against what system calls say. */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "arena.h"
#include "cleanup.h"
#include "proc.h"
#include "tmpdir.h"

struct fix { struct arena *a; int dir; };

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->a = arena_new();
	f->dir = proc_open(getpid());
	*state = f;
	return f->a && f->dir >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	arena_free(f->a);
	close(f->dir);
	free(f);
	return 0;
}

static void ids(void **state)
{
	struct fix *f = *state;
	struct proc_status s;
	struct proc_stat st;

	assert_int_equal(proc_read_stat(f->a, f->dir, &st), 0);
	assert_int_equal(proc_read_status(f->a, f->dir, &s), 0);
	assert_int_equal(st.pid, getpid());
	assert_int_equal(st.ppid, getppid());
	assert_int_equal(st.pgrp, getpgrp());
	assert_int_equal(st.sid, getsid(0));
	assert_int_equal(st.state, 'R');
	assert_int_equal(st.nice, getpriority(PRIO_PROCESS, 0));
	assert_int_equal(st.threads, 1);
	assert_in_range((uintptr_t)environ[0], st.env_start, st.env_end);
	assert_in_range((uintptr_t)ids, st.start_code, st.end_code);
	assert_int_equal(s.tgid, getpid());
	assert_int_equal(s.pid, getpid());
	assert_int_equal(s.ppid, getppid());
	assert_int_equal(s.state, 'R');
	assert_int_equal(s.threads, 1);
	assert_false(s.kthread);
	if (s.n_nspid) {
		assert_int_equal(s.nspid[0], getpid());
		assert_int_equal(s.nstgid[0], getpid());
	}
}

static void names(void **state)
{
	static const char *const all[] = { ") R 1 2 3", "a\nState:\tZ", "\\n\\\\", "", "fifteen letters" };
	struct fix *f = *state;
	char keep[16];

	assert_int_equal(prctl(PR_GET_NAME, keep), 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct proc_status s;
		struct proc_stat st;

		assert_int_equal(prctl(PR_SET_NAME, all[i]), 0);
		assert_int_equal(proc_read_stat(f->a, f->dir, &st), 0);
		assert_int_equal(proc_read_status(f->a, f->dir, &s), 0);
		assert_string_equal(st.comm, all[i]);
		assert_string_equal(s.name, all[i]);
	}
	prctl(PR_SET_NAME, keep);
}

static void credentials(void **state)
{
	struct fix *f = *state;
	gid_t groups[65536], more[] = { 5, 70000, 4000000000 };
	uid_t uid[3];
	gid_t gid[3];
	struct proc_status s;
	int n;

	if (!geteuid())
		assert_int_equal(setgroups(ARRAY_SIZE(more), more), 0);
	n = getgroups(ARRAY_SIZE(groups), groups);
	assert_int_equal(getresuid(&uid[0], &uid[1], &uid[2]), 0);
	assert_int_equal(getresgid(&gid[0], &gid[1], &gid[2]), 0);
	assert_int_equal(proc_read_status(f->a, f->dir, &s), 0);
	assert_memory_equal(s.uid, uid, sizeof(uid));
	assert_memory_equal(s.gid, gid, sizeof(gid));
	assert_int_equal(s.n_groups, n);
	for (int i = 0; i < n; i++)
		assert_int_equal(s.groups[i], groups[i]);
}

static void masks(void **state)
{
	struct fix *f = *state;
	sigset_t set, keep;
	struct proc_status s;
	mode_t mask;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, 64);
	assert_int_equal(sigprocmask(SIG_SETMASK, &set, &keep), 0);
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR1);
	mask = umask(0137);
	assert_int_equal(proc_read_status(f->a, f->dir, &s), 0);
	umask(mask);
	signal(SIGUSR1, SIG_IGN);	/* throws the pending one away */
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	sigprocmask(SIG_SETMASK, &keep, NULL);
	assert_int_equal(s.umask, 0137);
	assert_true(s.sig_blocked == (1ull << (SIGUSR1 - 1) | 1ull << 63));
	assert_true(s.sig_ignored >> (SIGUSR2 - 1) & 1);
	assert_true((s.sig_pending | s.sig_shared) >> (SIGUSR1 - 1) & 1);
	assert_int_equal(s.no_new_privs, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	assert_int_equal(s.thp_enabled, !prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

static void small_files(void **state)
{
	struct fix *f = *state;
	char *exe, self[4096];
	uint64_t slack;
	int64_t adj, v;
	ssize_t n;

	if (faccessat(f->dir, "timerslack_ns", F_OK, 0) == 0) {
		assert_int_equal(proc_read_u64(f->a, f->dir, "timerslack_ns", 10, &slack), 0);
		assert_int_equal(slack, prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	}
	assert_int_equal(proc_read_s64(f->a, f->dir, "oom_score_adj", &adj), 0);
	assert_in_range(adj + 1000, 0, 2000);
	assert_int_equal(proc_read_s64(f->a, f->dir, "comm", &v), -EINVAL);
	assert_int_equal(proc_read_u64(f->a, f->dir, "limits", 10, &slack), -EINVAL);
	assert_int_equal(proc_read_u64(f->a, f->dir, "no such file", 10, &slack), -ENOENT);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_in_range(n, 1, sizeof(self) - 1);
	self[n] = '\0';
	assert_int_equal(proc_read_link(f->a, f->dir, "exe", &exe), 0);
	assert_string_equal(exe, self);
}

/* Readers take any directory: here one with made-up files. */
static void numbers(void **state)
{
	static const struct { const char *text; int r; int64_t want; } all[] = {
		{ "-1000\n", 0, -1000 }, { "17", 0, 17 }, { "0\n", 0, 0 }, { "", -EINVAL, 0 },
		{ "\n", -EINVAL, 0 },
		{ "1 2\n", -EINVAL, 0 }, { "-\n", -EINVAL, 0 }, { "9223372036854775808\n", -EINVAL, 0 },
		{ "-9223372036854775808\n", 0, INT64_MIN }, { "1\n2\n", -EINVAL, 0 },
	};
	struct fix *f = *state;
	struct tmpdir dir;

	tmpdir_make(&dir);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t u = 0;
		int64_t v = 0;

		tmpdir_put(&dir, "n", all[i].text, strlen(all[i].text));
		assert_int_equal(proc_read_s64(f->a, dir.fd, "n", &v), all[i].r);
		assert_true(v == all[i].want);
		if (all[i].r || v < 0)
			continue;
		assert_int_equal(proc_read_u64(f->a, dir.fd, "n", 16, &u), 0);
		assert_int_equal(u, v == 17 ? 0x17 : 0);
	}
	tmpdir_remove(&dir);
}

static void auxv(void **state)
{
	struct fix *f = *state;
	uint64_t *words, page_size = 0;
	size_t n;

	assert_int_equal(proc_read_auxv(f->a, f->dir, &words, &n), 0);
	assert_true(n >= 4 && n % 2 == 0);
	assert_int_equal(words[n - 2], AT_NULL);
	for (size_t i = 0; i < n; i += 2)
		if (words[i] == AT_PAGESZ)
			page_size = words[i + 1];
	assert_int_equal(page_size, getauxval(AT_PAGESZ));
}

static void timers(void **state)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	struct fix *f = *state;
	bool any = true;
	timer_t id;
	int r = proc_read_has_timers(f->a, f->dir, &any);

	if (r == -ENOENT) {
		print_message("skipped: no /proc/PID/timers in this kernel\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_false(any);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &ev, &id), 0);
	assert_int_equal(proc_read_has_timers(f->a, f->dir, &any), 0);
	assert_true(any);
	assert_int_equal(timer_delete(id), 0);
}

static void exec_start(void **state)
{
	struct fix *f = *state;
	uint64_t ns, later;
	int r = proc_read_sched_exec_start(f->a, f->dir, &ns);

	if (r == -ENOENT) {
		print_message("skipped: no /proc/PID/sched in this kernel\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_true(ns > 0);
	assert_int_equal(proc_read_sched_exec_start(f->a, f->dir, &later), 0);
	assert_true(later >= ns);
}

/* A child that waits in read(2) of a pipe; there is a writer until we are gone. */
static void blocked_child(void **state)
{
	struct fix *f = *state;
	struct proc_syscall c = { 0 };
	int p[2], dir, r;
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		close(p[1]);
		_exit(read(p[0], &byte, 1) == 0 ? 0 : 1);
	}
	dir = proc_open(pid);
	assert_true(dir >= 0);
	do
		r = proc_read_syscall(f->a, dir, &c);
	while (!r && (c.running || c.nr != 0 || c.arg[2] != 1));
	assert_int_equal(r, 0);
	assert_int_equal(c.arg[0], p[0]);
	assert_int_equal(c.arg[1], (uintptr_t)&byte);
	assert_true(c.sp && c.pc);
	close(p[0]);
	close(p[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(dir);
}

static void zombie(void **state)
{
	struct fix *f = *state;
	struct proc_vma *vmas = NULL;
	struct proc_status s;
	struct proc_stat st;
	uint64_t *words;
	size_t n;
	siginfo_t si;
	pid_t pid = fork();
	int dir, *list;

	if (!pid)
		_exit(7);
	assert_int_equal(waitid(P_PID, pid, &si, WEXITED | WNOWAIT), 0);
	dir = proc_open(pid);
	assert_true(dir >= 0);
	assert_int_equal(proc_read_stat(f->a, dir, &st), 0);
	assert_int_equal(st.state, 'Z');
	assert_int_equal(WEXITSTATUS(st.exit_code), 7);
	assert_int_equal(st.exit_signal, SIGCHLD);
	assert_int_equal(proc_read_status(f->a, dir, &s), 0);
	assert_int_equal(s.state, 'Z');
	assert_int_equal(s.umask, (mode_t)-1);
	assert_int_equal(proc_read_maps(f->a, dir, false, &vmas, &n), -ESRCH);
	assert_int_equal(proc_read_auxv(f->a, dir, &words, &n), -ESRCH);
	assert_int_equal(proc_list_fds(f->a, dir, &list, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(proc_list_children(f->a, dir, &list, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(dir);
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ESRCH;
}

static void gone(void **state)
{
	struct fix *f = *state;
	struct proc_vma *vmas;
	struct proc_status s;
	struct proc_stat st;
	struct fdinfo fi;
	pid_t pid = fork();
	int dir, *list;
	size_t n;

	if (!pid)
		for (;;)
			pause();
	dir = proc_open(pid);
	assert_true(dir >= 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(is_gone(proc_read_stat(f->a, dir, &st)));
	assert_true(is_gone(proc_read_status(f->a, dir, &s)));
	assert_true(is_gone(proc_read_maps(f->a, dir, true, &vmas, &n)));
	assert_true(is_gone(proc_read_fdinfo(f->a, dir, 0, &fi)));
	assert_true(is_gone(proc_list_tasks(f->a, dir, &list, &n)));
	assert_true(is_gone(proc_list_children(f->a, dir, &list, &n)));
	assert_true(is_gone(proc_list_fds(f->a, dir, &list, &n)));
	assert_true(is_gone(proc_open_task(dir, pid)));
	assert_true(is_gone(proc_open(pid)));
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids), cmocka_unit_test(names), cmocka_unit_test(credentials),
		cmocka_unit_test(masks), cmocka_unit_test(small_files),
		cmocka_unit_test(numbers), cmocka_unit_test(auxv), cmocka_unit_test(timers),
		cmocka_unit_test(exec_start), cmocka_unit_test(blocked_child), cmocka_unit_test(zombie),
		cmocka_unit_test(gone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
