/* SPDX-License-Identifier: Apache-2.0 */
/* sys_accept.c - a thread blocked in accept on a TCP socket, which is then connected to. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "zdtm.h"

static int listener;

static void *in_accept(void *arg)
{
	struct sockaddr_in peer = {};
	socklen_t len = sizeof(peer);
	int fd = accept(listener, (struct sockaddr *)&peer, &len);

	check(fd >= 0, "accept: %s", strerror(errno));
	check(peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK), "accept tells another address");
	check(write(fd, "hello", 5) == 5, "cannot write to the accepted socket");
	close(fd);
	return arg;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	pthread_t thread;
	char buf[5];
	int fd;

	test_init(argc, argv);
	listener = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	must(listen(listener, 4));
	must(getsockname(listener, (struct sockaddr *)&addr, &len));
	thread = test_thread_in(SYS_accept, in_accept, NULL);
	test_daemon();
	test_waitsig();
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	check(recv(fd, buf, 5, MSG_WAITALL) == 5 && !memcmp(buf, "hello", 5), "no greeting");
	test_join(thread);
	pass();
}
