/* SPDX-License-Identifier: Apache-2.0 */
/* task_robust_file.c - a robust mutex and a tid word in a shared file: the death of the dumped tasks does not change them. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "zdtm.h"

struct shared {
	pthread_mutex_t mutex;
	uint32_t word;
};

static struct shared *shared;
static uint32_t done;

static void *run(void *arg)
{
	must(syscall(SYS_set_tid_address, &shared->word));
	check(!pthread_mutex_lock(&shared->mutex), "cannot lock");
	event_wait(&done);
	check(!pthread_mutex_unlock(&shared->mutex), "cannot unlock");
	syscall(SYS_exit, 0);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;
	int fd, ret;

	test_init(argc, argv);
	fd = must(open(test_path("shared"), O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, sizeof(*shared)));
	shared = must(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(close(fd));
	shared->word = 1234;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check(!pthread_mutex_init(&shared->mutex, &attr), "cannot make a robust mutex");
	test_thread_in(SYS_futex, run, NULL);
	test_daemon();
	test_waitsig();
	check(shared->word == 1234, "the tid word is %u", shared->word);
	ret = pthread_mutex_trylock(&shared->mutex);
	check(ret == EBUSY, "trylock says %s", strerror(ret));
	event_set(&done);
	ret = pthread_mutex_lock(&shared->mutex);
	check(!ret, "lock says %s", strerror(ret));
	while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE))
		futex_wait(&shared->word, 1234);
	pass();
}
