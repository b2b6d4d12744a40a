/* SPDX-License-Identifier: Apache-2.0 */
/* mem_jit.c - machine code that the program has made: one page writable and executable, one executable only. */
#include <signal.h>
#include "vma.h"

/* mov $value, %eax; ret */
static void put_code(char *at, uint32_t value)
{
	at[0] = (char)0xb8;
	memcpy(at + 1, &value, 4);
	at[5] = (char)0xc3;
}

static uint32_t call(char *code)
{
	return ((uint32_t (*)(void))code)();
}

int main(int argc, char **argv)
{
	char *rwx, *rx;

	test_init(argc, argv);
#ifndef __x86_64__
	skip("code for x86-64 only");
#endif
	rwx = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (rwx == MAP_FAILED)
		skip("memory cannot be writable and executable: %s", strerror(errno));
	put_code(rwx, 11);
	rx = map_anon(2 * PAGE, PROT_READ | PROT_WRITE, 0);
	put_code(rx, 22);
	put_code(rx + PAGE, 33);
	must(mprotect(rx, PAGE, PROT_READ | PROT_EXEC));
	must(mprotect(rx + PAGE, PAGE, PROT_EXEC));
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(call(rwx) == 11 && call(rx) == 22 && call(rx + PAGE) == 33, "the code changed");
	check(touch_write(rx) == SIGSEGV, "executable page can be written");
	put_code(rwx, 44);
	check(call(rwx) == 44, "new code is not the one that runs");
	pass();
}
