/* SPDX-License-Identifier: Apache-2.0 */
/* sys_futex.c - threads that wait on futexes: without timeout, with a relative and an absolute one. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include "zdtm.h"

#define STEP 30000000UL

static uint32_t never, words[2];
static pid_t tids[2];

static void *forever(void *arg)
{
	uint32_t *word = arg;
	int op = word == &words[0] ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE;

	tids[word - words] = gettid();
	check(!syscall(SYS_futex, word, op, 0, NULL), "futex wait: %s", strerror(errno));
	check(*word == 1, "woken too early");
	return NULL;
}

static void *relative(void *arg)
{
	struct timespec ts = { .tv_nsec = STEP };

	while (test_go()) {
		uint64_t start = test_now();

		check(syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, &ts) == -1, "futex wait was woken");
		check(errno == ETIMEDOUT, "futex wait, relative: %s", strerror(errno));
		check(test_now() - start >= STEP, "futex wait timed out after %lu ns", test_now() - start);
	}
	return arg;
}

static void *absolute(void *arg)
{
	while (test_go()) {
		uint64_t until = test_now() + STEP;
		struct timespec ts = { until / 1000000000, until % 1000000000 };

		check(syscall(SYS_futex, &never, FUTEX_WAIT_BITSET_PRIVATE, 0, &ts, NULL, 1) == -1,
		      "futex wait was woken");
		check(errno == ETIMEDOUT, "futex wait, absolute: %s", strerror(errno));
		check(test_now() >= until, "futex wait timed out %lu ns too early", until - test_now());
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];

	test_init(argc, argv);
	threads[0] = test_thread_in(SYS_futex, forever, &words[0]);
	threads[1] = test_thread_in(SYS_futex, forever, &words[1]);
	threads[2] = test_thread_in(SYS_futex, relative, NULL);
	threads[3] = test_thread_in(SYS_futex, absolute, NULL);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < 2; i++) {
		wait_syscall(tids[i], SYS_futex);
		words[i] = 1;
		check(syscall(SYS_futex, &words[i], i ? FUTEX_WAKE_PRIVATE : FUTEX_WAKE, 1) == 1,
		      "nobody waits on futex %d", i);
	}
	for (int i = 0; i < 4; i++)
		test_join(threads[i]);
	pass();
}
