/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_packets.c - a packet pipe (O_DIRECT): reads end where the writes ended. */
#include "files.h"

static const size_t packets[] = { 10, 4096, 1, 4095, 100, 3000 };
enum { PACKETS = sizeof(packets) / sizeof(*packets) };

int main(int argc, char **argv)
{
	char buf[8192];
	int p[2];

	test_init(argc, argv);
	if (pipe2(p, O_DIRECT) < 0)
		skip("no packet pipes: %s", strerror(errno));
	for (size_t i = 0; i < PACKETS; i++) {
		test_datagen(buf, packets[i], i);
		check(must(write(p[1], buf, packets[i])) == (ssize_t)packets[i], "short write");
	}
	test_daemon();
	test_waitsig();
	check(must(fcntl(p[1], F_GETFL)) & O_DIRECT, "O_DIRECT is lost");
	check(must(write(p[1], "last", 4)) == 4, "short write");
	for (size_t i = 0; i < PACKETS; i++) {
		/* What does not fit is dropped with its packet. */
		ssize_t n = must(read(p[0], buf, i == 1 ? 4000 : sizeof(buf)));

		check(n == (ssize_t)(i == 1 ? 4000 : packets[i]), "packet %zu has %zd bytes", i, n);
		check(test_datachk(buf, n, i) < 0, "packet %zu changed", i);
	}
	check(must(read(p[0], buf, sizeof(buf))) == 4 && !memcmp(buf, "last", 4), "the packet written last is wrong");
	pass();
}
