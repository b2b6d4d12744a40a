/* SPDX-License-Identifier: Apache-2.0 */
/* sig_altstack.c - alternate signal stacks: idle, in use, and with SS_AUTODISARM. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

enum { SIZE = 64 * 1024, THREADS = 3 };

static char stacks[THREADS][SIZE] __attribute__((aligned(16)));
static const int sizes[THREADS] = { SIZE, SIZE - 4096, SIZE - 8192 };
static const unsigned int flags[THREADS] = { 0, 0, SS_AUTODISARM };
static uint32_t done;
static __thread int me;
static __thread volatile sig_atomic_t handled;

static void check_stack(const char *when, unsigned int in_use)
{
	stack_t ss;

	must(sigaltstack(NULL, &ss));
	check(ss.ss_sp == stacks[me], "thread %d, %s: stack at %p", me, when, ss.ss_sp);
	check(ss.ss_size == (size_t)sizes[me], "thread %d, %s: size %zu", me, when, ss.ss_size);
	check((unsigned int)ss.ss_flags == (flags[me] | in_use), "thread %d, %s: flags %#x", me, when, ss.ss_flags);
}

static bool on_stack(void)
{
	char *here = __builtin_frame_address(0);

	return here >= stacks[me] && here < stacks[me] + sizes[me];
}

static void on_usr1(int sig)
{
	(void)sig;
	check(on_stack(), "thread %d: the handler is on another stack", me);
	handled = 1;
}

static void on_usr2(int sig)
{
	stack_t ss;

	(void)sig;
	check(on_stack(), "thread %d: the handler is on another stack", me);
	event_wait(&done);
	if (flags[me] & SS_AUTODISARM) {
		must(sigaltstack(NULL, &ss));
		check(ss.ss_flags == SS_DISABLE, "SS_AUTODISARM: flags %#x in the handler", ss.ss_flags);
	} else {
		check_stack("in the handler", SS_ONSTACK);
	}
}

static void *run(void *arg)
{
	stack_t ss;

	me = (long)arg;
	ss = (stack_t){ .ss_sp = stacks[me], .ss_size = sizes[me], .ss_flags = flags[me] };
	must(sigaltstack(&ss, NULL));
	if (me == 0)
		event_wait(&done);
	else
		must(tgkill(getpid(), gettid(), SIGUSR2));	/* waits in the handler */
	check_stack("at the end", 0);
	must(tgkill(getpid(), gettid(), SIGUSR1));
	check(handled, "thread %d: the last handler did not run", me);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction usr1 = { .sa_handler = on_usr1, .sa_flags = SA_ONSTACK };
	struct sigaction usr2 = { .sa_handler = on_usr2, .sa_flags = SA_ONSTACK };
	pthread_t threads[THREADS];

	test_init(argc, argv);
	must(sigaction(SIGUSR1, &usr1, NULL));
	must(sigaction(SIGUSR2, &usr2, NULL));
	for (long i = 0; i < THREADS; i++)
		threads[i] = test_thread_in(SYS_futex, run, (void *)i);
	test_daemon();
	test_waitsig();
	event_set(&done);
	for (int i = 0; i < THREADS; i++)
		test_join(threads[i]);
	pass();
}
