/* SPDX-License-Identifier: Apache-2.0 */
/* obst_sysv.c - obstacle: an attached System V shared memory segment. */
/* zdtm: obstacle=mm.sysv */
#include <sys/shm.h>
#include "obst.h"

int main(int argc, char **argv)
{
	char *mem;
	int id;

	test_init(argc, argv);
	id = need(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600), "no shared memory");
	mem = must(shmat(id, NULL, 0));
	test_datagen(mem, PAGE, 1);
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	must(shmdt(mem));
	must(shmctl(id, IPC_RMID, NULL));
	pass();
}
