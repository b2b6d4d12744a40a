/* SPDX-License-Identifier: Apache-2.0 */
/* obst_semundo_threads.c - obstacle: a semaphore taken with SEM_UNDO by a process of several threads; one taken twice, one raised. */
/* zdtm: obstacle=task.semundo */
#include <sys/sem.h>
#include <sys/syscall.h>
#include "obst.h"

enum { TAKEN = 7, SEMAPHORES = 40 };

static int id;
static uint32_t done;

static void *run(void *arg)
{
	event_wait(&done);
	return arg;
}

int main(int argc, char **argv)
{
	struct sembuf take = { .sem_num = TAKEN, .sem_op = -1, .sem_flg = SEM_UNDO };
	pthread_t thread;

	test_init(argc, argv);
	id = need(semget(IPC_PRIVATE, SEMAPHORES, IPC_CREAT | 0600), "no semaphores");
	must(semctl(id, TAKEN, SETVAL, 1));
	thread = test_thread_in(SYS_futex, run, NULL);
	must(semop(id, &take, 1));
	test_daemon();
	test_waitsig();
	for (int i = 0; i < SEMAPHORES; i++)
		check(must(semctl(id, i, GETVAL)) == 0, "semaphore %d changed", i);
	event_set(&done);
	test_join(thread);
	must(semctl(id, 0, IPC_RMID));
	pass();
}
