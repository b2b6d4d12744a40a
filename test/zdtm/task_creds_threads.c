/* SPDX-License-Identifier: Apache-2.0 */
/* task_creds_threads.c - threads of one process with different credentials. */
/* zdtm: flags=nouser */
#include <sys/syscall.h>
#include "zdtm.h"

enum { THREADS = 3 };

static uint32_t done;

static void *run(void *arg)
{
	long id = (long)arg, r, e, s;
	uint32_t ids[3];
	gid_t group = id * 10;

	/* The system calls: glibc would change all threads. */
	must(syscall(SYS_setgroups, 1, &group));
	must(syscall(SYS_setresgid, id + 1, id + 2, id + 3));
	must(syscall(SYS_setresuid, id + 4, id + 5, id + 6));
	event_wait(&done);
	must(syscall(SYS_getresgid, &ids[0], &ids[1], &ids[2]));
	r = ids[0], e = ids[1], s = ids[2];
	check(r == id + 1 && e == id + 2 && s == id + 3, "thread %ld: gids %ld %ld %ld", id, r, e, s);
	must(syscall(SYS_getresuid, &ids[0], &ids[1], &ids[2]));
	r = ids[0], e = ids[1], s = ids[2];
	check(r == id + 4 && e == id + 5 && s == id + 6, "thread %ld: uids %ld %ld %ld", id, r, e, s);
	check(syscall(SYS_getgroups, 1, &group) == 1 && group == id * 10, "thread %ld: another group", id);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	for (long i = 0; i < THREADS; i++)
		threads[i] = test_thread_in(SYS_futex, run, (void *)(i * 100 + 100));
	test_daemon();
	test_waitsig();
	check(!getuid() && !geteuid() && !getgid(), "the first thread has other ids");
	event_set(&done);
	for (int i = 0; i < THREADS; i++)
		test_join(threads[i]);
	pass();
}
