/* SPDX-License-Identifier: Apache-2.0 */
/* task_caps.c - capabilities: effective, permitted, inheritable, bounding and ambient, of processes and of a thread. */
/* zdtm: flags=nouser */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "zdtm.h"

#define BIT(cap) (1ULL << (cap))
#define SOME (BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_ADMIN) | BIT(CAP_SETPCAP))

struct caps { uint64_t effective, permitted, inheritable, bounding, ambient; };

static const struct caps sets[] = {
	{ .effective = BIT(CAP_KILL), .permitted = SOME, .inheritable = BIT(CAP_NET_ADMIN) | BIT(CAP_CHOWN),
	  .bounding = SOME, .ambient = BIT(CAP_NET_ADMIN) },
	{ .effective = SOME, .permitted = SOME, .inheritable = 0, .bounding = BIT(CAP_KILL), .ambient = 0 },
	{ .effective = 0, .permitted = 0, .inheritable = 0, .bounding = 0, .ambient = 0 },
};
enum { NSETS = sizeof(sets) / sizeof(sets[0]), CHILDREN = NSETS };

static uint32_t done;

static void set_caps(const struct caps *c)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ c->effective, c->permitted, c->inheritable },
		{ c->effective >> 32, c->permitted >> 32, c->inheritable >> 32 }
	};

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(c->bounding & BIT(cap)))
			must(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	must(syscall(SYS_capset, &header, data));
	for (int cap = 0; cap < 64; cap++)
		if (c->ambient & BIT(cap))
			must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
}

static void check_caps(const char *who, const struct caps *c)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	uint64_t bounding = 0, ambient = 0;

	must(syscall(SYS_capget, &header, d));
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		bounding |= prctl(PR_CAPBSET_READ, cap, 0, 0, 0) ? BIT(cap) : 0;
		ambient |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) > 0 ? BIT(cap) : 0;
	}
	check((d[0].effective | (uint64_t)d[1].effective << 32) == c->effective, "%s: effective differ", who);
	check((d[0].permitted | (uint64_t)d[1].permitted << 32) == c->permitted, "%s: permitted differ", who);
	check((d[0].inheritable | (uint64_t)d[1].inheritable << 32) == c->inheritable, "%s: inheritable differ", who);
	check(bounding == c->bounding, "%s: bounding set is %#lx", who, bounding);
	check(ambient == c->ambient, "%s: ambient set is %#lx", who, ambient);
}

static void child(long i)
{
	set_caps(&sets[i]);
	test_waitsig();
	check_caps("child", &sets[i]);
}

static void *run(void *arg)
{
	set_caps(&sets[0]);
	event_wait(&done);
	check_caps("thread", &sets[0]);
	return arg;
}

int main(int argc, char **argv)
{
	pid_t pids[CHILDREN];
	pthread_t thread;

	test_init(argc, argv);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = test_child(child, i);
	thread = test_thread_in(SYS_futex, run, NULL);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < CHILDREN; i++)
		test_end(pids[i]);
	event_set(&done);
	test_join(thread);
	pass();
}
