/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_lists.c - VMAs, threads, children and descriptors of the test itself. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "arena.h"
#include "cleanup.h"
#include "proc.h"
#include "tmpdir.h"

#define PAGE 4096ul

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

static struct proc_vma *vma_at(struct fix *f, bool smaps, const void *p)
{
	struct proc_vma *v;
	size_t n;

	assert_int_equal(proc_read_maps(f->a, f->dir, smaps, &v, &n), 0);
	for (size_t i = 0; i < n; i++)
		if (v[i].start == (uintptr_t)p)
			return &v[i];
	fail_msg("no VMA at %p", p);
	return NULL;
}

static void own_address_space(void **state)
{
	struct fix *f = *state;
	struct proc_vma *v, *w;
	bool stack = false, vdso = false, code = false;
	size_t n, n_smaps;
	int local;

	assert_int_equal(proc_read_maps(f->a, f->dir, true, &w, &n_smaps), 0);
	assert_int_equal(proc_read_maps(f->a, f->dir, false, &v, &n), 0);
	/* The reader's own memory comes and goes between the two; what is of files stays. */
	for (size_t i = 0, j = 0; i < n_smaps; i++) {
		if (w[i].type != VMA_FILE)
			continue;
		while (j < n && v[j].start < w[i].start)
			j++;
		assert_true(j < n);
		assert_int_equal(v[j].start, w[i].start);
		assert_int_equal(v[j].end, w[i].end);
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t start = v[i].start, end = v[i].end;

		if (i)
			assert_true(v[i - 1].end <= start);
		if (v[i].type == VMA_STACK)
			stack = start <= (uintptr_t)&local && (uintptr_t)&local < end;
		if (start <= (uintptr_t)own_address_space && (uintptr_t)own_address_space < end)
			code = v[i].type == VMA_FILE && v[i].prot == (PROT_READ | PROT_EXEC);
		vdso |= v[i].type == VMA_VDSO;
	}
	assert_true(stack && vdso && code);
	for (size_t i = 0; i < n_smaps; i++) {
		assert_int_equal(w[i].page_size, PAGE);
		assert_int_equal(w[i].flags >> VMF_RD & 1, !!(w[i].prot & PROT_READ));
		assert_int_equal(w[i].flags >> VMF_WR & 1, !!(w[i].prot & PROT_WRITE));
		assert_int_equal(w[i].flags >> VMF_SH & 1, w[i].shared);
	}
}

/* The names that the kernel changes: see what comes back. */
static void odd_file_names(void **state)
{
	static const char *const names[] = { "a\nb\n", "a\\134b", "a b ", "\\n", "x (deleted)x" };
	struct fix *f = *state;
	struct tmpdir dir;

	tmpdir_make(&dir);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(names); i++) {
		const char *name = names[i / 2];
		struct proc_vma *v;
		struct stat st;
		char want[128];
		void *p;
		autoclose fd = openat(dir.fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		assert_int_equal(ftruncate(fd, 3 * PAGE), 0);
		p = mmap(NULL, PAGE, PROT_READ, i & 1 ? MAP_SHARED : MAP_PRIVATE, fd, 2 * PAGE);
		assert_true(p != MAP_FAILED);
		if (i & 1)
			assert_int_equal(unlinkat(dir.fd, name, 0), 0);
		assert_int_equal(fstat(fd, &st), 0);
		v = vma_at(f, false, p);
		snprintf(want, sizeof(want), "%s/%s", dir.path, name);
		assert_string_equal(v->path, want);
		assert_int_equal(v->type, VMA_FILE);
		assert_int_equal(v->deleted, i & 1);
		assert_int_equal(v->shared, i & 1);
		assert_int_equal(v->pgoff, 2 * PAGE);
		assert_int_equal(v->ino, st.st_ino);
		munmap(p, PAGE);
	}
	tmpdir_remove(&dir);
}

static void files_of_the_kernel(void **state)
{
	struct fix *f = *state;
	autoclose fd = memfd_create("some name", MFD_CLOEXEC);
	void *anon, *mem, *sysv;
	struct proc_vma *v;
	int id;

	assert_int_equal(ftruncate(fd, PAGE), 0);
	mem = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	anon = mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(mem != MAP_FAILED && anon != MAP_FAILED);
	v = vma_at(f, false, mem);
	assert_string_equal(v->path, "/memfd:some name");
	assert_true(v->type == VMA_FILE && v->deleted && !v->shared);
	v = vma_at(f, false, anon);
	assert_string_equal(v->path, "/dev/zero");
	assert_true(v->type == VMA_FILE && v->deleted && v->shared);
	munmap(mem, PAGE);
	munmap(anon, PAGE);
	id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	if (id < 0) {
		print_message("skipped the rest: no SysV shared memory\n");
		skip();
	}
	sysv = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	assert_true(sysv != (void *)-1);
	v = vma_at(f, false, sysv);
	assert_string_equal(v->path, "/SYSV00000000");
	assert_true(v->type == VMA_FILE && v->deleted && v->shared);
	assert_int_equal(v->ino, id);
	shmdt(sysv);
}

static void advice(void **state)
{
	struct fix *f = *state;
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct proc_vma *v;

	assert_true(p != MAP_FAILED);
	assert_int_equal(madvise(p, 4 * PAGE, MADV_DONTDUMP), 0);
	assert_int_equal(madvise(p, 4 * PAGE, MADV_DONTFORK), 0);
	p[0] = p[PAGE] = 1;
	v = vma_at(f, true, p);
	assert_true(v->flags >> VMF_DD & 1);
	assert_true(v->flags >> VMF_DC & 1);
	assert_false(v->flags >> VMF_LO & 1);
	assert_true(v->flags >> VMF_AC & 1);
	assert_true(v->rss >= 2 * PAGE);
	assert_true(v->anonymous >= 2 * PAGE);
	assert_int_equal(v->type, VMA_ANON);
	munmap(p, 4 * PAGE);
}

/* Pages that cannot join their neighbours: as many VMAs. */
static void many_vmas(void **state)
{
	struct fix *f = *state;
	size_t pages = 10000, before, n;
	struct proc_vma *v;
	char *p;

	assert_int_equal(proc_read_maps(f->a, f->dir, true, &v, &before), 0);
	p = mmap(NULL, pages * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	for (size_t i = 0; i < pages; i += 2)
		assert_int_equal(mprotect(p + i * PAGE, PAGE, PROT_NONE), 0);
	for (int smaps = 0; smaps < 2; smaps++) {
		size_t found = 0;

		assert_int_equal(proc_read_maps(f->a, f->dir, smaps, &v, &n), 0);
		for (size_t i = 0; i < n; i++)
			if (v[i].start >= (uintptr_t)p && v[i].end <= (uintptr_t)p + pages * PAGE) {
				assert_int_equal(v[i].end - v[i].start, PAGE);
				assert_int_equal(v[i].prot, found & 1 ? PROT_READ : PROT_NONE);
				found++;
			}
		assert_int_equal(found, pages);
	}
	munmap(p, pages * PAGE);
}

struct worker { pthread_t thread; pthread_barrier_t *start, *end; pid_t tid, child; };

static void *work(void *arg)
{
	struct worker *w = arg;

	w->tid = gettid();
	w->child = fork();
	if (!w->child)
		for (;;)
			pause();
	pthread_barrier_wait(w->start);
	pthread_barrier_wait(w->end);
	return NULL;
}

static bool has(const int *list, size_t n, int v)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

static void threads_and_their_children(void **state)
{
	struct fix *f = *state;
	pthread_barrier_t start, end;
	struct worker w[5];
	pid_t *tids = NULL, *pids = NULL;
	size_t n_tids = 0, n_pids = 0, i;
	struct proc_stat st;
	int task, r;

	pthread_barrier_init(&start, NULL, ARRAY_SIZE(w) + 1);
	pthread_barrier_init(&end, NULL, ARRAY_SIZE(w) + 1);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i] = (struct worker){ .start = &start, .end = &end };
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	pthread_barrier_wait(&start);
	assert_int_equal(proc_list_tasks(f->a, f->dir, &tids, &n_tids), 0);
	r = proc_list_children(f->a, f->dir, &pids, &n_pids);
	task = proc_open_task(f->dir, w[3].tid);
	assert_int_equal(proc_read_stat(f->a, task, &st), 0);
	close(task);
	pthread_barrier_wait(&end);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		pthread_join(w[i].thread, NULL);
		kill(w[i].child, SIGKILL);
		waitpid(w[i].child, NULL, 0);
	}
	assert_int_equal(st.pid, w[3].tid);
	assert_int_equal(n_tids, 6);
	assert_int_equal(tids[0], getpid());
	assert_int_equal(r, 0);
	assert_int_equal(n_pids, 5);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		assert_true(has(tids, n_tids, w[i].tid));
		assert_true(has(pids, n_pids, w[i].child));
	}
}

/* More text than one read takes, so that one ends within a number. */
static void many_children(void **state)
{
	struct fix *f = *state;
	pid_t pids[1000], *list;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(0);
		assert_true(pids[i] > 0);
	}
	assert_int_equal(proc_list_processes(f->a, &list, &n), 0);
	assert_true(has(list, n, getpid()) && has(list, n, pids[0]) && has(list, n, pids[999]));
	assert_int_equal(proc_list_children(f->a, f->dir, &list, &n), 0);
	assert_int_equal(n, ARRAY_SIZE(pids));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(list[i], pids[i]);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	}
}

static void descriptors(void **state)
{
	struct fix *f = *state;
	int want[] = { 1000, 63, 64, 500, 128 }, *list;
	size_t n, n_before;

	assert_int_equal(proc_list_fds(f->a, f->dir, &list, &n_before), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(dup2(0, want[i]), want[i]);
	assert_int_equal(proc_list_fds(f->a, f->dir, &list, &n), 0);
	assert_int_equal(n, n_before + ARRAY_SIZE(want));
	for (size_t i = 1; i < n; i++)
		assert_true(list[i - 1] < list[i]);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(has(list, n, want[i]));
		close(want[i]);
	}
}

static void fdinfo_of_a_file(void **state)
{
	struct fix *f = *state;
	autoclose fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct fdinfo fi;
	struct stat st;

	assert_int_equal(lseek(fd, 1234, SEEK_SET), 1234);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(proc_read_fdinfo(f->a, f->dir, fd, &fi), 0);
	assert_int_equal(fi.pos, 1234);
	assert_int_equal(fi.flags & ~0100000, O_CLOEXEC | O_NONBLOCK);	/* O_LARGEFILE */
	assert_true(fi.mnt_id > 0);
	if (fi.ino)
		assert_int_equal(fi.ino, st.st_ino);
	assert_int_equal(proc_read_fdinfo(f->a, f->dir, 999999, &fi), -ENOENT);
}

static void fdinfo_of_others(void **state)
{
	struct fix *f = *state;
	autoclose ev = eventfd(0xabc, EFD_CLOEXEC);
	autoclose ep = epoll_create1(EPOLL_CLOEXEC);
	autoclose in = inotify_init1(IN_CLOEXEC);
	struct epoll_event e = { .events = EPOLLIN };
	struct fdinfo fi;
	uint64_t v;

	assert_int_equal(proc_read_fdinfo(f->a, f->dir, ev, &fi), 0);
	assert_int_equal(fdinfo_u64(&fi, "eventfd-count", 16, &v), 0);
	assert_int_equal(v, 0xabc);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e), 0);
	assert_int_equal(proc_read_fdinfo(f->a, f->dir, ep, &fi), 0);
	assert_int_equal(fdinfo_u64(&fi, "tfd", 10, &v), 0);
	assert_int_equal(v, ev);
	assert_true(inotify_add_watch(in, "/", IN_CREATE) > 0);
	assert_int_equal(proc_read_fdinfo(f->a, f->dir, in, &fi), 0);
	assert_non_null(fdinfo_get(&fi, "inotify"));
	assert_memory_equal(fdinfo_get(&fi, "inotify"), "wd:1 ", 5);
}

/* Longer than what is read on the stack. */
static void long_fdinfo(void **state)
{
	struct fix *f = *state;
	autoclose ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e = { .events = EPOLLIN };
	int fds[200];
	struct fdinfo fi;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC);
		assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e), 0);
	}
	assert_int_equal(proc_read_fdinfo(f->a, f->dir, ep, &fi), 0);
	for (size_t i = 0; i < fi.n_lines; i++)
		n += !strcmp(fi.lines[i].key, "tfd");
	assert_int_equal(n, ARRAY_SIZE(fds));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void semaphores(void **state)
{
	static const char head[] = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n";
	static const char rows[] = "         0          0   600          2     0     0     0     0          0 1795387672\n"
				   "-123456789      65537   666      32000  1000  1000     0     0 1795387673 1795387672\n";
	static const char *const bad[] = { "", "key", " 1 2\n", "0 -1 600 2 0 0 0 0 0 1\n", "0 1 600 -2 0 0 0 0 0 1\n", "x\n" };
	struct fix *f = *state;
	char text[sizeof(head) + sizeof(rows)];
	struct proc_semset *sets;
	size_t n;

	snprintf(text, sizeof(text), "%s%s", head, rows);
	assert_int_equal(proc_parse_semaphores(f->a, text, strlen(text), &sets, &n), 0);
	assert_int_equal(n, 2);
	assert_true(sets[0].id == 0 && sets[0].n == 2 && sets[0].used_at == 0);
	assert_true(sets[1].id == 65537 && sets[1].n == 32000 && sets[1].used_at == 1795387673);
	assert_int_equal(proc_parse_semaphores(f->a, head, strlen(head), &sets, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(proc_parse_semaphores(f->a, "", 0, &sets, &n), -EINVAL);
	for (size_t i = 1; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "%s%s", head, bad[i]);
		assert_int_equal(proc_parse_semaphores(f->a, text, strlen(text), &sets, &n), -EINVAL);
	}
	assert_int_equal(proc_read_semaphores(f->a, &sets, &n), 0);
}

/* A link that is kept tells what holds now, and of a task that is gone what its name tells. */
static void kept_links(void **state)
{
	int dir = proc_open(getpid()), pipefd[2];
	char before[4096] = "", text[4096] = "";
	pid_t child;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	proc_keep_link(dir, "cwd");
	assert_int_equal(proc_read_link_into(dir, "cwd", text, sizeof(text)), strlen(before));
	assert_memory_equal(text, before, strlen(before));
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(proc_read_link_into(dir, "cwd", text, sizeof(text)), 1);
	assert_int_equal(text[0], '/');
	assert_int_equal(chdir(before), 0);
	assert_true(proc_read_link_into(dir, "root", text, sizeof(text)) > 0);	/* not kept */
	proc_close(dir);

	assert_int_equal(pipe(pipefd), 0);
	child = fork();
	if (child == 0) {
		close(pipefd[1]);
		_exit(read(pipefd[0], text, 1) < 0);
	}
	close(pipefd[0]);
	dir = proc_open(child);
	proc_keep_link(dir, "ns/net");
	assert_true(proc_read_link_into(dir, "ns/net", text, sizeof(text)) > 0);
	close(pipefd[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(proc_read_link_into(dir, "ns/net", text, sizeof(text)), -1);
	assert_true(errno == ENOENT || errno == ESRCH);
	proc_close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_address_space), cmocka_unit_test(odd_file_names),
		cmocka_unit_test(files_of_the_kernel), cmocka_unit_test(advice), cmocka_unit_test(many_vmas),
		cmocka_unit_test(threads_and_their_children), cmocka_unit_test(many_children),
		cmocka_unit_test(descriptors), cmocka_unit_test(fdinfo_of_a_file),
		cmocka_unit_test(fdinfo_of_others), cmocka_unit_test(long_fdinfo),
		cmocka_unit_test(semaphores), cmocka_unit_test(kept_links),
	};

	return cmocka_run_group_tests_name("proc_lists", tests, setup, teardown);
}
