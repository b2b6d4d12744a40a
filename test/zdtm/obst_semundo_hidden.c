/* SPDX-License-Identifier: Apache-2.0 */
/* obst_semundo_hidden.c - obstacle: a semaphore taken with SEM_UNDO, which the process has no right to use any more. */
/* zdtm: flags=nouser obstacle=task.semundo */
#include <sys/sem.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	pid_t child;
	int id;

	test_init(argc, argv);
	id = need(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), "no semaphores");
	child = test_fork();
	if (!child) {
		must(semop(id, &up, 1));
		must(setresuid(18943, 18943, 18943));
		test_waitsig();
		check(semop(id, &up, 1) == -1 && errno == EACCES, "it may use the set");
		_exit(0);
	}
	while (semctl(id, 0, GETVAL) != 1 || task_status(child, "Uid", 10) != 18943)
		sched_yield();
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	check(must(semctl(id, 0, GETVAL)) == 1, "the semaphore changed");
	test_end(child);
	check(must(semctl(id, 0, GETVAL)) == 0, "the operation was not undone");
	must(semctl(id, 0, IPC_RMID));
	pass();
}
