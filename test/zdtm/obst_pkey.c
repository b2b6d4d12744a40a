/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pkey.c - obstacle: a thread that may write to no memory but such as has a protection key. */
/* zdtm: obstacle=task.protection-key */
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include "obst.h"

static uint32_t inside, done;

/* Until `done` nothing is written: the stack has no key. */
static void *run(void *arg)
{
	unsigned rights;

	/* The kernel would write into it at any time, and kill. */
	if (__rseq_size)
		must(syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	__asm__ volatile("xor %%ecx, %%ecx; rdpkru" : "=a"(rights) : : "ecx", "edx");
	__atomic_store_n(&inside, 1, __ATOMIC_SEQ_CST);
	__asm__ volatile("xor %%ecx, %%ecx; xor %%edx, %%edx; mov %1, %%eax; or $2, %%eax; wrpkru;"
			 "1: pause; cmpl $0, %0; je 1b; mov %1, %%eax; wrpkru"
			 : : "m"(done), "r"(rights) : "eax", "ecx", "edx", "memory");
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	need(pkey_alloc(0, 0), "no protection keys");
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&inside, __ATOMIC_SEQ_CST))
		;
	test_daemon();
	test_waitsig();
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	test_join(thread);
	pass();
}
