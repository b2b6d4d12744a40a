/* SPDX-License-Identifier: Apache-2.0 */
/* mem_busy.c - threads that write all the time: no page falls back, no write is lost, no two pages tear. */
#include "vma.h"

enum { WRITERS = 2, PAGES = 256 };

static char *area[WRITERS];
static uint64_t turns[WRITERS];
static struct { _Alignas(4096) uint64_t count; } leader, follower;

/* In round r each page holds r until it is set to r + 1, in order. */
static void *write_pages(void *arg)
{
	size_t me = (uintptr_t)arg;

	for (uint64_t round = 0; test_go(); round++) {
		for (size_t i = 0; i < PAGES; i++) {
			volatile uint64_t *word = (uint64_t *)(area[me] + i * PAGE + (i * 8 + round * 8) % PAGE / 8 * 8);
			volatile uint64_t *seen = (uint64_t *)(area[me] + i * PAGE);

			if (word != seen)
				*word = round;
			check(*seen == round, "writer %zu round %llu: page %zu has %llu", me,
			      (unsigned long long)round, i, (unsigned long long)*seen);
			*seen = round + 1;
		}
		__atomic_store_n(&turns[me], round + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void *lead(void *arg)
{
	while (test_go())
		__atomic_add_fetch(&leader.count, 1, __ATOMIC_SEQ_CST);
	return arg;
}

/* Copies the leader's count, so it can never be ahead of it. */
static void *follow(void *arg)
{
	uint64_t mine, theirs;

	while (test_go()) {
		mine = __atomic_load_n(&follower.count, __ATOMIC_SEQ_CST);
		theirs = __atomic_load_n(&leader.count, __ATOMIC_SEQ_CST);
		check(mine <= theirs, "follower is at %llu, leader at %llu", (unsigned long long)mine,
		      (unsigned long long)theirs);
		__atomic_store_n(&follower.count, theirs, __ATOMIC_SEQ_CST);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread[WRITERS + 2];

	test_init(argc, argv);
	for (size_t i = 0; i < WRITERS; i++) {
		area[i] = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
		thread[i] = test_thread(write_pages, (void *)i);
	}
	thread[WRITERS] = test_thread(lead, NULL);
	thread[WRITERS + 1] = test_thread(follow, NULL);
	for (size_t i = 0; i < WRITERS; i++)
		while (!__atomic_load_n(&turns[i], __ATOMIC_ACQUIRE))
			sched_yield();
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < WRITERS + 2; i++)
		test_join(thread[i]);
	for (size_t i = 0; i < WRITERS; i++)
		for (size_t k = 0; k < PAGES; k++)
			check(*(uint64_t *)(area[i] + k * PAGE) == turns[i], "writer %zu: page %zu at the end", i, k);
	pass();
}
