/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_rseq.c - restartable sequences stay registered, in two threads: the kernel keeps cpu_id up to date. */
#include <sched.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include "zdtm.h"

static struct rseq other __attribute__((aligned(64)));
static uint32_t done;
static pid_t tid;

static struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static uint32_t cpu_id(void)
{
	return *(volatile uint32_t *)&area()->cpu_id;
}

static void verify(const char *who)
{
	cpu_set_t all, one;

	must(sched_getaffinity(0, sizeof(all), &all));
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		must(sched_setaffinity(0, sizeof(one), &one));
		check(cpu_id() == cpu, "%s: on cpu %u, cpu_id says %u", who, cpu, cpu_id());
	}
	must(sched_setaffinity(0, sizeof(all), &all));
	/* A task has one area at most (rseq(2)); were it gone, this would succeed. */
	check(syscall(SYS_rseq, &other, sizeof(other), 0, RSEQ_SIG) == -1 && errno == EINVAL,
	      "%s: another area can be registered", who);
}

static void *run(void *arg)
{
	verify("thread, before");
	__atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
	event_wait(&done);
	verify("thread");
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	if (!__rseq_size || (int)cpu_id() < 0)
		skip("the C library has registered no rseq area");
	verify("main, before");
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		;
	wait_syscall(tid, SYS_futex);
	test_daemon();
	test_waitsig();
	verify("main");
	event_set(&done);
	test_join(thread);
	pass();
}
