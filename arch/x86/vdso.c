/* SPDX-License-Identifier: Apache-2.0 */
/* vdso.c - the vdso: a page of kernel-made code that every process has. */
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <xxhash.h>

#include "arch.h"

#define VDSO_MAX (4 * 4096)

/* After `0f 05`: any number of register xors, then ret. The fallback of
 * clock_getres in the 64-bit vdso is such a place (Linux 6.18). */
static bool ends_in_ret(const unsigned char *p, const unsigned char *end)
{
	while (p + 3 < end) {
		if (p[0] == 0xc3)
			return true;
		if (p[0] == 0x31 && p[1] >= 0xc0)
			p += 2;
		else if (p[0] == 0x45 && p[1] == 0x31 && p[2] >= 0xc0)
			p += 3;
		else
			return false;
	}
	return false;
}

int arch_vdso(struct arch_vdso *ret)
{
	const unsigned char *code = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	const unsigned char *end;
	uint64_t sections, size;

	if (!code)
		return -ENOENT;
	/* e_shoff + e_shnum * e_shentsize: the section headers end the file. */
	memcpy(&sections, code + 40, 8);
	size = sections + (uint64_t)(code[58] | code[59] << 8) * (uint64_t)(code[60] | code[61] << 8);
	size = (size + ARCH_PAGE - 1) & ~(ARCH_PAGE - 1);
	if (size == 0 || size > VDSO_MAX)
		return -EINVAL;
	end = code + size;
	for (const unsigned char *p = code; p + 4 < end; p++) {
		if (p[0] != 0x0f || p[1] != 0x05 || !ends_in_ret(p + 2, end))
			continue;
		ret->code = code;
		ret->size = size;
		ret->syscall_ret = (uint64_t)(p - code);
		ret->checksum = XXH3_64bits(code, size);
		return 0;
	}
	return -ENOTSUP;
}

ssize_t arch_find_restorer(const unsigned char *code, size_t len)
{
	static const unsigned char long_form[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const unsigned char short_form[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	const unsigned char *p = memmem(code, len, long_form, sizeof(long_form));

	if (!p)
		p = memmem(code, len, short_form, sizeof(short_form));
	return p ? p - code : -1;
}

long arch_number_before(const unsigned char *bytes, size_t len)
{
	uint32_t nr;

	/* mov $nr, %eax ; syscall */
	if (len < 7 || bytes[len - 7] != 0xb8 || bytes[len - 2] != 0x0f || bytes[len - 1] != 0x05)
		return -1;
	memcpy(&nr, bytes + len - 6, 4);
	return nr;
}
