/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_proc.c - libFuzzer on the parsers of /proc: the first byte says which one. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "cleanup.h"
#include "proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool good)
{
	if (!good)
		abort();
}

static int fuzz_stat(struct arena *a, const char *text, size_t len)
{
	struct proc_stat st;
	int r = proc_parse_stat(text, len, &st);

	(void)a;
	if (!r)
		insist(memchr(st.comm, 0, sizeof(st.comm)));
	return r;
}

static int fuzz_status(struct arena *a, const char *text, size_t len)
{
	struct proc_status st;
	uint32_t all = 0;
	int r = proc_parse_status(a, text, len, &st);

	if (r)
		return r;
	insist(memchr(st.name, 0, sizeof(st.name)) && st.n_nspid <= ARRAY_SIZE(st.nspid));
	for (size_t i = 0; i < st.n_groups; i++)
		all |= st.groups[i];
	insist(!all || st.n_groups);
	return 0;
}

static int fuzz_maps(struct arena *a, const char *text, size_t len)
{
	struct proc_vma *v;
	size_t n, all = 0;
	int r = proc_parse_maps(a, text, len, &v, &n);

	if (r)
		return r;
	for (size_t i = 0; i < n; i++) {
		insist(v[i].start < v[i].end && v[i].type <= VMA_OTHER);
		all += strlen(v[i].path);
	}
	insist(all <= len);
	return 0;
}

static int fuzz_fdinfo(struct arena *a, const char *text, size_t len)
{
	struct fdinfo f;
	uint64_t v;
	int r = proc_parse_fdinfo(a, text, len, &f);

	if (r)
		return r;
	for (size_t i = 0; i < f.n_lines; i++) {
		insist(fdinfo_get(&f, f.lines[i].key));
		insist(fdinfo_u64(&f, f.lines[i].key, 16, &v) != -ENOENT);
	}
	return 0;
}

static int fuzz_syscall(struct arena *a, const char *text, size_t len)
{
	struct proc_syscall c;

	(void)a;
	return proc_parse_syscall(text, len, &c);
}

static int fuzz_sched(struct arena *a, const char *text, size_t len)
{
	uint64_t ns;

	(void)a;
	return proc_parse_sched_exec_start(text, len, &ns);
}

static const struct { char letter; int (*fn)(struct arena *a, const char *text, size_t len); } parsers[] = {
	{ 's', fuzz_stat }, { 'S', fuzz_status }, { 'm', fuzz_maps },
	{ 'f', fuzz_fdinfo }, { 'c', fuzz_syscall }, { 'x', fuzz_sched },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_freep) struct arena *a = arena_new();

	insist(a);
	for (size_t i = 0; size && i < ARRAY_SIZE(parsers); i++)
		if (parsers[i].letter == (char)data[0]) {
			int r = parsers[i].fn(a, (const char *)data + 1, size - 1);

			insist(!r || r == -EINVAL);
		}
	return 0;
}
