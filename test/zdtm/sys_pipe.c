/* SPDX-License-Identifier: Apache-2.0 */
/* sys_pipe.c - threads blocked in read of an empty and in write to a full pipe. */
#include <fcntl.h>
#include <sys/syscall.h>
#include "zdtm.h"

static int empty[2], full[2];
static size_t filled;

static void *reader(void *arg)
{
	char buf[16];
	ssize_t n = read(empty[0], buf, sizeof(buf));

	check(n == 5, "read: %zd, %s", n, n < 0 ? strerror(errno) : "not 5");
	check(!memcmp(buf, "hello", 5), "read something else");
	return arg;
}

static void *writer(void *arg)
{
	ssize_t n = write(full[1], "world", 5);

	check(n == 5, "write: %zd, %s", n, n < 0 ? strerror(errno) : "not 5");
	return arg;
}

static void fill(void)
{
	char page[4096];
	ssize_t n;

	test_datagen(page, sizeof(page), 5);
	must(fcntl(full[1], F_SETFL, O_NONBLOCK));
	while ((n = write(full[1], page, sizeof(page))) > 0)
		filled += n;
	check(errno == EAGAIN, "filling the pipe: %s", strerror(errno));
	must(fcntl(full[1], F_SETFL, 0));
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	char page[4096];

	test_init(argc, argv);
	must(pipe(empty));
	must(pipe(full));
	fill();
	threads[0] = test_thread_in(SYS_read, reader, NULL);
	threads[1] = test_thread_in(SYS_write, writer, NULL);
	test_daemon();
	test_waitsig();
	check(write(empty[1], "hello", 5) == 5, "cannot write to the empty pipe");
	for (size_t got = 0; got < filled; got += sizeof(page)) {
		check(read(full[0], page, sizeof(page)) == sizeof(page), "the pipe lost data");
		check(test_datachk(page, sizeof(page), 5) < 0, "the pipe has other data");
	}
	check(read(full[0], page, sizeof(page)) == 5, "the blocked write was lost");
	check(!memcmp(page, "world", 5), "the blocked write wrote something else");
	for (int i = 0; i < 2; i++)
		test_join(threads[i]);
	pass();
}
