/* SPDX-License-Identifier: Apache-2.0 */
/* mem_vdso.c - a thread that calls the vdso all the time, by addresses taken before the checkpoint. */
#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include "zdtm.h"

static struct {
	int (*clock_gettime)(clockid_t clock, struct timespec *ts);
	int (*gettimeofday)(struct timeval *tv, void *tz);
	int (*getcpu)(unsigned *cpu, unsigned *node, void *cache);
	time_t (*time)(time_t *t);
} vdso;
static uint64_t rounds;

static uint64_t ns(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000ULL + ts->tv_nsec;
}

/* The kernel's own answers bracket those of the vdso; these clocks do not get set. */
static void check_clock(clockid_t clock)
{
	struct timespec before, between, after;

	must(syscall(SYS_clock_gettime, clock, &before));
	must(vdso.clock_gettime(clock, &between));
	must(syscall(SYS_clock_gettime, clock, &after));
	check(ns(&before) <= ns(&between) && ns(&between) <= ns(&after), "clock %d: %llu is not in %llu..%llu", clock,
	      (unsigned long long)ns(&between), (unsigned long long)ns(&before), (unsigned long long)ns(&after));
}

static void *run(void *arg)
{
	unsigned cpu, cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct timeval tv;

	while (test_go()) {
		check_clock(CLOCK_MONOTONIC);
		check_clock(CLOCK_BOOTTIME);
		must(vdso.getcpu(&cpu, NULL, NULL));
		check(cpu < cpus, "getcpu says %u", cpu);
		must(vdso.gettimeofday(&tv, NULL));
		check(vdso.time(NULL) > 1000000000 && tv.tv_sec > 1000000000, "the time of day is nonsense");
		__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
	}
	return arg;
}

static void *find(void *handle, const char *name)
{
	void *sym = dlsym(handle, name);

	if (!sym)
		skip("the vdso has no %s", name);
	return sym;
}

int main(int argc, char **argv)
{
	unsigned long base;
	pthread_t thread;
	void *handle;

	test_init(argc, argv);
	handle = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		skip("no vdso");
	vdso.clock_gettime = find(handle, "__vdso_clock_gettime");
	vdso.gettimeofday = find(handle, "__vdso_gettimeofday");
	vdso.getcpu = find(handle, "__vdso_getcpu");
	vdso.time = find(handle, "__vdso_time");
	base = getauxval(AT_SYSINFO_EHDR);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&rounds, __ATOMIC_RELAXED))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	check(getauxval(AT_SYSINFO_EHDR) == base && !memcmp((void *)base, "\177ELF", 4), "the vdso is not there");
	check_clock(CLOCK_MONOTONIC);
	pass();
}
