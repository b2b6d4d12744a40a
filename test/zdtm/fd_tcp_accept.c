/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_accept.c - a child blocked in accept takes the connection that comes later, with no error. */
#include <sys/syscall.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct endpoint at;
	int fd, client;
	pid_t child;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = tcp_listen(&at, 5);
	child = test_fork();
	if (!child) {
		bytes_write(must(accept(fd, NULL, NULL)), "welcome", 7);
		_exit(0);
	}
	wait_syscall(child, SYS_accept);
	test_daemon();
	test_waitsig();
	client = tcp_connect(&at);
	bytes_expect(client, "welcome", 7);
	test_reap(child, 0);
	pass();
}
