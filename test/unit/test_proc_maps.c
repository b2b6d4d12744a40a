/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_maps.c - maps and smaps: names, types, flags, and broken texts. */
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include "proc_mangle.h"
#include "proc.h"
#include "tmpdir.h"

#define PAD "                     "
#define MAPS \
	"5571b47fd000-5571b47ff000 r--p 00000000 fe:00 247134 " PAD "/usr/bin/cat\n" \
	"5571b47ff000-5571b4804000 r-xp 00002000 fe:00 247134 " PAD "/usr/bin/cat\n" \
	"5571b4808000-5571b4809000 rw-p 0000a000 103:1f 18446744073709551615 " PAD "/usr/bin/cat (deleted)\n" \
	"5571f138a000-5571f13ab000 rw-p 00000000 00:00 0 " PAD "[heap]\n" \
	"7f14572e1000-7f1457303000 -w-s 00000000 00:00 0 \n" \
	"7f1457553000-7f1457557000 r--p 00000000 00:00 0 " PAD "[vvar]\n" \
	"7f1457557000-7f1457559000 r--p 00000000 00:00 0 " PAD "[vvar_vclock]\n" \
	"7f1457559000-7f145755b000 r-xp 00000000 00:00 0 " PAD "[vdso]\n" \
	"7ffd8b0ed000-7ffd8b10e000 rw-p 00000000 00:00 0 " PAD "[stack]\n" \
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 " PAD "[vsyscall]\n"

#define SMAPS_NEW \
	"564b81f24000-564b81f2a000 r-xp 00002000 fe:00 247498 " PAD "/usr/bin/head\n" \
	"Size:                 24 kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n" \
	"Rss:                  20 kB\nPss:                   3 kB\nPss_Dirty:             0 kB\n" \
	"Shared_Clean:          0 kB\nShared_Dirty:          0 kB\nPrivate_Clean:        24 kB\n" \
	"Private_Dirty:         0 kB\nReferenced:           24 kB\nAnonymous:             8 kB\n" \
	"KSM:                   0 kB\nLazyFree:              0 kB\nAnonHugePages:      2048 kB\n" \
	"ShmemPmdMapped:        0 kB\nFilePmdMapped:         0 kB\nShared_Hugetlb:        0 kB\n" \
	"Private_Hugetlb:       0 kB\nSwap:                 12 kB\nSwapPss:               1 kB\n" \
	"Locked:                4 kB\nTHPeligible:           0\nProtectionKey:        13\n" \
	"VmFlags: rd ex mr mw me dd gu \n"
#define SMAPS_OLD \
	"7f1457600000-7f1457800000 rw-s 00000000 00:0e 31 " PAD "/anon_hugepage (deleted)\n" \
	"Size:               2048 kB\nRss:                   0 kB\nPss:                   0 kB\n" \
	"Swap:                  0 kB\nKernelPageSize:     2048 kB\nMMUPageSize:        2048 kB\n" \
	"Locked:                0 kB\nVmFlags: rd wr sh mr mw me ms de ht zz nl \n"

static int setup(void **state)
{
	*state = arena_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct proc_vma *parsed(struct arena *a, const char *text, size_t want)
{
	struct proc_vma *v = NULL;
	size_t n = 0;

	assert_int_equal(proc_parse_maps(a, text, strlen(text), &v, &n), 0);
	assert_int_equal(n, want);
	return v;
}

static void numbers(void **state)
{
	struct proc_vma *v = parsed(*state, MAPS, 10);

	assert_int_equal(v[0].start, 0x5571b47fd000);
	assert_int_equal(v[0].end, 0x5571b47ff000);
	assert_int_equal(v[0].prot, PROT_READ);
	assert_false(v[0].shared);
	assert_int_equal(v[0].pgoff, 0);
	assert_int_equal(v[0].dev, makedev(0xfe, 0));
	assert_int_equal(v[0].ino, 247134);
	assert_int_equal(v[0].flags, 0);
	assert_int_equal(v[0].page_size, 0);
	assert_int_equal(v[1].pgoff, 0x2000);
	assert_int_equal(v[1].prot, PROT_READ | PROT_EXEC);
	assert_int_equal(v[2].dev, makedev(0x103, 0x1f));
	assert_true(v[2].ino == UINT64_MAX);
	assert_int_equal(v[4].prot, PROT_WRITE);
	assert_true(v[4].shared);
	assert_true(v[9].start == 0xffffffffff600000);
	assert_int_equal(v[9].prot, PROT_EXEC);
}

static void types(void **state)
{
	static const enum vma_type want[] = {
		VMA_FILE, VMA_FILE, VMA_FILE, VMA_HEAP, VMA_ANON, VMA_VVAR, VMA_VVAR_VCLOCK, VMA_VDSO,
		VMA_STACK, VMA_VSYSCALL,
	};
	struct proc_vma *v = parsed(*state, MAPS, 10);

	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(v[i].type, want[i]);
		assert_int_equal(v[i].deleted, i == 2);
	}
	assert_string_equal(v[2].path, "/usr/bin/cat");
	assert_string_equal(v[3].path, "[heap]");
	assert_string_equal(v[4].path, "");
}

static void names(void **state)
{
	static const struct { const char *text, *path; enum vma_type type; bool deleted; } want[] = {
		{ "00:01 7 " PAD "/dev/zero (deleted)", "/dev/zero", VMA_FILE, true },
		{ "00:01 0 " PAD "/SYSV0000002a (deleted)", "/SYSV0000002a", VMA_FILE, true },
		{ "00:01 7 " PAD "/memfd:a b (deleted)", "/memfd:a b", VMA_FILE, true },
		{ "00:0f 7 " PAD "/[aio] (deleted)", "/[aio]", VMA_FILE, true },
		{ "00:0e 7 " PAD "anon_inode:[io_uring]", "anon_inode:[io_uring]", VMA_FILE, false },
		{ "00:08 7 " PAD "socket:[1234]", "socket:[1234]", VMA_FILE, false },
		{ "fe:00 7 " PAD "/a (deleted) (deleted)", "/a (deleted)", VMA_FILE, true },
		{ "fe:00 7 " PAD "/a\\012b\\012", "/a\nb\n", VMA_FILE, false },
		/* Only newlines are escaped: these four characters are in the name. */
		{ "fe:00 7 " PAD "/a\\134b\\\\01", "/a\\134b\\\\01", VMA_FILE, false },
		{ "fe:00 7 " PAD "/x y\tz", "/x y\tz", VMA_FILE, false },
		{ "00:00 0 " PAD "[anon:a name]", "[anon:a name]", VMA_OTHER, false },
		{ "00:01 7 " PAD "[anon_shmem:x]", "[anon_shmem:x]", VMA_OTHER, false },
		{ "00:00 0 " PAD "[anon:x (deleted)", "[anon:x (deleted)", VMA_OTHER, false },
		{ "00:00 0 " PAD "[uprobes]", "[uprobes]", VMA_OTHER, false },
		{ "00:00 0 " PAD "[heap", "[heap", VMA_OTHER, false },
		{ "00:00 0", "", VMA_ANON, false },
		{ "00:00 0 ", "", VMA_ANON, false },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct proc_vma *v;
		char line[256];

		snprintf(line, sizeof(line), "1000-2000 r--p 00000000 %s\n", want[i].text);
		v = parsed(*state, line, 1);
		assert_string_equal(v->path, want[i].path);
		assert_int_equal(v->type, want[i].type);
		assert_int_equal(v->deleted, want[i].deleted);
	}
}

static void neighbours_share_a_path(void **state)
{
	struct proc_vma *v = parsed(*state, "1000-2000 r--p 0 1:2 3 /a\n2000-3000 r--p 0 1:2 3 /ab\n"
					    "3000-4000 r--p 0 1:2 3 /ab (deleted)\n"
					    "4000-5000 r--p 0 1:2 3 /a\n", 4);

	assert_string_equal(v[0].path, "/a");
	assert_string_equal(v[1].path, "/ab");
	assert_string_equal(v[2].path, "/ab");
	assert_true(v[2].deleted);
	assert_false(v[1].deleted);
	assert_string_equal(v[3].path, "/a");
	assert_ptr_equal(v[1].path, v[2].path);
}

static void smaps(void **state)
{
	struct proc_vma *v = parsed(*state, SMAPS_NEW SMAPS_OLD, 2);

	assert_int_equal(v[0].page_size, 4096);
	assert_int_equal(v[0].rss, 20 << 10);
	assert_int_equal(v[0].anonymous, 8 << 10);
	assert_int_equal(v[0].anon_huge, 2 << 20);
	assert_int_equal(v[0].swap, 12 << 10);
	assert_int_equal(v[0].locked, 4 << 10);
	assert_int_equal(v[0].key, 13);
	assert_int_equal(v[1].key, 0);
	assert_true(v[0].flags == (1ull << VMF_RD | 1ull << VMF_EX | 1ull << VMF_MR | 1ull << VMF_MW |
				   1ull << VMF_ME | 1ull << VMF_DD | 1ull << VMF_GU));
	assert_int_equal(v[1].page_size, 2 << 20);
	assert_int_equal(v[1].rss, 0);
	assert_string_equal(v[1].path, "/anon_hugepage");
	assert_true(v[1].flags >> VMF_HT & 1);
	assert_true(v[1].flags >> VMF_NL & 1);
	assert_true(v[1].flags >> VMF_UNKNOWN & 1);
	assert_false(v[1].flags >> VMF_EX & 1);
}

static void flag_names(void **state)
{
	static const char order[] = "rd wr ex sh mr mw me ms gd pf dw lo io sr rr dc de ac nr ht sf ar wf dd sd "
				    "mm hg nh mg um uw ui ss sl lf dp bt mt nl gu ";

	(void)state;
	for (int f = 0; order[3 * f]; f++) {
		assert_int_equal(vma_flag_by_name(order + 3 * f), f);
		assert_memory_equal(vma_flag_name(f), order + 3 * f, 2);
		assert_int_equal(strlen(vma_flag_name(f)), 2);
	}
	assert_int_equal(order[3 * VMF_GU], 'g');
	assert_int_equal(order[3 * VMF_GU + 3], 0);
	assert_int_equal(vma_flag_by_name("zz"), -EINVAL);
	assert_int_equal(vma_flag_by_name("??"), -EINVAL);
	assert_int_equal(vma_flag_by_name("RD"), -EINVAL);
	assert_int_equal(vma_flag_by_name(""), -EINVAL);
	assert_string_equal(vma_flag_name(VMF_UNKNOWN), "??");
	assert_string_equal(vma_flag_name(VMF_GU + 1), "??");
}

static void nothing(void **state)
{
	parsed(*state, "", 0);
}

static void refused(void **state)
{
	static const struct { const char *from, *to; } bad[] = {
		{ "564b81f24000-", "564b81f2a000-" }, { "564b81f24000-", "664b81f2a000-" },
		{ "564b81f24000-", "-" },
		{ "564b81f24000", "10000000000000000" }, { "r-xp", "rxxp" }, { "r-xp", "r-xq" },
		{ "r-xp", "r-x" },
		{ "fe:00", "fe00" }, { "fe:00", "fe:100000000" }, { "247498 ", "" }, { "247498", "247498x" },
		{ "247498", "18446744073709551616" }, { "564b81f24000-", "Size:  4 kB\n564b81f24000-" },
		{ "  20 kB", "  20 MB" }, { "  20 kB", "" }, { "  20 kB", "  20 kBs" },
		{ "  20 kB", "18014398509481984 kB" }, { "  20 kB", "99999999999999999999 kB" },
		{ "Size:", "size:" }, { "       13", "" }, { "13", "13 kB" }, { "13", "99999" }, { "VmFlags:", "\nVmFlags:" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = replaced(SMAPS_NEW, bad[i].from, bad[i].to);
		struct proc_vma *v;
		size_t n;

		if (proc_parse_maps(*state, text, strlen(text), &v, &n) != -EINVAL)
			fail_msg("accepted: '%s' instead of '%s'", bad[i].to, bad[i].from);
		free(text);
	}
}

static void no_nul_in_a_path(void **state)
{
	static const char text[] = "1000-2000 r--p 0 1:2 3 /a\0b\n2000-3000 r--p 0 1:2 3 /a\0b\n";
	struct proc_vma *v;
	size_t n;

	assert_int_equal(proc_parse_maps(*state, text, sizeof(text) - 1, &v, &n), -EINVAL);
}

static int read_file(struct arena *a, struct tmpdir *dir, const char *text, struct proc_vma **v, size_t *n)
{
	tmpdir_put(dir, "smaps", text, strlen(text));
	return proc_read_maps(a, dir->fd, true, v, n);
}

/* The kernel gives whole lines as a rule; a file on disk is cut anywhere by the size of the buffer. */
static void reads_that_end_anywhere(void **state)
{
	size_t count = 999, one = strlen(SMAPS_NEW SMAPS_OLD), n, n_parsed;
	char *text = malloc(count * one + 1);
	struct proc_vma *v, *parsed_v;
	struct tmpdir dir;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * one, SMAPS_NEW SMAPS_OLD, one + 1);
	tmpdir_make(&dir);
	assert_int_equal(read_file(*state, &dir, text, &v, &n), 0);
	assert_int_equal(proc_parse_maps(*state, text, count * one, &parsed_v, &n_parsed), 0);
	assert_int_equal(n, 2 * count);
	assert_int_equal(n_parsed, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(v[i].path, parsed_v[i].path);
		assert_int_equal(v[i].ino, parsed_v[i].ino);
		assert_int_equal(v[i].page_size, parsed_v[i].page_size);
		assert_true(v[i].flags == parsed_v[i].flags);
	}
	text[count * one - 1] = '\0';
	assert_int_equal(read_file(*state, &dir, text, &v, &n), -EINVAL);
	memset(text, 'f', count * one - 1);
	assert_int_equal(read_file(*state, &dir, text, &v, &n), -EINVAL);
	tmpdir_remove(&dir);
	free(text);
}

/* Walks all paths, so that one that is not text is seen. */
static int maps_fn(struct arena *a, const char *text, size_t len)
{
	struct proc_vma *v;
	size_t n, all = 0;
	int r = proc_parse_maps(a, text, len, &v, &n);

	for (size_t i = 0; !r && i < n; i++)
		all += strlen(v[i].path);
	assert_in_range(all, 0, len);
	return r;
}

static void mangled(void **state)
{
	(void)state;
	mangle(MAPS, maps_fn);
	mangle(SMAPS_NEW SMAPS_OLD, maps_fn);
	mangle("1000-2000 r--p 0 1:2 3 /a\\012\\134\n2000-3000 r--p 0 1:2 3 /a\\012\\134\n", maps_fn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(types), cmocka_unit_test(names),
		cmocka_unit_test(neighbours_share_a_path), cmocka_unit_test(smaps),
		cmocka_unit_test(flag_names),
		cmocka_unit_test(nothing), cmocka_unit_test(refused), cmocka_unit_test(no_nul_in_a_path),
		cmocka_unit_test(reads_that_end_anywhere), cmocka_unit_test(mangled),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
