/* SPDX-License-Identifier: Apache-2.0 */
/* clan.c - the larger half of family: sessions and groups whose leaders are dead, a zombie deeper down, many
 * threads, a FIFO, a listening socket. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "family.h"

#define MEMBERS 3
#define THREADS 30

static int quit[2];		/* a byte for each member */
static int answers[2];		/* both ends of the FIFO */
static int listener;
static sem_t woken;

static void *sleeper(void *slept)
{
	while (sem_wait(&woken))
		;
	*(bool *)slept = true;
	return NULL;
}

static void say_pid(void)
{
	pid_t pid = getpid();

	if (write(answers[1], &pid, sizeof(pid)) != sizeof(pid))
		wrong("FIFO: %s", strerror(errno));
}

/* Sleeps until it is to verify itself. */
static void stay(int n_threads)
{
	pid_t session = getsid(0), group = getpgrp();
	bool slept[THREADS] = { false };
	pthread_t threads[THREADS];
	char c;

	fill();
	sem_init(&woken, 0, 0);
	for (int i = 0; i < n_threads; i++)
		pthread_create(&threads[i], NULL, sleeper, &slept[i]);
	say_pid();
	if (read(quit[0], &c, 1) != 1)
		wrong("the pipe of the clan: %s", strerror(errno));
	check_memory();
	if (getsid(0) != session || getpgrp() != group)
		wrong("session %d, group %d; they were %d, %d", getsid(0), getpgrp(), session, group);
	for (int i = 0; i < n_threads; i++)
		if (slept[i])
			wrong("thread %d has woken up", i);
	for (int i = 0; i < n_threads; i++)
		sem_post(&woken);
	for (int i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
}

static void end_member(void)
{
	say_pid();
	_exit(0);
}

/* A session's leader, with a zombie; and someone in a group whose leader is dead. */
static void leader(void)
{
	pid_t zombie, maker;
	int status;

	setsid();
	zombie = fork();
	if (zombie == 0)
		kill(getpid(), SIGKILL);
	waitid(P_PID, (id_t)zombie, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	maker = fork();
	if (maker == 0) {
		setpgid(0, 0);
		if (fork())
			_exit(0);
		stay(0);
		end_member();
	}
	waitpid(maker, NULL, 0);
	stay(0);
	if (waitpid(zombie, &status, WNOHANG) != zombie || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		wrong("the zombie is another");
	end_member();
}

/* Somebody whose session's leader is dead. */
static void orphan(void)
{
	pid_t maker = fork();

	if (maker == 0) {
		setsid();
		if (fork())
			_exit(0);
		stay(THREADS);
		end_member();
	}
	waitpid(maker, NULL, 0);
}

static void listen_to_all(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (void *)&at, sizeof(at)) || listen(listener, 3))
		wrong("listen: %s", strerror(errno));
}

static void check_listener(void)
{
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	char c = 0;

	if (getsockname(listener, (void *)&at, &len) || connect(client, (void *)&at, len))
		wrong("connect: %s", strerror(errno));
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (write(client, "c", 1) != 1 || read(server, &c, 1) != 1 || c != 'c')
		wrong("the connection: %s", strerror(errno));
	close(client);		/* first: TIME_WAIT is not for the listener's port */
	close(server);
}

static pid_t next_answer(void)
{
	pid_t pid = 0;

	if (read(answers[0], &pid, sizeof(pid)) != sizeof(pid))
		wrong("FIFO: %s", strerror(errno));
	return pid;
}

void clan_start(const char *fifo)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	answers[0] = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	answers[1] = open(fifo, O_WRONLY | O_CLOEXEC);
	fcntl(answers[0], F_SETFL, 0);
	if (answers[1] < 0 || pipe2(quit, O_CLOEXEC))
		wrong("pipes: %s", strerror(errno));
	if (fork() == 0)
		leader();
	orphan();
	for (int i = 0; i < MEMBERS; i++)
		next_answer();
	listen_to_all();
}

void clan_end(void)
{
	if (write(quit[1], "qqq", MEMBERS) != MEMBERS)
		wrong("the pipe of the clan: %s", strerror(errno));
	for (int i = 0; i < MEMBERS; i++) {
		pid_t pid = next_answer();
		int status = -1;

		if (waitpid(pid, &status, 0) != pid || status)
			wrong("member %d ends with %#x", pid, status);
	}
	check_listener();
}
