/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tty.c - the terminal of a shell job: settings, foreground group, and that it can be written. */
/* zdtm: flags=shelljob */
#include <poll.h>
#include <termios.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct termios before, now;
	int tty, copy;
	pid_t group;

	test_init(argc, argv);
	tty = open("/dev/tty", O_RDWR);
	if (tty < 0 || !isatty(0))
		skip("there is no terminal");
	copy = must(fcntl(0, F_DUPFD_CLOEXEC, 50));
	must(tcgetattr(tty, &before));
	before.c_lflag ^= ECHO;
	before.c_cc[VERASE] = 'x';
	must(tcsetattr(tty, TCSANOW, &before));
	must(tcgetattr(tty, &before));
	group = must(tcgetpgrp(tty));
	test_daemon();
	test_waitsig();
	check(isatty(0) && isatty(copy) && isatty(tty), "it is no terminal any more");
	must(tcgetattr(tty, &now));
	check(now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag &&
	      now.c_cflag == before.c_cflag && !memcmp(now.c_cc, before.c_cc, sizeof(now.c_cc)), "settings changed");
	check(must(tcgetpgrp(tty)) == group, "the foreground group was %d, now %d", group, tcgetpgrp(tty));
	check(fd_ready(copy, POLLOUT), "it cannot be written");
	pass();
}
