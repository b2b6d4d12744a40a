/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_prefork.c - three children blocked in accept on one inherited socket take one connection each. */
#include <sys/syscall.h>
#include "files.h"

enum { CHILDREN = 3 };

int main(int argc, char **argv)
{
	pid_t child[CHILDREN];
	struct endpoint at;
	int fd, client;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = tcp_listen(&at, 5);
	for (size_t i = 0; i < CHILDREN; i++) {
		child[i] = test_fork();
		if (!child[i]) {
			bytes_write(must(accept(fd, NULL, NULL)), "mine", 4);
			_exit(0);
		}
	}
	must(close(fd));
	for (size_t i = 0; i < CHILDREN; i++)
		wait_syscall(child[i], SYS_accept);
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < CHILDREN; i++) {
		client = tcp_connect(&at);
		bytes_expect(client, "mine", 4);
		must(close(client));
	}
	for (size_t i = 0; i < CHILDREN; i++)
		test_reap(child[i], 0);
	/* No one holds the socket any more. */
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	check(connect(client, (struct sockaddr *)&at.addr, at.len) < 0 && errno == ECONNREFUSED, "somebody listens");
	pass();
}
