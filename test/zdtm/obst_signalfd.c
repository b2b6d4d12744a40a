/* SPDX-License-Identifier: Apache-2.0 */
/* obst_signalfd.c - obstacle: a signalfd with a pending signal. */
/* zdtm: obstacle=fd.signalfd */
#include <signal.h>
#include <sys/signalfd.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = must(signalfd(-1, &set, 0));
	must(raise(SIGUSR1));
	test_daemon();
	test_waitsig();
	check(must(read(fd, &info, sizeof(info))) == sizeof(info) && info.ssi_signo == SIGUSR1, "the signal is lost");
	pass();
}
