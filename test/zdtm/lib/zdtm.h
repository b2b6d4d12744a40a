/* SPDX-License-Identifier: Apache-2.0 */
/* zdtm.h - what every zdtm test program uses: set state up, wait for the checkpoint, check, tell. */
#ifndef ZDTM_H
#define ZDTM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * A program's life: test_init(); set up; test_daemon(); then test_waitsig(), or a loop over test_go();
 * check; pass(). The checkpoint happens anywhere between test_daemon() and the SIGTERM. Before
 * test_daemon() it can skip(); fail() is right at any time and in any process or thread of the test.
 */
void test_init(int argc, char **argv);
void test_daemon(void);		/* all is set up: tells the driver, holds no descriptor afterwards */
void test_waitsig(void);	/* returns once SIGTERM has come; blocks in a futex without timeout */
bool test_go(void);		/* for busy loops: true until SIGTERM has come */
extern uint32_t test_sigterm;	/* 1 once SIGTERM has come: for loops in assembly */

/* One line to the outfile, which is opened for that moment only; then _exit with 0, 1 or 77. */
_Noreturn void pass(void);
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* fail() with a reason, unless the condition holds. */
#define check(cond, ...) do { if (!(cond)) fail(__VA_ARGS__); } while (0)

/* The value of a call that reports errors as -1 and errno; an error is a fail(). */
#define must(call) ({ \
	errno = 0; \
	__auto_type must_ret = (call); \
	if ((long)must_ret == -1L && errno) \
		fail("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno)); \
	must_ret; \
})

/* D/NAME, D being the test's own directory: writable, empty at the start. One static buffer per thread. */
const char *test_path(const char *name);

/* Processes. Children get the parent's SIGTERM handler, and test_waitsig() of their own. */
pid_t test_fork(void);
pid_t test_child(void (*fn)(long), long arg);	/* runs fn, then exits with 0; returns when it is in test_waitsig() */
void test_end(pid_t child);			/* SIGTERM it; it must exit with 0 */
void test_reap(pid_t child, int status);	/* wait for it; wait status must be this */

/* Threads, which have SIGTERM blocked; pthread_create and pthread_join that fail the test. */
pthread_t test_thread(void *(*fn)(void *), void *arg);
pthread_t test_thread_tid(pid_t *tid, void *(*fn)(void *), void *arg);
pthread_t test_thread_in(long nr, void *(*fn)(void *), void *arg);	/* returns when it sleeps in call nr */
void *test_join(pthread_t thread);

/* Poll /proc (no time limit but the driver's) until a task of this test ... */
void wait_state(pid_t tid, char state);		/* ... has this state in /proc/TID/stat: 'S', 'T', 'Z' ... */
void wait_syscall(pid_t tid, long nr);		/* ... sleeps in call nr, or again in it (restart_syscall(2)) */
/* Value of a numeric field of /proc/TID/status, e.g. "Threads", read in this base. */
uint64_t task_status(pid_t tid, const char *field, int base);

/* Futexes on words that can be shared between processes. */
int futex_wait(uint32_t *word, uint32_t val);	/* 0, or -errno: one FUTEX_WAIT, no timeout */
int futex_wake(uint32_t *word, int n);
void event_set(uint32_t *event);		/* an event starts as 0, and is set once */
void event_wait(uint32_t *event);

/* Zeroed memory that children share: a mapping of a new file in the test's own directory. */
void *test_shared(size_t len);

/* Reproducible random bytes: fill, and tell the offset of the first wrong byte, or -1. */
void test_datagen(void *buf, size_t len, uint32_t seed);
ssize_t test_datachk(const void *buf, size_t len, uint32_t seed);

uint64_t test_now(void);			/* CLOCK_MONOTONIC in nanoseconds */

#endif
