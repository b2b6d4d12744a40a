/* SPDX-License-Identifier: Apache-2.0 */
/* task_comm.c - names of a process and of its threads, with characters that /proc readers trip over. */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { THREADS = 5 };

static const char *const names[THREADS] = { "a) R 1 (b", "two words", "fifteen letters", "new\nline", "" };
static uint32_t done;

static void check_name(const char *want)
{
	char name[16];

	must(prctl(PR_GET_NAME, name));
	check(!strcmp(name, want), "name is \"%s\", not \"%s\"", name, want);
}

static void *run(void *arg)
{
	must(prctl(PR_SET_NAME, arg));
	event_wait(&done);
	check_name(arg);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	must(prctl(PR_SET_NAME, "(leader)"));
	for (int i = 0; i < THREADS; i++)
		threads[i] = test_thread_in(SYS_futex, run, (void *)names[i]);
	test_daemon();
	test_waitsig();
	check_name("(leader)");
	event_set(&done);
	for (int i = 0; i < THREADS; i++)
		test_join(threads[i]);
	pass();
}
