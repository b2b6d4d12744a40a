/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c - runs a command, writes its wall time and peak memory to a file.
 *
 *	measure FILE COMMAND [ARG ...]
 *
 * FILE gets one line: nanoseconds, and KiB of the largest resident set of the
 * command or of a child it waited for. A small program of its own, because
 * execve(2) keeps the peak of the address space it leaves: started from python,
 * every command would seem to need as much as python.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	uint64_t begin, ns;
	int status;
	pid_t pid;
	FILE *out;

	if (argc < 3) {
		fprintf(stderr, "usage: measure FILE COMMAND [ARG ...]\n");
		return 2;
	}
	begin = now_ns();
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("measure");
		return 126;
	}
	ns = now_ns() - begin;
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%lu %ld\n", (unsigned long)ns, usage.ru_maxrss) < 0 || fclose(out)) {
		perror(argv[1]);
		return 126;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
