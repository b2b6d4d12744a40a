/* SPDX-License-Identifier: Apache-2.0 */
/* zoo.c - a small tree with one of everything that is saved; it never ends.
 *
 * zoo DIRECTORY, the root of which it is; it writes "ready" into DIRECTORY/said.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONG_S 100000

static uint32_t word;

static void need(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static void *in_futex(void *unused)
{
	struct timespec left = { .tv_sec = LONG_S };

	syscall(SYS_futex, &word, FUTEX_WAIT, 0, &left, NULL, 0);
	return unused;
}

static void *in_sleep(void *unused)
{
	struct timespec left = { .tv_sec = LONG_S };

	nanosleep(&left, &left);
	return unused;
}

static void *in_poll(void *unused)
{
	poll(NULL, 0, LONG_S * 1000);
	return unused;
}

static void open_paths(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);

	need(fd, "file");
	need((int)write(fd, "0123456789", 10), "file");
	need(ftruncate(fd, 16384), "file");
	need(mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0, "map");
	need(open("file", O_WRONLY | O_APPEND | O_CLOEXEC), "file");
	need(dup2(fd, 100), "dup");
	need(open(".", O_RDONLY | O_DIRECTORY), ".");
	need(open("/dev/zero", O_RDWR), "zero");
	need(mkfifo("fifo", 0600), "fifo");
	fd = open("fifo", O_RDWR);
	need((int)write(fd, "abc", 3), "fifo");
	need(open("fifo", O_RDONLY | O_NONBLOCK), "fifo");
}

static void open_others(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 4711 };
	int tcp = socket(AF_INET, SOCK_STREAM, 0), ends[2], packets[2], event = eventfd(7, 0), epoll, outer;

	need(bind(tcp, (struct sockaddr *)&addr, sizeof(addr)), "bind");
	need(listen(tcp, 5), "listen");
	need(pipe(ends), "pipe");
	need((int)write(ends[1], "unread", 6), "pipe");
	need(pipe2(packets, O_DIRECT | O_CLOEXEC), "pipe");
	need((int)write(packets[1], "one", 3), "pipe");
	need((int)write(packets[1], "two", 3), "pipe");
	epoll = epoll_create1(0);
	outer = epoll_create1(EPOLL_CLOEXEC);
	need(epoll_ctl(epoll, EPOLL_CTL_ADD, tcp, &e), "epoll");
	need(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &e), "epoll");
	e.events = EPOLLOUT | EPOLLET | EPOLLONESHOT;
	need(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &e), "epoll");
	e.events = EPOLLIN;
	need(epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &e), "epoll");
}

static void set_memory(void)
{
	char *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(m == MAP_FAILED ? -1 : 0, "mmap");
	for (size_t i = 0; i < 1 << 20; i += 3 * 4096)
		m[i] = (char)(i >> 12);
	need(mlock(m, 8192), "mlock");
	need(madvise(m + 65536, 65536, MADV_DONTFORK), "madvise");
	need(mprotect(m + 262144, 4096, PROT_READ), "mprotect");
	need(mprotect(m + 524288, 4096, PROT_NONE), "mprotect");
}

static void on_signal(int sig)
{
	(void)sig;
}

static void set_signals(void)
{
	static char stack[65536];
	const stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK };
	sigset_t set;

	need(sigaction(SIGUSR1, &act, NULL), "sigaction");
	need(signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0, "signal");
	need(sigaltstack(&ss, NULL), "sigaltstack");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	need(sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
	need(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 }), "sigqueue");
	need(pthread_sigqueue(pthread_self(), SIGUSR1, (union sigval){ .sival_int = 2 }), "sigqueue");
}

static void child(int what)
{
	pid_t pid = fork();

	need(pid, "fork");
	if (pid == 0) {
		if (what == 0)
			_exit(3);
		if (what == 1)
			raise(SIGKILL);
		if (what == 2)
			setsid();
		if (what == 3)
			setpgid(0, 0);
		if (what == 3)
			raise(SIGSTOP);
		in_sleep(NULL);
		pause();
	}
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, (what < 2 ? WEXITED : what == 3 ? WSTOPPED : WEXITED | WNOHANG) | WNOWAIT);
}

int main(int argc, char **argv)
{
	void *(*const tasks[])(void *) = { in_futex, in_sleep, in_poll };
	pthread_t thread;
	int fd;

	need(argc == 2 ? chdir(argv[1]) : -1, "usage: zoo DIRECTORY");
	open_paths();
	open_others();
	set_memory();
	for (int what = 0; what < 4; what++)
		child(what);
	set_signals();
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, tasks[i], NULL);
	fd = open("said", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	need((int)write(fd, "ready", 5), "said");
	close(fd);
	for (;;)
		pause();
}
