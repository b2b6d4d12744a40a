/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_gs_base.c - gs base set with arch_prctl, in two threads, and fs base, by way of TLS variables. */
#include <asm/prctl.h>
#include <sys/syscall.h>
#include "zdtm.h"

static __thread uint64_t tls_value = 1;
static uint64_t main_area = 0x1111222233334444, thread_area = 0x5555666677778888;
static uint32_t done;
static pid_t tid;

static void set_gs(uint64_t *base)
{
	must(syscall(SYS_arch_prctl, ARCH_SET_GS, base));
}

static void check_gs(const char *who, uint64_t *base)
{
	uint64_t value, got;

	must(syscall(SYS_arch_prctl, ARCH_GET_GS, &got));
	check(got == (uint64_t)base, "%s: gs base is %#lx, not %p", who, got, (void *)base);
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	check(value == *base, "%s: %%gs:0 is %#lx", who, value);
}

static void *run(void *arg)
{
	set_gs(&thread_area);
	tls_value = 2;
	__atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
	event_wait(&done);
	check_gs("thread", &thread_area);
	check(tls_value == 2, "thread: TLS variable is %lu", tls_value);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	set_gs(&main_area);
	tls_value = 3;
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		;
	wait_syscall(tid, SYS_futex);
	test_daemon();
	test_waitsig();
	check_gs("main", &main_area);
	check(tls_value == 3, "main: TLS variable is %lu", tls_value);
	event_set(&done);
	test_join(thread);
	pass();
}
