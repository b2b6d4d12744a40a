/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_reuseport.c - two sockets that listen on one port (SO_REUSEPORT). */
#include <poll.h>
#include "files.h"

static int listen_too(struct endpoint *at)
{
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)));
	must(bind(fd, (struct sockaddr *)&at->addr, at->len));
	must(getsockname(fd, (struct sockaddr *)&at->addr, &at->len));
	must(listen(fd, 100));
	return fd;
}

int main(int argc, char **argv)
{
	int fd[2], got[2] = { };
	struct endpoint at;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd[0] = listen_too(&at);
	fd[1] = listen_too(&at);
	test_daemon();
	test_waitsig();
	/* Each takes some connections: clients until both have had one. */
	while (!got[0] || !got[1]) {
		tcp_connect(&at);
		for (int i = 0; i < 2; i++)
			if (fd_ready(fd[i], POLLIN)) {
				must(accept(fd[i], NULL, NULL));
				got[i]++;
			}
		check(got[0] + got[1] < 1000, "one of them took %d connections, the other %d", got[0], got[1]);
	}
	pass();
}
