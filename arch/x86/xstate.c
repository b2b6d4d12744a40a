/* SPDX-License-Identifier: Apache-2.0 */
/* xstate.c - FPU and vector state, TLS entries, and what this CPU can do. */
#include <asm/ldt.h>
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "tracee.h"
#include "xstate.h"

#define XSTATE_HEADER_END 576
#define TLS_FIRST 12		/* GDT_ENTRY_TLS_MIN of asm/segment.h */
#define TLS_ENTRIES 3
#ifndef PTRACE_GET_THREAD_AREA
#define PTRACE_GET_THREAD_AREA 25
#define PTRACE_SET_THREAD_AREA 26
#endif

int arch_get_xstate(struct tracee *t, void *buf, size_t max, size_t *ret_len)
{
	struct iovec iov = { buf, max };

	if (FAULTY(FAULT_PTRACE, ptrace(PTRACE_GETREGSET, t->tid, NT_X86_XSTATE, &iov)) < 0)
		return -errno;
	if (iov.iov_len == max)		/* a short buffer is filled silently */
		return -EMSGSIZE;
	*ret_len = iov.iov_len;
	return 0;
}

int arch_set_xstate(struct tracee *t, const void *buf, size_t len)
{
	size_t max = arch_xstate_max(), whole = 0;
	autofree unsigned char *area = FAULTY_ALLOC(calloc(1, max));
	struct iovec iov = { area, max };
	int r = area ? arch_get_xstate(t, area, max, &whole) : -ENOMEM;

	if (r < 0)
		return r;
	if (len > whole)
		return -EINVAL;
	memcpy(area, buf, len);
	memset(area + len, 0, whole - len);
	iov.iov_len = whole;
	return FAULTY(FAULT_PTRACE, ptrace(PTRACE_SETREGSET, t->tid, NT_X86_XSTATE, &iov)) < 0 ? -errno : 0;
}

static uint64_t read_xcr0(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static uint32_t mxcsr_mask(void)
{
	_Alignas(16) unsigned char area[512] = { 0 };
	uint32_t mask;

	__asm__ volatile("fxsave64 %0" : "=m"(area));
	memcpy(&mask, area + 28, sizeof(mask));
	return mask ? mask : 0xffbf;	/* Intel SDM volume 1, 11.6.6 */
}

/* validate_user_xstate_header() and copy_uabi_to_xstate() of arch/x86/kernel/fpu/xstate.c. */
const char *arch_xstate_refuses(const void *buf, size_t len, uint64_t asked)
{
	const unsigned char *p = buf;
	uint64_t bv = xstate_components(buf, len);
	uint32_t mxcsr;

	if (len < XSTATE_MIN || len > arch_xstate_max())
		return "vector registers of impossible size";
	if (bv & ~read_xcr0() || (bv & XSTATE_TILE_DATA & ~asked))
		return "vector registers that this CPU lacks, or that it has not asked for";
	for (size_t i = XSTATE_BV + 8; i < XSTATE_MIN; i++)
		if (p[i])
			return "vector registers in another format";
	memcpy(&mxcsr, p + 24, sizeof(mxcsr));
	return mxcsr & ~mxcsr_mask() ? "a vector control register with unknown bits" : NULL;
}

size_t arch_pkru_offset(void)
{
	unsigned size = 0, offset = 0, c, d;

	if (read_xcr0() & XSTATE_PKRU)
		__cpuid_count(0xd, 9, size, offset, c, d);
	return size ? offset : 0;
}

uint32_t arch_pkru(const void *buf, size_t len, size_t offset)
{
	uint32_t pkru = 0;

	if (offset && len >= offset + sizeof(pkru) && xstate_components(buf, len) & XSTATE_PKRU)
		memcpy(&pkru, (const char *)buf + offset, sizeof(pkru));
	return pkru;
}

size_t arch_xstate_used(const void *buf, size_t len)
{
	const unsigned char *p = buf;

	/* The legacy area and the header are always there. */
	while (len > XSTATE_HEADER_END && !p[len - 1])
		len--;
	return len;
}

static void desc_to_words(const struct user_desc *d, uint32_t word[4])
{
	memcpy(word, d, sizeof(*d));
}

int arch_get_tls(struct arena *a, struct tracee *t, X86TlsEntry ***ret, size_t *ret_n)
{
	*ret_n = 0;
	*ret = arena_zalloc(a, TLS_ENTRIES * sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (unsigned i = 0; i < TLS_ENTRIES; i++) {
		struct user_desc d = { 0 };
		uint32_t word[4];
		X86TlsEntry *e;

		if (FAULTY(FAULT_PTRACE, ptrace(PTRACE_GET_THREAD_AREA, t->tid, TLS_FIRST + i, &d)) < 0)
			return errno == ESRCH ? -ESRCH : -errno;
		if (d.seg_not_present && !d.base_addr && !d.limit)
			continue;
		e = ARENA_MSG(a, X86TlsEntry, x86_tls_entry);
		if (!e)
			return -ENOMEM;
		desc_to_words(&d, word);
		e->entry_number = TLS_FIRST + i;
		e->base_addr = d.base_addr;
		e->limit = d.limit;
		e->flags = word[3];
		(*ret)[(*ret_n)++] = e;
	}
	return 0;
}

int arch_set_tls(struct tracee *t, X86TlsEntry *const *tls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t word[4] = { tls[i]->entry_number, tls[i]->base_addr, tls[i]->limit, tls[i]->flags };
		struct user_desc d;

		memcpy(&d, word, sizeof(d));
		if (FAULTY(FAULT_PTRACE, ptrace(PTRACE_SET_THREAD_AREA, t->tid, (long)tls[i]->entry_number, &d)) < 0)
			return -errno;
	}
	return 0;
}

/* user_size of struct fpstate (fpu_user_cfg.default_size). */
size_t arch_xstate_plain(void)
{
	uint64_t xcr0 = read_xcr0() & ~XSTATE_TILE_DATA;
	unsigned size, offset, c, d;
	size_t end = XSTATE_MIN;

	for (unsigned i = 2; i < 63; i++) {
		if (!(xcr0 >> i & 1))
			continue;
		__cpuid_count(0xd, i, size, offset, c, d);
		end = MAX(end, (size_t)offset + size);
	}
	return end;
}

size_t arch_xstate_max(void)
{
	unsigned a, b, c, d;

	__cpuid_count(0xd, 0, a, b, c, d);
	return MAX(b, c) + 64 < 4096 ? 4096 : MAX(b, c) + 64;
}

/* Feature words an image records, in this order. Programs look at them once,
 * at start, and rely on them for ever. */
static const struct { unsigned leaf, sub; char reg; } cpuid_words[] = {
	{ 1, 0, 'c' }, { 1, 0, 'd' }, { 7, 0, 'b' }, { 7, 0, 'c' }, { 7, 0, 'd' },
	{ 7, 1, 'a' }, { 0x80000001, 0, 'c' }, { 0x80000001, 0, 'd' },
};
#define CPUID_WORDS (sizeof(cpuid_words) / sizeof(cpuid_words[0]))
/* Of leaf 1 ecx, only OSXSAVE depends on the kernel and none on the CPU the
 * task happens to be on; APIC ids are in ebx. */

int arch_cpu(struct arena *arena, CpuFeatures *ret)
{
	unsigned a, b, c, d, vendor[4] = { 0 };

	if (!__get_cpuid(0, &a, &vendor[0], &vendor[2], &vendor[1]))
		return -ENOTSUP;
	ret->vendor = arena_strdup(arena, (const char *)vendor);
	ret->xcr0 = read_xcr0();
	__cpuid_count(0xd, 0, a, b, c, d);
	ret->xsave_size = b;
	ret->cpuid = arena_zalloc(arena, CPUID_WORDS * sizeof(ret->cpuid[0]));
	if (!ret->vendor || !ret->cpuid)
		return -ENOMEM;
	for (size_t i = 0; i < CPUID_WORDS; i++) {
		a = b = c = d = 0;
		__get_cpuid_count(cpuid_words[i].leaf, cpuid_words[i].sub, &a, &b, &c, &d);
		ret->cpuid[i] = cpuid_words[i].reg == 'a' ? a : cpuid_words[i].reg == 'b' ? b :
				cpuid_words[i].reg == 'c' ? c : d;
	}
	ret->n_cpuid = CPUID_WORDS;
	return 0;
}

const char *arch_cpu_refuses(struct arena *a, const CpuFeatures *from, const CpuFeatures *here)
{
	if (from->xcr0 & ~here->xcr0)
		return arena_printf(a, "the saved registers need CPU state components %#llx, which this CPU lacks",
				    (unsigned long long)(from->xcr0 & ~here->xcr0));
	if (from->n_cpuid != here->n_cpuid)
		return "the image names other CPU features than this ckpt knows";
	for (size_t i = 0; i < here->n_cpuid; i++)
		if (from->cpuid[i] & ~here->cpuid[i])
			return arena_printf(a, "the program was started on a CPU with features that this one lacks "
					    "(cpuid word %zu, bits %#x)", i, from->cpuid[i] & ~here->cpuid[i]);
	return NULL;
}
