/* SPDX-License-Identifier: Apache-2.0 */
/* restless.c - trees that are hard to stop.
 *
 * restless storm: tasks that fork, exec and end all the time, until SIGTERM; exit status 0 if nothing
 *	went wrong. restless vfork: a process that waits in vfork, its child for ever.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FORKERS 2
#define STATUS 5

static atomic_bool ending;

static void on_term(int sig)
{
	(void)sig;
	ending = true;
}

static void wrong(const char *what, int got)
{
	fprintf(stderr, "restless %d: %s: %#x\n", getpid(), what, got);
	_exit(1);
}

static void *thread(void *unused)
{
	return unused;
}

/* A child with a thread of its own and a grandchild that calls execve. */
static void one_life(char *program)
{
	pthread_t t;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, program, "leaf", NULL);
		wrong("execl", 0);
	}
	if (pthread_create(&t, NULL, thread, NULL) == 0)
		pthread_join(t, NULL);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != STATUS)
		wrong("a grandchild's end", status);
	_exit(STATUS);
}

static void forker(char *program)
{
	while (!ending) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			one_life(program);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != STATUS)
			wrong("a child's end", status);
	}
	_exit(0);
}

static int storm(char *program)
{
	struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	pid_t pids[FORKERS];
	int status;

	sigaction(SIGTERM, &term, NULL);
	for (int i = 0; i < FORKERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			forker(program);
	}
	while (!ending)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	for (int i = 0; i < FORKERS; i++) {
		kill(pids[i], SIGTERM);
		if (waitpid(pids[i], &status, 0) != pids[i] || status)
			wrong("a forker's end", status);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "leaf"))
		return STATUS;
	if (argc == 2 && !strcmp(argv[1], "storm"))
		return storm(argv[0]);
	if (argc == 2 && !strcmp(argv[1], "vfork") && vfork() == 0)
		for (;;)
			pause();
	return 0;
}
