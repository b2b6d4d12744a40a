/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.c - children, threads, events between them, and waiting until a task is where it should be. */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "zdtm.h"

pid_t test_fork(void)
{
	return must(fork());
}

pid_t test_child(void (*fn)(long), long arg)
{
	pid_t child = test_fork();

	if (!child) {
		fn(arg);
		_exit(0);
	}
	wait_syscall(child, SYS_futex);
	return child;
}

void test_reap(pid_t child, int status)
{
	int got;

	check(must(waitpid(child, &got, __WALL)) == child, "waitpid of %d gave another child", child);
	check(got == status, "child %d has wait status %#x, not %#x", child, got, status);
}

void test_end(pid_t child)
{
	must(kill(child, SIGTERM));
	test_reap(child, 0);
}

static pthread_t create(void *(*fn)(void *), void *arg)
{
	pthread_t thread;
	sigset_t block, old;
	int ret;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &block, &old);
	ret = pthread_create(&thread, NULL, fn, arg);
	check(!ret, "pthread_create: %s", strerror(ret));
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return thread;
}

struct start {
	void *(*fn)(void *);
	void *arg;
	pid_t tid;
	uint32_t told;
};

static void *start_thread(void *arg)
{
	struct start start = *(struct start *)arg;

	/* The starter may have freed it by the time of the wake-up, which touches no memory. */
	((struct start *)arg)->tid = gettid();
	event_set(&((struct start *)arg)->told);
	return start.fn(start.arg);
}

/* Returns when fn runs: until then, the C library has all signals blocked in the new thread. */
pthread_t test_thread_tid(pid_t *tid, void *(*fn)(void *), void *arg)
{
	struct start *start = malloc(sizeof(*start));
	pthread_t thread;

	check(start, "out of memory");
	*start = (struct start){ .fn = fn, .arg = arg };
	thread = create(start_thread, start);
	event_wait(&start->told);
	*tid = start->tid;
	free(start);
	return thread;
}

pthread_t test_thread(void *(*fn)(void *), void *arg)
{
	pid_t tid;

	return test_thread_tid(&tid, fn, arg);
}

pthread_t test_thread_in(long nr, void *(*fn)(void *), void *arg)
{
	pid_t tid;
	pthread_t thread = test_thread_tid(&tid, fn, arg);

	wait_syscall(tid, nr);
	return thread;
}

void *test_join(pthread_t thread)
{
	void *value;
	int ret = pthread_join(thread, &value);

	check(!ret, "pthread_join: %s", strerror(ret));
	return value;
}

/* Reads /proc/TID/NAME into buf as a string; the length. */
static size_t read_proc(pid_t tid, const char *name, char *buf, size_t size)
{
	char path[64];
	size_t have = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	fd = must(open(path, O_RDONLY | O_CLOEXEC));
	while (have < size - 1 && (n = must(read(fd, buf + have, size - 1 - have))) > 0)
		have += n;
	buf[have] = '\0';
	must(close(fd));
	return have;
}

void wait_state(pid_t tid, char state)
{
	char buf[1024], *paren;

	for (;;) {
		read_proc(tid, "stat", buf, sizeof(buf));
		paren = strrchr(buf, ')');
		check(paren && paren[1], "cannot read /proc/%d/stat", tid);
		if (paren[2] == state)
			return;
		sched_yield();
	}
}

/* A task that runs shows "running"; one that has blocked shows the number of its call (proc(5)). */
void wait_syscall(pid_t tid, long nr)
{
	char buf[256], *end;
	long now;

	for (;;) {
		read_proc(tid, "syscall", buf, sizeof(buf));
		now = strtol(buf, &end, 10);
		if (end > buf && (now == nr || now == SYS_restart_syscall))
			return;
		sched_yield();
	}
}

uint64_t task_status(pid_t tid, const char *field, int base)
{
	char buf[8192], key[64], *at;

	buf[0] = '\n';
	read_proc(tid, "status", buf + 1, sizeof(buf) - 1);
	snprintf(key, sizeof(key), "\n%s:", field);
	at = strstr(buf, key);
	check(at, "/proc/%d/status has no %s", tid, field);
	return strtoull(at + strlen(key), NULL, base);
}

int futex_wait(uint32_t *word, uint32_t val)
{
	return syscall(SYS_futex, word, FUTEX_WAIT, val, NULL) < 0 ? -errno : 0;
}

int futex_wake(uint32_t *word, int n)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, n) < 0 ? -errno : 0;
}

void event_set(uint32_t *event)
{
	__atomic_store_n(event, 1, __ATOMIC_RELEASE);
	futex_wake(event, INT_MAX);
}

/* EINTR is fine here: the SIGTERM handler is installed without SA_RESTART. */
void event_wait(uint32_t *event)
{
	while (!__atomic_load_n(event, __ATOMIC_ACQUIRE))
		futex_wait(event, 0);
}
