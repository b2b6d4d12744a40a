/* SPDX-License-Identifier: Apache-2.0 */
/* task_securebits.c - secure bits of a process, with and without their locks. */
/* zdtm: flags=nouser */
#include <linux/securebits.h>
#include <sys/prctl.h>
#include "zdtm.h"

static const int bits[] = {
	SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NOROOT,
	SECBIT_KEEP_CAPS,
	SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED,
	SECBIT_NOROOT_LOCKED,
};
enum { CHILDREN = sizeof(bits) / sizeof(bits[0]) };

static void child(long i)
{
	must(prctl(PR_SET_SECUREBITS, bits[i], 0, 0, 0));
	test_waitsig();
	check(prctl(PR_GET_SECUREBITS) == bits[i], "child %ld: secure bits are %#x, not %#x", i,
	      prctl(PR_GET_SECUREBITS), bits[i]);
}

int main(int argc, char **argv)
{
	pid_t pids[CHILDREN];

	test_init(argc, argv);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = test_child(child, i);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < CHILDREN; i++)
		test_end(pids[i]);
	pass();
}
