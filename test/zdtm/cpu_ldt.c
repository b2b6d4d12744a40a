/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_ldt.c - local descriptor table: its entries, one of them loaded in gs, and the gaps between them. */
#include <asm/ldt.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { READ_LDT = 0, WRITE_LDT = 0x11 };

static const unsigned int numbers[] = { 0, 3, 511, 600, 8190 };
enum { ENTRIES = sizeof(numbers) / sizeof(numbers[0]) };

static uint8_t before[LDT_ENTRIES * LDT_ENTRY_SIZE], after[LDT_ENTRIES * LDT_ENTRY_SIZE];

static uint16_t selector(int i)
{
	return numbers[i] << 3 | 7;
}

static void write_entry(int i, uint64_t *base)
{
	struct user_desc desc = { .entry_number = numbers[i], .base_addr = (uintptr_t)base,
		.limit = 100 + i, .seg_32bit = i != 1, .read_exec_only = i == 2,
		.limit_in_pages = i == 3, .useable = i == 4 };

	if (!syscall(SYS_modify_ldt, WRITE_LDT, &desc, sizeof(desc)))
		return;
	if (errno == ENOSYS)
		skip("no modify_ldt");
	fail("modify_ldt: %s", strerror(errno));
}

static void check_entry(int i, uint64_t want)
{
	uint64_t value;

	asm volatile("mov %%gs:0, %0" : "=r"(value));
	check(value == want, "entry %d: %%gs:0 is %#lx, not %#lx", i, value, want);
}

int main(int argc, char **argv)
{
	uint64_t *area;
	uint16_t gs;
	long len;

	test_init(argc, argv);
	area = must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
	for (int i = 0; i < ENTRIES; i++) {
		area[i] = 0xabcd0000 + i;
		write_entry(i, &area[i]);
	}
	len = must(syscall(SYS_modify_ldt, READ_LDT, before, sizeof(before)));
	asm volatile("mov %0, %%gs" : : "r"(selector(3)));
	test_daemon();
	test_waitsig();
	asm volatile("mov %%gs, %0" : "=r"(gs));
	check(gs == selector(3), "gs is %#x, not %#x", gs, selector(3));
	check_entry(3, area[3]);
	check(must(syscall(SYS_modify_ldt, READ_LDT, after, sizeof(after))) == len, "the LDT has another size");
	for (int i = 0; i < LDT_ENTRIES; i++)
		check(!memcmp(&before[i * LDT_ENTRY_SIZE], &after[i * LDT_ENTRY_SIZE], LDT_ENTRY_SIZE),
		      "entry %d changed", i);
	for (int i = 0; i < ENTRIES; i++) {
		asm volatile("mov %0, %%gs" : : "r"(selector(i)));
		check_entry(i, area[i]);
	}
	pass();
}
