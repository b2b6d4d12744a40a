/* SPDX-License-Identifier: Apache-2.0 */
/* mem_pkey.c - memory with protection keys: neighbours with different ones, the key of execute-only memory, a key
 * that is free again while memory has it, and a child that has taken and freed others. There is an LDT as well,
 * which is asked for apart. */
#include <asm/ldt.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "vma.h"

enum { KEYS = 4, PAGES = 3, SIZE = PAGES * 4096 };

static int keys[KEYS];
static char *memory[KEYS], *code;

static void alloc_keys(void)
{
	for (int i = 0; i < KEYS; i++) {
		keys[i] = pkey_alloc(0, 0);
		if (keys[i] < 0)
			skip("no protection keys: %s", strerror(errno));
	}
}

/* One after the other, alike but for their keys. */
static void map_all(void)
{
	char *base = map_anon(KEYS * SIZE, PROT_READ | PROT_WRITE, 0);

	for (int i = 0; i < KEYS; i++) {
		memory[i] = base + i * SIZE;
		test_datagen(memory[i], SIZE, (uint32_t)i);
		must(pkey_mprotect(memory[i], SIZE, i == 1 ? PROT_READ : PROT_READ | PROT_WRITE, keys[i]));
	}
	code = map_anon(SIZE, PROT_READ | PROT_WRITE, 0);
	memset(code, 0xc3, SIZE);
	must(mprotect(code, SIZE, PROT_EXEC));
}

static void verify(const char *who)
{
	for (int i = 0; i < KEYS; i++) {
		check(vma_kb(memory[i], "ProtectionKey") == (uint64_t)keys[i], "%s: memory %d has lost its key", who, i);
		must(pkey_set(keys[i], PKEY_DISABLE_ACCESS));
		check(touch_read(memory[i]) == SIGSEGV, "%s: key %d does not protect", who, i);
		must(pkey_set(keys[i], 0));
		check(test_datachk(memory[i], SIZE, (uint32_t)i) < 0, "%s: memory %d changed", who, i);
	}
	check(touch_write(memory[1]) == SIGSEGV && touch_write(memory[2]) == 0, "%s: protection changed", who);
	check(touch_read(code) == SIGSEGV, "%s: what is to be executed only can be read", who);
	((void (*)(void))(uintptr_t)code)();
}

/* Keys are given out from the lowest. */
static void next_keys_are(const char *who, int first, int second)
{
	int a = must(pkey_alloc(0, 0)), b = must(pkey_alloc(0, 0));

	check(a == first && b == second, "%s: the next keys are %d and %d, not %d and %d", who, a, b, first, second);
}

static void child(long last)
{
	must(pkey_free(keys[0]));
	check(pkey_alloc(0, 0) == keys[0] && pkey_alloc(0, 0) == keys[3], "keys are not given out from the lowest");
	test_waitsig();
	verify("child");
	next_keys_are("child", (int)last, (int)last + 1);
}

int main(int argc, char **argv)
{
	struct user_desc entry = { .base_addr = 0x1000, .limit = 1, .seg_32bit = 1, .useable = 1 };
	int last;
	pid_t pid;

	test_init(argc, argv);
	if (syscall(SYS_modify_ldt, 0x11, &entry, sizeof(entry)) < 0)
		skip("no LDT: %s", strerror(errno));
	alloc_keys();
	map_all();
	last = must(pkey_alloc(0, 0));
	must(pkey_free(last));
	must(pkey_free(keys[3]));
	pid = test_child(child, last);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	verify("parent");
	next_keys_are("parent", keys[3], last);
	test_end(pid);
	pass();
}
