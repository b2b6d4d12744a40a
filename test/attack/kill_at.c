/* SPDX-License-Identifier: Apache-2.0 */
/* kill_at.c - preloaded into ckpt: dies by SIGKILL right after the N-th call that concerns a tracee, or makes
 * a process, or gives a file its name.
 *
 * KILL_AT=N; 0: never, but the number of such calls is written to KILL_COUNT at the end, and to KILL_WINDOW
 * the first and last of those in a row that take PTRACE_O_EXITKILL away. KILL_GUARD set: before these, the process
 * that was made last dies, which is the guard. KILL_SIGNAL=SIG, KILL_SIGNAL_TO=PID: this process gets the
 * signal when it is seized, and is about to act on it (signal-delivery-stop) when ckpt goes on; calls are counted from there.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long calls, last, window[2], made;
static int to_send, send_to;

static void __attribute__((constructor)) begin(void)
{
	const char *at = getenv("KILL_AT");

	last = at ? atol(at) : 0;
	at = getenv("KILL_SIGNAL");
	to_send = at ? atoi(at) : 0;
	at = getenv("KILL_SIGNAL_TO");
	send_to = at ? atoi(at) : 0;
}

static void __attribute__((destructor)) end(void)
{
	const char *path = getenv("KILL_COUNT");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (f) {
		fprintf(f, "%ld\n", calls);
		fclose(f);
	}
	path = getenv("KILL_WINDOW");
	f = path ? fopen(path, "w") : NULL;
	if (f) {
		fprintf(f, "%ld %ld\n", window[0], window[1]);
		fclose(f);
	}
}

static long count(void)
{
	long n = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);

	if (n == last && !send_to)
		kill(getpid(), SIGKILL);
	return n;
}

/* That the thread is stopped is seen, and still there to be seen. */
static long send_signal(pid_t pid)
{
	siginfo_t info;

	kill(pid, to_send);
	syscall(SYS_waitid, P_PID, pid, &info, WSTOPPED | __WALL | WNOWAIT, NULL);
	send_to = 0;
	return calls = 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

long ptrace(enum __ptrace_request request, ...)
{
	long pid, addr, data, r, n;
	va_list ap;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, long);
	data = va_arg(ap, long);
	va_end(ap);
	r = REAL(ptrace)(request, pid, addr, data);
	n = request == PTRACE_SEIZE && r == 0 && pid == send_to ? send_signal((pid_t)pid) : count();
	if (request == PTRACE_SETOPTIONS && !(data & PTRACE_O_EXITKILL)) {
		if (n != window[1] + 1)
			window[0] = n;
		if (n != window[1] + 1 && getenv("KILL_GUARD"))
			kill((pid_t)made, SIGKILL);
		window[1] = n;
	}
	return r;
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long n, const struct iovec *remote,
			 unsigned long m, unsigned long flags)
{
	ssize_t r = REAL(process_vm_readv)(pid, local, n, remote, m, flags);

	count();
	return r;
}

ssize_t process_vm_writev(pid_t pid, const struct iovec *local, unsigned long n, const struct iovec *remote,
			  unsigned long m, unsigned long flags)
{
	ssize_t r = REAL(process_vm_writev)(pid, local, n, remote, m, flags);

	count();
	return r;
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	ssize_t r = REAL(pwrite)(fd, buf, len, at);

	count();
	return r;
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	pid_t r = REAL(wait4)(pid, status, options, usage);

	if (r > 0)
		count();
	return r;
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int r = REAL(waitid)(type, id, info, options);

	if (r == 0 && info->si_pid)
		count();
	return r;
}

/* The child goes on without a word: it is not ckpt. */
long syscall(long nr, ...)
{
	long a[6], r;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	r = REAL(syscall)(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (nr == SYS_clone3 && r > 0) {
		made = r;
		count();
	}
	return r;
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
	int r = REAL(linkat)(from, old, to, new, flags);

	count();
	return r;
}
