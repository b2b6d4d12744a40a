/* SPDX-License-Identifier: Apache-2.0 */
/* obst_thread_files.c - obstacle: a thread with a descriptor table of its own. */
/* zdtm: obstacle=task.files-unshared */
#include <sched.h>
#include "obst.h"

static uint32_t ready, go;

static void *run(void *arg)
{
	must(unshare(CLONE_FILES));
	must(dup2(file_open("data", O_RDONLY), 100));
	event_set(&ready);
	event_wait(&go);
	record_expect(100, 0);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	records_make("data", 1);
	thread = test_thread(run, NULL);
	event_wait(&ready);
	test_daemon();
	test_waitsig();
	check(fcntl(100, F_GETFD) < 0, "the descriptor table is shared");
	event_set(&go);
	test_join(thread);
	pass();
}
