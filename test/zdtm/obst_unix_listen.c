/* SPDX-License-Identifier: Apache-2.0 */
/* obst_unix_listen.c - obstacle: a listening Unix domain socket. */
/* zdtm: obstacle=fd.unix */
#include <stdio.h>
#include <sys/un.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int listener, client;

	test_init(argc, argv);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", test_path("socket"));
	listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&name, sizeof(name)));
	must(listen(listener, 5));
	test_daemon();
	test_waitsig();
	client = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&name, sizeof(name)));
	must(accept(listener, NULL, NULL));
	pass();
}
