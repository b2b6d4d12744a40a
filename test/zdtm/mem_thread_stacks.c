/* SPDX-License-Identifier: Apache-2.0 */
/* mem_thread_stacks.c - deep stacks of eight threads, each blocked at its bottom. */
#include "vma.h"

enum { THREADS = 8, FRAME = 4096, DEEP = 128, DEEPER = 256 };

static uint32_t deep[THREADS], go;

static __attribute__((noinline)) void descend(uint32_t thread, uint32_t depth)
{
	char frame[FRAME];

	test_datagen(frame, sizeof(frame), thread * 1000 + depth);
	if (depth == DEEP) {
		event_set(&deep[thread]);
		event_wait(&go);
	}
	if (depth < DEEPER)
		descend(thread, depth + 1);
	check(test_datachk(frame, sizeof(frame), thread * 1000 + depth) < 0, "thread %u: frame %u changed",
	      thread, depth);
}

static void *run(void *arg)
{
	descend((uintptr_t)arg, 0);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	test_init(argc, argv);
	for (size_t i = 0; i < THREADS; i++)
		thread[i] = test_thread(run, (void *)i);
	for (size_t i = 0; i < THREADS; i++)
		event_wait(&deep[i]);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	event_set(&go);
	for (size_t i = 0; i < THREADS; i++)
		check(test_join(thread[i]) == (void *)i, "thread %zu returned something else", i);
	pass();
}
