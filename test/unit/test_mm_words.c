/* SPDX-License-Identifier: Apache-2.0 */
/* test_mm_words.c - what iterators and words tell of mappings is what smaps tells. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../src/kind/mm_words.h"
#include "arena.h"
#include "cleanup.h"
#include "proc.h"

#define PAGE 4096ul
#define MANY 3000		/* VMAs: more than one read of an iterator tells of */
#define THREADS 700		/* likewise */

struct fix { struct arena *a; struct words *w; int program[BPF_ITERS]; pid_t child; };

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->a = arena_new();
	f->w = f->a ? words_new(f->a) : NULL;
	f->program[0] = f->program[1] = -1;
	bpf_iter_load(f->program);
	*state = f;
	return f->w ? 0 : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	if (f->child) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	bpf_iter_close(f->program);
	arena_free(f->a);
	free(f);
	return 0;
}

/* A child that has prepared itself, and waits. */
static void start(struct fix *f, void (*prepare)(void))
{
	int ready[2];
	char c;

	if (f->program[0] < 0 || f->program[1] < 0)
		skip();		/* not permitted, or an older kernel */
	assert_int_equal(pipe(ready), 0);
	f->child = fork();
	if (!f->child) {
		prepare();
		if (write(ready[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static void read_vmas(struct fix *f, struct iter_vma **ret, size_t *ret_n)
{
	autoclose fd = bpf_iter_open(f->program[BPF_ITER_VMAS], BPF_ITER_VMAS, f->child);

	assert_true(fd >= 0);
	assert_int_equal(bpf_iter_read_vmas(f->a, fd, ret, ret_n), 0);
}

static void read_maps(struct fix *f, bool smaps, struct proc_vma **ret, size_t *ret_n)
{
	autoclose dir = proc_open(f->child);

	assert_int_equal(proc_read_maps(f->a, dir, smaps, ret, ret_n), 0);
}

static void map_one(int prot, int flags, int advice)
{
	char *p = mmap(NULL, 4 * PAGE, prot, flags, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	if (prot & PROT_WRITE)
		p[PAGE] = 1;
	if (advice)
		madvise(p, 2 * PAGE, advice);
	mprotect(p + 3 * PAGE, PAGE, PROT_NONE);
}

static void map_all_sorts(void)
{
	static const int advice[] = { 0, MADV_SEQUENTIAL, MADV_RANDOM, MADV_DONTFORK, MADV_DONTDUMP, MADV_WIPEONFORK, MADV_HUGEPAGE, MADV_NOHUGEPAGE };

	for (size_t i = 0; i < ARRAY_SIZE(advice); i++) {
		map_one(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, advice[i]);
		map_one(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, advice[i]);
	}
	map_one(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	map_one(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, 0);
	map_one(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0);
	map_one(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	map_one(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, 0);
}

static void map_many(void)
{
	char *p = mmap(NULL, MANY * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < MANY; i += 2)
		mprotect(p + i * PAGE, PAGE, PROT_NONE);
}

/* How many VMAs the child has, of which all is told alike. */
static size_t compare(struct fix *f, void (*prepare)(void))
{
	struct proc_vma *maps, *smaps;
	struct iter_vma *iter;
	size_t n, n_smaps, n_iter, told;

	start(f, prepare);
	read_vmas(f, &iter, &n_iter);
	read_maps(f, true, &smaps, &n_smaps);
	read_maps(f, false, &maps, &n);
	assert_int_equal(n, n_smaps);
	words_learn(f->w, iter, n_iter, smaps, n_smaps);
	assert_true(words_apply(f->w, iter, n_iter, maps, n));
	told = n_iter;
	for (size_t i = 0; i < n; i++) {
		if (maps[i].type == VMA_VSYSCALL) {
			told++;		/* only maps have it */
			continue;
		}
		assert_int_equal(maps[i].flags, smaps[i].flags);
		assert_int_equal(maps[i].key, smaps[i].key);
		assert_true(maps[i].rss >= smaps[i].rss);
		assert_true(maps[i].anonymous >= smaps[i].anonymous || maps[i].shared);
	}
	assert_int_equal(told, n);
	return n_iter;
}

static void same_as_smaps(void **state)
{
	compare(*state, map_all_sorts);
}

static void more_than_one_read(void **state)
{
	assert_true(compare(*state, map_many) > MANY);
}

/* Those of ckpt itself are enough for a process that has nothing special. */
static void own_are_enough(void **state)
{
	struct fix *f = *state;
	struct iter_vma *iter;
	struct proc_vma *maps;
	size_t n, n_maps;
	autoclose self = f->program[BPF_ITER_VMAS] < 0 ? -1 :
		bpf_iter_open(f->program[BPF_ITER_VMAS], BPF_ITER_VMAS, getpid());

	start(f, map_many);
	words_learn_own(f->w, f->a, self);
	read_vmas(f, &iter, &n);
	read_maps(f, false, &maps, &n_maps);
	assert_true(words_apply(f->w, iter, n, maps, n_maps));
}

static const struct iter_vma iter_two[] = { { 0x1000, 0x2000, 0x70, 0 }, { 0x2000, 0x4000, 0x73, 1 } };

static void two(struct proc_vma ret[2], uint64_t flags0, uint64_t flags1)
{
	memset(ret, 0, 2 * sizeof(*ret));
	ret[0] = (struct proc_vma){ .start = 0x1000, .end = 0x2000, .flags = flags0 };
	ret[1] = (struct proc_vma){ .start = 0x2000, .end = 0x4000, .flags = flags1, .key = 5 };
}

static void unknown_words(void **state)
{
	struct fix *f = *state;
	struct proc_vma v[2];

	two(v, 1, 3);
	words_learn(f->w, iter_two, 1, v, 1);
	two(v, 0, 0);
	assert_true(words_apply(f->w, iter_two, 1, v, 1));
	assert_false(words_apply(f->w, iter_two, 2, v, 2));	/* a word that was not met */
	two(v, 1, 3);
	words_learn(f->w, iter_two, 2, v, 2);
	two(v, 0, 0);
	assert_true(words_apply(f->w, iter_two, 2, v, 2));
	assert_int_equal(v[0].flags, 1);
	assert_int_equal(v[0].anonymous, 0);
	assert_int_equal(v[1].flags, 3);
	assert_int_equal(v[1].key, 5);
	assert_int_equal(v[1].anonymous, 0x2000);
	assert_false(words_apply(f->w, iter_two, 1, v, 2));	/* a VMA that the iterator does not have */
	v[1].end = 0x3000;
	assert_false(words_apply(f->w, iter_two, 2, v, 2));	/* or has otherwise */
}

static void two_meanings(void **state)
{
	struct fix *f = *state;
	struct proc_vma v[2];

	two(v, 1, 3);
	words_learn(f->w, iter_two, 2, v, 2);
	two(v, 1, 2);
	words_learn(f->w, iter_two, 2, v, 2);
	assert_false(words_apply(f->w, iter_two, 2, v, 2));
}

static void *wait_here(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void make_threads(void)
{
	pthread_t t;

	for (int i = 1; i < THREADS; i++)
		if (pthread_create(&t, NULL, wait_here, NULL) != 0)
			_exit(1);
}

static void leave_namespace(void)
{
	if (unshare(CLONE_NEWUTS) < 0)
		_exit(1);
}

static struct iter_task *read_tasks(struct fix *f, pid_t pid, size_t expected, size_t *ret_n)
{
	autoclose fd = bpf_iter_open(f->program[BPF_ITER_TASKS], BPF_ITER_TASKS, pid);
	struct iter_task *list = NULL;

	assert_true(fd >= 0);
	assert_int_equal(bpf_iter_read_tasks(f->a, fd, expected, &list, ret_n), 0);
	return list;
}

static void threads(void **state)
{
	struct fix *f = *state;
	struct iter_task *own, *list;
	size_t n;

	start(f, make_threads);
	own = read_tasks(f, getpid(), 1, &n);
	assert_int_equal(n, 1);
	list = read_tasks(f, f->child, THREADS, &n);
	assert_int_equal(n, THREADS);
	for (size_t i = 0; i < n; i++) {
		assert_true(list[i].nsproxy && list[i].nsproxy == own->nsproxy);
		assert_true(list[i].user_ns && list[i].user_ns == own->user_ns);
	}
	for (size_t i = 1; i < n; i++) {
		assert_true(list[i].creds && list[i].creds == list[0].creds);
		assert_true(list[i].flags == list[0].flags && !list[i].pending && !list[i].seccomp);
		for (size_t k = 0; k < i; k++)
			assert_true(list[i].id != list[k].id);
	}
	read_tasks(f, f->child, THREADS - 1, &n);
	assert_int_equal(n, THREADS);
	/* More than one read(2) gives; and none of them twice where more are looked for. */
	read_tasks(f, f->child, THREADS + 10, &n);
	assert_int_equal(n, THREADS);
}

static pthread_barrier_t different;

static void *be_different(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_kill(pthread_self(), SIGUSR2);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	pthread_barrier_wait(&different);
	return wait_here(unused);
}

static void make_different(void)
{
	pthread_t t;

	pthread_barrier_init(&different, NULL, 2);
	if (pthread_create(&t, NULL, be_different, NULL) != 0)
		_exit(1);
	pthread_barrier_wait(&different);
}

static void differences(void **state)
{
	struct fix *f = *state;
	struct iter_task *list;
	size_t n;

	start(f, make_different);
	list = read_tasks(f, f->child, 2, &n);
	assert_int_equal(n, 2);
	assert_true(list[0].flags != list[1].flags);
	assert_int_equal(list[0].pending, 0);
	assert_int_equal(list[1].pending, 1ull << (SIGUSR2 - 1));
}

static void other_namespace(void **state)
{
	struct fix *f = *state;
	size_t n;

	start(f, leave_namespace);
	assert_true(read_tasks(f, f->child, 1, &n)->nsproxy != read_tasks(f, getpid(), 1, &n)->nsproxy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_as_smaps, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_one_read, setup, teardown),
		cmocka_unit_test_setup_teardown(own_are_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_words, setup, teardown),
		cmocka_unit_test_setup_teardown(two_meanings, setup, teardown),
		cmocka_unit_test_setup_teardown(threads, setup, teardown),
		cmocka_unit_test_setup_teardown(differences, setup, teardown),
		cmocka_unit_test_setup_teardown(other_namespace, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
