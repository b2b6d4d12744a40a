/* SPDX-License-Identifier: Apache-2.0 */
/* obst_thread_fs.c - obstacle: a thread with a current directory of its own. */
/* zdtm: obstacle=task.fs-unshared */
#include <sched.h>
#include "obst.h"

static uint32_t ready, go;

static void *run(void *arg)
{
	must(unshare(CLONE_FS));
	must(chdir(test_path("dir")));
	event_set(&ready);
	event_wait(&go);
	must(access("inside", F_OK));
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	records_make("dir/inside", 1);
	thread = test_thread(run, NULL);
	event_wait(&ready);
	test_daemon();
	test_waitsig();
	check(access("inside", F_OK) < 0, "the current directory is shared");
	event_set(&go);
	test_join(thread);
	pass();
}
