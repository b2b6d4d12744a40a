/* SPDX-License-Identifier: Apache-2.0 */
/* obst_keyring.c - obstacle: a keyring of the process, which ends with it. */
/* zdtm: obstacle=task.keyring */
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	long id;

	test_init(argc, argv);
	id = need(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1), "no keyrings");
	test_daemon();
	test_waitsig();
	check(must(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0)) == id, "another keyring");
	pass();
}
