/* SPDX-License-Identifier: Apache-2.0 */
/* sys_semundo_balanced.c - semaphores that were taken and given back with SEM_UNDO, one that waits, and the traces of their last use. */
#include <sys/sem.h>
#include <sys/syscall.h>
#include "zdtm.h"

static int id;
static uint32_t done;

static void move(int step)
{
	struct sembuf op = { .sem_num = 1, .sem_op = (short)step, .sem_flg = SEM_UNDO };

	must(semop(id, &op, 1));
}

static void *run(void *arg)
{
	move(-1);
	event_wait(&done);
	return arg;
}

static void *zero(void *arg)
{
	struct sembuf op = { .sem_num = 1, .sem_op = 0, .sem_flg = SEM_UNDO };

	check(!syscall(SYS_semop, id, &op, 1), "semop: %s", strerror(errno));
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	struct semid_ds before, after;

	test_init(argc, argv);
	id = must(semget(IPC_PRIVATE, 3, IPC_CREAT | 0600));
	must(semctl(id, 1, SETVAL, 2));
	threads[0] = test_thread_in(SYS_futex, run, NULL);
	move(1);
	threads[1] = test_thread_in(SYS_semop, zero, NULL);
	must(semctl(id, 0, IPC_STAT, &before));
	test_daemon();
	test_waitsig();
	must(semctl(id, 0, IPC_STAT, &after));
	/* sem_otime is that of the dump's end: the kernel sets it when it has nothing to undo, too. */
	check(before.sem_ctime == after.sem_ctime, "it was changed");
	check(must(semctl(id, 1, GETPID)) == getpid() && must(semctl(id, 0, GETPID)) == 0, "another user of it");
	check(must(semctl(id, 1, GETVAL)) == 2, "it was 2");
	while (must(semctl(id, 1, GETZCNT)) != 1)	/* the thread goes back to it in its own time */
		sched_yield();
	event_set(&done);
	test_join(threads[0]);
	must(semctl(id, 1, SETVAL, 0));
	test_join(threads[1]);
	must(semctl(id, 0, IPC_RMID));
	pass();
}
