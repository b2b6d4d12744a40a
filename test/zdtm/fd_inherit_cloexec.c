/* SPDX-License-Identifier: Apache-2.0 */
/* fd_inherit_cloexec.c - many inherited descriptors: close-on-exec is each process's own, and so is what it has replaced. */
#include <sys/syscall.h>
#include "files.h"

enum { FILES = 50 };

static bool replaced(int i)
{
	return i % 5 == 0;
}

static bool closes(int i, bool child)
{
	return child && replaced(i) ? false : child && i % 3 == 0 ? i % 2 == 0 : i % 2 == 1;
}

static void flags_expect(const int fd[FILES], bool child)
{
	for (int i = 0; i < FILES; i++)
		check(must(fcntl(fd[i], F_GETFD)) == (closes(i, child) ? FD_CLOEXEC : 0),
		      "descriptor %d of the %s: close-on-exec is wrong", i, child ? "child" : "parent");
}

static void run_child(const int fd[FILES])
{
	for (int i = 0; i < FILES; i++)
		if (replaced(i)) {
			int other = file_open("data", O_RDONLY);

			must(lseek(other, (FILES + i) * RECORD, SEEK_SET));
			must(dup2(other, fd[i]));
			must(close(other));
		} else {
			must(fcntl(fd[i], F_SETFD, closes(i, true) ? FD_CLOEXEC : 0));
		}
	test_waitsig();
	flags_expect(fd, true);
	for (int i = 0; i < FILES; i++)
		record_expect(fd[i], replaced(i) ? FILES + i : i);
	_exit(0);
}

int main(int argc, char **argv)
{
	int fd[FILES];
	pid_t child;

	test_init(argc, argv);
	records_make("data", 2 * FILES);
	for (int i = 0; i < FILES; i++) {
		fd[i] = file_open("data", O_RDONLY | (closes(i, false) ? O_CLOEXEC : 0));
		must(lseek(fd[i], i * RECORD, SEEK_SET));
	}
	child = test_fork();
	if (!child)
		run_child(fd);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	flags_expect(fd, false);
	test_end(child);
	for (int i = 0; i < FILES; i++)
		record_expect(fd[i], replaced(i) ? i : i + 1);
	pass();
}
