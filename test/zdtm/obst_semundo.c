/* SPDX-License-Identifier: Apache-2.0 */
/* obst_semundo.c - obstacle: a System V semaphore operation to be undone at exit. */
/* zdtm: obstacle=task.semundo */
#include <sys/sem.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sembuf up = { .sem_op = 3, .sem_flg = SEM_UNDO };
	int ready[2], id;
	pid_t child;

	test_init(argc, argv);
	id = need(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), "no semaphores");
	must(pipe(ready));
	child = test_fork();
	if (!child) {
		must(semop(id, &up, 1));
		bytes_write(ready[1], "x", 1);
		test_waitsig();
		_exit(0);
	}
	bytes_expect(ready[0], "x", 1);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	check(must(semctl(id, 0, GETVAL)) == 3, "the semaphore changed");
	test_end(child);
	check(must(semctl(id, 0, GETVAL)) == 0, "the operation was not undone");
	must(semctl(id, 0, IPC_RMID));
	pass();
}
