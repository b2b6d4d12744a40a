/* SPDX-License-Identifier: Apache-2.0 */
/* task_robust_list.c - the owner of a robust mutex, a thread or a process, dies after the restore: the next one is told. */
#include <sys/syscall.h>
#include "zdtm.h"

static pthread_mutex_t of_thread, *of_child;
static uint32_t done;

static void init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check(!pthread_mutex_init(mutex, &attr), "cannot make a robust mutex");
}

static void *run(void *arg)
{
	check(!pthread_mutex_lock(&of_thread), "cannot lock");
	event_wait(&done);
	return arg;
}

static void child(long arg)
{
	(void)arg;
	check(!pthread_mutex_lock(of_child), "cannot lock");
	test_waitsig();
}

static void expect(const char *who, pthread_mutex_t *mutex, int want)
{
	int ret = pthread_mutex_trylock(mutex);

	check(ret == want, "%s: trylock says %s, not %s", who, strerror(ret), strerror(want));
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	test_init(argc, argv);
	of_child = test_shared(sizeof(*of_child));
	init(of_child);
	init(&of_thread);
	thread = test_thread_in(SYS_futex, run, NULL);
	pid = test_child(child, 0);
	test_daemon();
	test_waitsig();
	expect("thread", &of_thread, EBUSY);
	expect("child", of_child, EBUSY);
	event_set(&done);
	test_join(thread);
	test_end(pid);
	expect("thread", &of_thread, EOWNERDEAD);
	expect("child", of_child, EOWNERDEAD);
	pass();
}
