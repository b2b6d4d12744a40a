/* SPDX-License-Identifier: Apache-2.0 */
/* witness.c - a process that watches the clock, to see for how long it was frozen.
 *
 *	witness STATE tiny | small MIB | huge MIB | threads N | processes N
 *
 * Its first thread reads the clock in a tight loop; the largest step between
 * two readings is the freeze, as a program sees it. It is told what to do, and
 * tells what it saw, through words of the file STATE, which is mapped shared.
 * small, huge: with memory in 4 KiB or in huge pages, each page different.
 * threads, processes: N in all, the others blocked.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* scripts/bench knows this order. A request is a new number in the first word, the answer the same in the second. */
struct state {
	atomic_ulong ready, loops;
	atomic_ulong gap_ns;			/* the largest since the last reset */
	atomic_ulong ask_reset, did_reset;
	atomic_ulong ask_check, did_check;	/* is the memory what it was? */
	atomic_ulong wrong;			/* words of it that are not */
};

struct memory {
	uint64_t *words;
	size_t n;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Mixes i so that no two words, and no two pages, are alike (splitmix64). */
static uint64_t content(uint64_t i)
{
	uint64_t z = (i + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int make_memory(struct memory *m, size_t mib, int advice)
{
	size_t len = mib << 20, huge = 2 << 20;
	char *area = mmap(NULL, len + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *aligned;

	if (area == MAP_FAILED)
		return -1;
	aligned = (char *)(((uintptr_t)area + huge - 1) & ~(uintptr_t)(huge - 1));
	if (aligned > area)
		munmap(area, (size_t)(aligned - area));
	munmap(aligned + len, (size_t)(area + huge - aligned));
	if (madvise(aligned, len, advice))
		return -1;
	m->words = (uint64_t *)aligned;
	m->n = len / sizeof(*m->words);
	for (size_t i = 0; i < m->n; i++)
		m->words[i] = content(i);
	return 0;
}

static unsigned long count_wrong(const struct memory *m)
{
	unsigned long wrong = 0;

	for (size_t i = 0; i < m->n; i++)
		wrong += m->words[i] != content(i);
	return wrong;
}

static void *block(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int make_threads(unsigned long n)
{
	pthread_t thread;

	for (unsigned long i = 1; i < n; i++)
		if (pthread_create(&thread, NULL, block, NULL))
			return -1;
	return 0;
}

static int make_processes(unsigned long n)
{
	for (unsigned long i = 1; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -1;
		if (pid == 0)
			block(NULL);
	}
	return 0;
}

static void watch(struct state *s, const struct memory *m)
{
	uint64_t last = now_ns();

	for (;;) {
		uint64_t now = now_ns();

		if (now - last > s->gap_ns)
			s->gap_ns = now - last;
		s->loops++;
		if (s->ask_reset != s->did_reset) {
			s->gap_ns = 0;
			s->did_reset = s->ask_reset;
		}
		if (s->ask_check != s->did_check) {
			s->wrong = count_wrong(m);
			s->did_check = s->ask_check;
			now = now_ns();
		}
		last = now;
	}
}

static struct state *map_state(const char *path)
{
	struct state *s;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*s)))
		return NULL;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return s == MAP_FAILED ? NULL : s;
}

static int set_up(struct memory *m, const char *mode, unsigned long n)
{
	if (!strcmp(mode, "tiny"))
		return 0;
	if (!strcmp(mode, "small"))
		return make_memory(m, n, MADV_NOHUGEPAGE);
	if (!strcmp(mode, "huge"))
		return make_memory(m, n, MADV_HUGEPAGE);
	if (!strcmp(mode, "threads"))
		return make_threads(n);
	if (!strcmp(mode, "processes"))
		return make_processes(n);
	fprintf(stderr, "witness: no mode %s\n", mode);
	return -1;
}

int main(int argc, char **argv)
{
	struct memory m = { 0 };
	struct state *s;

	if (argc < 3) {
		fprintf(stderr, "usage: witness STATE tiny | small MIB | huge MIB | threads N | processes N\n");
		return 2;
	}
	s = map_state(argv[1]);
	if (!s || set_up(&m, argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 0)) {
		perror("witness");
		return 1;
	}
	s->ready = 1;
	watch(s, &m);
}
