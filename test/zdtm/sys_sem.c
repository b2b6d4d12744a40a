/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sem.c - threads blocked in semop and semtimedop on System V semaphores; no EINTR. */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include "zdtm.h"

#define STEP 30000000UL

static int id;

static void *forever(void *arg)
{
	struct sembuf op = { .sem_num = 0, .sem_op = -1 };

	check(!syscall(SYS_semop, id, &op, 1), "semop: %s", strerror(errno));
	return arg;
}

static void *timed(void *arg)
{
	struct sembuf op = { .sem_num = 1, .sem_op = -1 };
	struct timespec ts = { .tv_nsec = STEP };

	while (test_go()) {
		uint64_t start = test_now();
		int ret = semtimedop(id, &op, 1, &ts);

		check(ret == -1 && errno == EAGAIN, "semtimedop: %d, %s", ret, strerror(errno));
		check(test_now() - start >= STEP, "semtimedop timed out after %lu ns", test_now() - start);
	}
	return arg;
}

int main(int argc, char **argv)
{
	struct sembuf op = { .sem_num = 0, .sem_op = 1 };
	pthread_t threads[2];

	test_init(argc, argv);
	id = must(semget(IPC_PRIVATE, 2, 0600));
	threads[0] = test_thread_in(SYS_semop, forever, NULL);
	threads[1] = test_thread_in(SYS_semtimedop, timed, NULL);
	test_daemon();
	test_waitsig();
	must(semop(id, &op, 1));
	test_join(threads[0]);
	test_join(threads[1]);
	must(semctl(id, 0, IPC_RMID));
	pass();
}
