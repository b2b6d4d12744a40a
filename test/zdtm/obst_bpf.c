/* SPDX-License-Identifier: Apache-2.0 */
/* obst_bpf.c - obstacle: a BPF map. */
/* zdtm: obstacle=fd.bpf */
#include <linux/bpf.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };
	uint64_t value = 0x1234567890ULL, got = 0;
	union bpf_attr element = { .value = (uintptr_t)&value };
	uint32_t key = 0;

	test_init(argc, argv);
	element.map_fd = need(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)), "no BPF map");
	element.key = (uintptr_t)&key;
	must(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &element, sizeof(element)));
	test_daemon();
	test_waitsig();
	element.value = (uintptr_t)&got;
	must(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &element, sizeof(element)));
	check(got == value, "the value changed");
	pass();
}
