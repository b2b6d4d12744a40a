/* SPDX-License-Identifier: Apache-2.0 */
/* threads.c - a process with many threads that count.
 *
 *	threads N STATE
 *
 * Each thread keeps its count three times: in shared memory, in thread-local
 * storage and on its stack; they must always agree. The main thread writes the
 * smallest count to STATE, at a fixed offset of a file that stays open. SIGTERM
 * ends it: all threads are joined, and the status is 0 if every count was right.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct counter {
	pthread_t thread;
	atomic_ulong count;
	unsigned long id;
	const char *wrong;
};

static atomic_bool stop;
static __thread unsigned long local, local_id;

static void on_term(int sig)
{
	(void)sig;
	atomic_store(&stop, true);
}

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void *count(void *arg)
{
	struct counter *me = arg;
	pthread_t self = pthread_self();
	volatile unsigned long on_stack = 0;
	struct timespec pause = { .tv_nsec = 100 * 1000000 };

	local_id = me->id;
	while (!atomic_load(&stop)) {
		local++;
		on_stack++;
		atomic_fetch_add(&me->count, 1);
		if (nanosleep(&pause, NULL))
			me->wrong = "nanosleep was interrupted";
		if (local != on_stack || local != atomic_load(&me->count))
			me->wrong = "its three counts differ";
		if (local_id != me->id || !pthread_equal(pthread_self(), self))
			me->wrong = "it took itself for another thread";
	}
	return (void *)local;
}

static struct counter *start(unsigned long n)
{
	struct counter *all = calloc(n, sizeof(*all));
	pthread_attr_t attr;
	sigset_t term, old;

	if (!all || pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, 65536))
		return NULL;
	/* The signal that ends it all is the main thread's. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, &old);
	for (unsigned long i = 0; i < n; i++) {
		all[i].id = i;
		errno = pthread_create(&all[i].thread, &attr, count, &all[i]);
		if (errno)
			return NULL;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return all;
}

static int report(int fd, struct counter *all, unsigned long n)
{
	unsigned long least = ULONG_MAX;
	char line[32];

	for (unsigned long i = 0; i < n; i++) {
		unsigned long c = atomic_load(&all[i].count);

		least = c < least ? c : least;
	}
	snprintf(line, sizeof(line), "%20lu\n", least);
	return pwrite(fd, line, strlen(line), 0) == (ssize_t)strlen(line) ? 0 : -1;
}

static int finish(struct counter *all, unsigned long n)
{
	int status = 0;

	for (unsigned long i = 0; i < n; i++) {
		void *last = NULL;

		if (pthread_join(all[i].thread, &last) || (unsigned long)last != atomic_load(&all[i].count))
			all[i].wrong = "it ended with another count";
		if (all[i].wrong) {
			fprintf(stderr, "thread %lu: %s\n", i, all[i].wrong);
			status = 1;
		}
	}
	return status;
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_term };
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	int fd = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
	struct counter *all;

	if (!n || fd < 0) {
		fprintf(stderr, "usage: threads N STATE\n");
		return 2;
	}
	sigaction(SIGTERM, &act, NULL);
	all = start(n);
	if (!all) {
		perror("threads");
		return 1;
	}
	while (!atomic_load(&stop)) {
		if (report(fd, all, n)) {
			perror(argv[2]);
			return 1;
		}
		nap(20);
	}
	return finish(all, n);
}
