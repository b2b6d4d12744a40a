/* SPDX-License-Identifier: Apache-2.0 */
/* mem_stack.c - a main stack 3 MiB deep: every frame comes back, and the stack grows further. */
#include <sys/resource.h>
#include "vma.h"

enum { FRAME = 16 << 10, DEEP = 192, DEEPER = 288 };

/* Makes the stack as big as the calls at the bottom need it: it must not change while we wait. */
static __attribute__((noinline)) void make_room(void)
{
	volatile char room[128 << 10];

	for (size_t i = 0; i < sizeof(room); i += PAGE)
		room[i] = 1;
}

static __attribute__((noinline)) void descend(uint32_t depth)
{
	char frame[FRAME];

	test_datagen(frame, sizeof(frame), depth);
	if (depth == DEEP) {
		make_room();
		maps_save();
		test_daemon();
		test_waitsig();
		maps_same();
	}
	if (depth < DEEPER)
		descend(depth + 1);
	check(test_datachk(frame, sizeof(frame), depth) < 0, "frame %u changed", depth);
}

int main(int argc, char **argv)
{
	struct rlimit stack;

	test_init(argc, argv);
	must(getrlimit(RLIMIT_STACK, &stack));
	if (stack.rlim_cur < (DEEPER + 16) * FRAME)
		skip("RLIMIT_STACK is only %lu bytes", (unsigned long)stack.rlim_cur);
	descend(0);
	pass();
}
