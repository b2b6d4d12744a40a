/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_pkey.c - protection keys: which are allocated, and each thread's rights (PKRU). */
#include <sys/mman.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { KEYS = 3 };

static const unsigned int main_rights[KEYS] = { 0, PKEY_DISABLE_WRITE, PKEY_DISABLE_ACCESS };
static const unsigned int thread_rights[KEYS] = { PKEY_DISABLE_ACCESS, 0, PKEY_DISABLE_WRITE };
static int keys[KEYS];
static uint32_t done;
static pid_t tid;

static void set(const unsigned int *rights)
{
	for (int i = 0; i < KEYS; i++)
		must(pkey_set(keys[i], rights[i]));
}

static void verify(const char *who, const unsigned int *rights)
{
	for (int i = 0; i < KEYS; i++)
		check(pkey_get(keys[i]) == (int)rights[i], "%s: rights of key %d are %d, not %u",
		      who, keys[i], pkey_get(keys[i]), rights[i]);
}

static void *run(void *arg)
{
	set(thread_rights);
	__atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
	event_wait(&done);
	verify("thread", thread_rights);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int next;

	test_init(argc, argv);
	for (int i = 0; i < KEYS; i++) {
		keys[i] = pkey_alloc(0, 0);
		if (keys[i] < 0)
			skip("no protection keys: %s", strerror(errno));
	}
	next = must(pkey_alloc(0, 0));
	must(pkey_free(next));
	set(main_rights);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		;
	wait_syscall(tid, SYS_futex);
	test_daemon();
	test_waitsig();
	verify("main", main_rights);
	event_set(&done);
	test_join(thread);
	check(pkey_alloc(0, 0) == next, "the allocated keys are not what they were");
	pass();
}
