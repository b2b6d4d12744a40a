/* SPDX-License-Identifier: Apache-2.0 */
/* test_image.c - a checkpoint on disk: what is written is read, what is damaged is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "arena.h"
#include "files.pb-c.h"
#include "image.h"
#include "mm.pb-c.h"
#include "tmpdir.h"
#include "tree.pb-c.h"

struct fixture {
	struct tmpdir dir;
	struct arena *mem;
};

/* This program's own fsync and renameat2 come before libc's: they fail when told to. */
static int fsyncs_until_failure, fsyncs_failed;
static bool no_exchange;

int fsync(int fd)
{
	if (fsyncs_until_failure && !--fsyncs_until_failure) {
		fsyncs_failed++;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	if (flags && no_exchange) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tmpdir_make(&f->dir);
	f->mem = arena_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tmpdir_remove(&f->dir);
	arena_free(f->mem);
	free(f);
	return 0;
}

/* A writer with two part files of one record each, and one page. */
static struct image_writer *begin(struct fixture *f, bool overwrite, uint32_t umask_)
{
	Fs fs = FS__INIT;
	TreeRecord tree = TREE_RECORD__INIT;
	Mm mm = MM__INIT;
	MmRecord record = MM_RECORD__INIT;
	struct image_writer *w = NULL;
	struct image_part *p;
	const char *why = NULL;
	char page[4096] = "page";
	int fd;

	assert_int_equal(image_create(f->mem, f->dir.fd, overwrite, &w, &why), 0);
	assert_int_equal(image_part_begin(w, "tree", &p), 0);
	fs.id = 1;
	fs.cwd = (char *)(uintptr_t)"/somewhere";
	fs.umask = umask_;
	tree.record_case = TREE_RECORD__RECORD_FS;
	tree.fs = &fs;
	assert_int_equal(image_part_add(p, &tree.base), 0);
	assert_int_equal(image_part_begin(w, "mm", &p), 0);
	mm.id = 1;
	record.record_case = MM_RECORD__RECORD_MM;
	record.mm = &mm;
	assert_int_equal(image_part_add(p, &record.base), 0);
	assert_int_equal(image_pages_create(w, &fd), 0);
	assert_int_equal(pwrite(fd, page, sizeof(page), 0), sizeof(page));
	return w;
}

static int commit(struct fixture *f, struct image_writer *w, const char *need)
{
	Inventory *inv = ARENA_MSG(f->mem, Inventory, inventory);
	const char *why = NULL;
	char **el = ARENA_ADD(f->mem, inv->needs, inv->n_needs);
	int err;

	*el = arena_strdup(f->mem, need);
	inv->tool_version = arena_strdup(f->mem, "test");
	err = image_commit(w, inv, &why);
	if (err)
		assert_non_null(why);
	return err;
}

static void make(struct fixture *f, uint32_t umask_)
{
	assert_int_equal(commit(f, begin(f, true, umask_), "mm"), 0);
}

/* Open and close; the result, with a reason if it is an error. */
static int try_open(struct fixture *f)
{
	struct arena *a = arena_new();
	struct image *i = NULL;
	const char *why = NULL;
	int err = image_open(a, f->dir.fd, &i, &why);

	if (err)
		assert_true(why && *why);
	image_close(i);
	arena_free(a);
	return err;
}

static uint32_t stored_umask(struct fixture *f)
{
	struct image *i = NULL;
	ProtobufCMessage **list = NULL;
	const char *why = NULL;
	uint32_t ret;
	size_t n = 0;

	assert_int_equal(image_open(f->mem, f->dir.fd, &i, &why), 0);
	assert_int_equal(image_records(i, "tree", &tree_record__descriptor, &list, &n, &why), 0);
	assert_int_equal(n, 1);
	ret = ((TreeRecord *)list[0])->fs->umask;
	image_close(i);
	return ret;
}

/* The file name of a part in the checkpoint. */
static const char *file_of(struct fixture *f, const char *part)
{
	struct image *i = NULL;
	const char *why = NULL, *ret = NULL;

	assert_int_equal(image_open(f->mem, f->dir.fd, &i, &why), 0);
	for (size_t p = 0; p < image_inventory(i)->n_parts; p++)
		if (!strcmp(image_inventory(i)->parts[p]->name, part))
			ret = image_inventory(i)->parts[p]->file;
	image_close(i);
	assert_non_null(ret);
	return ret;
}

/* Give a metadata file that was changed its right length and checksum again. */
static void seal(uint8_t *data, size_t len)
{
	uint64_t n = htole64(len - 32), sum = htole64(image_checksum(data + 32, len - 32));

	memcpy(data + 16, &n, 8);
	memcpy(data + 24, &sum, 8);
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	struct image *i = NULL;
	ProtobufCMessage **list;
	const char *why = NULL;
	uint64_t size;
	size_t n;
	int fd;

	make(f, 022);
	assert_int_equal(tmpdir_count(&f->dir), 4);
	assert_int_equal(image_open(f->mem, f->dir.fd, &i, &why), 0);
	assert_int_equal(image_inventory(i)->id.len, 16);
	assert_string_equal(image_inventory(i)->tool_version, "test");
	assert_int_equal(image_records(i, "tree", &tree_record__descriptor, &list, &n, &why), 0);
	assert_int_equal(n, 1);
	assert_string_equal(((TreeRecord *)list[0])->fs->cwd, "/somewhere");
	assert_int_equal(image_records(i, "tree", &mm_record__descriptor, &list, &n, &why), -EINVAL);
	assert_int_equal(image_records(i, "files", &file_record__descriptor, &list, &n, &why), -ENOENT);
	assert_int_equal(image_pages_fd(i, &fd, &size), 0);
	assert_int_equal(size, 4096);
	image_close(i);
}

static void test_modes(void **state)
{
	struct fixture *f = *state;
	const char *const parts[] = { "tree", "mm", "pages" };
	mode_t before = umask(0777);
	struct stat st;

	make(f, 1);
	umask(0);
	assert_int_equal(fstatat(f->dir.fd, "inventory.img", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	make(f, 1);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fstatat(f->dir.fd, file_of(f, parts[i]), &st, 0), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
	}
	umask(before);
}

static void test_writer_refuses(void **state)
{
	struct fixture *f = *state;
	struct image_writer *w = begin(f, false, 1), *second = NULL;
	struct image_part *p;
	const char *why = NULL;
	Mm wrong = MM__INIT;

	assert_int_equal(image_part_begin(w, "tree", &p), -EEXIST);
	assert_int_equal(image_part_begin(w, "../etc", &p), -EINVAL);
	assert_int_equal(image_part_begin(w, "files", &p), 0);
	assert_int_equal(image_part_add(p, &wrong.base), -EINVAL);
	assert_int_equal(image_create(f->mem, f->dir.fd, false, &second, &why), -EBUSY);
	assert_int_equal(commit(f, w, "fd.telepathy"), -EINVAL);
	assert_int_equal(tmpdir_count(&f->dir), 0);
}

static void test_abort_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	image_abort(NULL);
	image_abort(begin(f, false, 1));
	assert_int_equal(tmpdir_count(&f->dir), 0);
	make(f, 2);
	image_abort(begin(f, true, 3));
	assert_int_equal(tmpdir_count(&f->dir), 4);
	assert_int_equal(stored_umask(f), 2);
}

static void test_overwrite(void **state)
{
	struct fixture *f = *state;
	struct image_writer *w = NULL;
	const char *why = NULL, *old;

	make(f, 1);
	old = file_of(f, "tree");
	assert_int_equal(image_create(f->mem, f->dir.fd, false, &w, &why), -EEXIST);
	assert_non_null(why);
	make(f, 2);
	assert_int_equal(stored_umask(f), 2);
	assert_false(tmpdir_has(&f->dir, old));
	assert_int_equal(tmpdir_count(&f->dir), 4);
}

/* An inventory that cannot be read can still be replaced. */
static void test_overwrite_rubbish(void **state)
{
	struct fixture *f = *state;

	tmpdir_put(&f->dir, "inventory.img", "rubbish", 7);
	make(f, 2);
	assert_int_equal(stored_umask(f), 2);
	assert_int_equal(tmpdir_count(&f->dir), 4);
}

static void test_leftovers_go_foreign_files_stay(void **state)
{
	struct fixture *f = *state;
	const char *const foreign[] = {
		"dump.log", "pages-1.img", "tree-0123456789abcdef.img.bak", "core-2.img",
		"notes-0123456789abcdef.img", "tree-0123456789ABCDEF.img", "tree-0123456789abcdef0.img",
	};
	const char *const left[] = {
		"pages-0123456789abcdef.img", "tree-ffffffffffffffff.img", "inventory.img.tmp",
	};

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
			tmpdir_put(&f->dir, foreign[i], "x", 1);
		for (size_t i = 0; i < 3; i++)
			tmpdir_put(&f->dir, left[i], "x", 1);
		make(f, 1);
		for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
			assert_true(tmpdir_has(&f->dir, foreign[i]));
		for (size_t i = 0; i < 3; i++)
			assert_false(tmpdir_has(&f->dir, left[i]));
		assert_int_equal(try_open(f), 0);
	}
}

/* A full disk, played by a file size limit: the old checkpoint stays. */
static void test_no_space_rolls_back(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, small = { 40, RLIM_INFINITY };
	struct image_writer *w;
	int err;

	make(f, 1);
	w = begin(f, true, 2);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = commit(f, w, "mm");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(tmpdir_count(&f->dir), 4);
	assert_int_equal(stored_umask(f), 1);
}

/* A disk that fails at each fsync in turn, without and with an old checkpoint. */
static void test_no_sync_rolls_back(void **state)
{
	struct fixture *f = *state;

	for (int old = 0; old < 2; old++) {
		int n = 1, err;

		do {
			struct image_writer *w = begin(f, old, 2);

			fsyncs_until_failure = n++;
			err = commit(f, w, "mm");
			assert_int_equal(err, fsyncs_until_failure ? 0 : -EIO);
			fsyncs_until_failure = 0;
			if (err && old)
				assert_int_equal(stored_umask(f), 1);
			if (err)
				assert_int_equal(tmpdir_count(&f->dir), old ? 4 : 0);
		} while (err);
		assert_int_equal(stored_umask(f), 2);
		assert_int_equal(tmpdir_count(&f->dir), 4);
		make(f, 1);
	}
	/* Two parts, pages, directory, inventory, directory. */
	assert_int_equal(fsyncs_failed, 12);
}

static void test_overwrite_without_exchange(void **state)
{
	struct fixture *f = *state;

	no_exchange = true;
	make(f, 1);
	make(f, 2);
	no_exchange = false;
	assert_int_equal(stored_umask(f), 2);
	assert_int_equal(tmpdir_count(&f->dir), 4);
}

static void test_truncated_anywhere(void **state)
{
	struct fixture *f = *state;
	const char *names[4] = { "inventory.img" };
	size_t len;

	make(f, 1);
	names[1] = file_of(f, "tree");
	names[2] = file_of(f, "mm");
	names[3] = file_of(f, "pages");
	for (int i = 0; i < 4; i++) {
		uint8_t *data = tmpdir_get(&f->dir, names[i], &len);

		for (size_t cut = 0; cut < len; cut += i == 3 ? 512 : 1) {
			tmpdir_put(&f->dir, names[i], data, cut);
			assert_int_equal(try_open(f), -EBADMSG);
		}
		tmpdir_put(&f->dir, names[i], data, len);
		assert_int_equal(try_open(f), 0);
		free(data);
	}
}

static void test_any_bit_flipped(void **state)
{
	struct fixture *f = *state;
	const char *names[3] = { "inventory.img" };
	size_t len;

	make(f, 1);
	names[1] = file_of(f, "tree");
	names[2] = file_of(f, "mm");
	for (int i = 0; i < 3; i++) {
		uint8_t *data = tmpdir_get(&f->dir, names[i], &len);

		for (size_t bit = 0; bit < len * 8; bit++) {
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			tmpdir_put(&f->dir, names[i], data, len);
			assert_true(try_open(f) < 0);
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		tmpdir_put(&f->dir, names[i], data, len);
		free(data);
	}
	assert_int_equal(try_open(f), 0);
}

/* Damage that comes with right checksums, as from an ill-meaning hand: the
 * result is open, but nothing may crash. */
static void test_crafted_bytes(void **state)
{
	struct fixture *f = *state;
	size_t len;
	uint8_t *data;

	make(f, 1);
	data = tmpdir_get(&f->dir, "inventory.img", &len);
	for (size_t at = 32; at < len; at++) {
		uint8_t keep = data[at];

		for (int v = 0; v < 256; v += 5) {
			data[at] = (uint8_t)v;
			seal(data, len);
			tmpdir_put(&f->dir, "inventory.img", data, len);
			try_open(f);
		}
		data[at] = keep;
	}
	seal(data, len);
	tmpdir_put(&f->dir, "inventory.img", data, len);
	assert_int_equal(try_open(f), 0);
	free(data);
}

static void expect_header(void **state, size_t at, uint8_t value, int expected, const char *sentence)
{
	struct fixture *f = *state;
	struct image *i = NULL;
	const char *why = NULL;
	size_t len;
	uint8_t *data;

	make(f, 1);
	data = tmpdir_get(&f->dir, "inventory.img", &len);
	data[at] = value;
	tmpdir_put(&f->dir, "inventory.img", data, len);
	assert_int_equal(image_open(f->mem, f->dir.fd, &i, &why), expected);
	assert_non_null(strstr(why, sentence));
	free(data);
}

static void test_wrong_magic(void **state)
{
	expect_header(state, 0, 'c', -EBADMSG, "magic");
}

static void test_wrong_version(void **state)
{
	expect_header(state, 8, 7, -ENOTSUP, "written by format version 7; this ckpt reads version 1");
}

static void test_reserved_not_zero(void **state)
{
	expect_header(state, 13, 1, -EBADMSG, "not zero");
}

static void test_huge_payload(void **state)
{
	expect_header(state, 23, 0xff, -EBADMSG, "announces");
}

/* A single file, so that no inventory stands before the framing. */
static int decode_alone(struct fixture *f, const void *payload, size_t len, const char **why)
{
	uint8_t data[256] = "CKPTtree";
	const char *part = NULL;
	ProtobufCMessage **list;
	size_t n;

	data[8] = 1;
	memcpy(data + 32, payload, len);
	seal(data, len + 32);
	tmpdir_put(&f->dir, "x.img", data, len + 32);
	return image_open_file(f->mem, f->dir.fd, "x.img", &part, &list, &n, why);
}

static void test_framing(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;

	assert_int_equal(decode_alone(f, "", 0, &why), 0);
	assert_int_equal(decode_alone(f, "\0\0\0", 3, &why), -EBADMSG);
	assert_int_equal(decode_alone(f, "\xff\xff\xff\xff", 4, &why), -EBADMSG);
	assert_non_null(strstr(why, "4294967295"));
	/* A sparse file of nothing else would come to a thousand million records. */
	assert_int_equal(decode_alone(f, "\0\0\0\0", 4, &why), -EBADMSG);
	assert_non_null(strstr(why, "record 1 is empty"));
	assert_int_equal(decode_alone(f, "\2\0\0\0\x12", 5, &why), -EBADMSG);
	/* The record's Fs says it is 127 bytes long. */
	assert_int_equal(decode_alone(f, "\2\0\0\0\x12\x7f", 6, &why), -EBADMSG);
	assert_non_null(strstr(why, "record 1"));
}

/* The Inventory's cpu again and again, with one cpuid word each: protobuf merges
 * them, and each time copies all words so far. */
static void test_unfolds(void **state)
{
	static const uint8_t once[] = { 0x52, 6, 0x22, 4, 1, 2, 3, 4 };
	struct fixture *f = *state;
	const size_t times = 100000, len = 32 + 4 + times * sizeof(once);
	uint8_t *data = calloc(1, len);
	uint32_t size = htole32((uint32_t)(times * sizeof(once)));
	const char *part, *why = NULL;
	ProtobufCMessage **list;
	size_t n;

	memcpy(data, "CKPTinvt", 8);
	data[8] = 1;
	memcpy(data + 32, &size, sizeof(size));
	for (size_t i = 0; i < times; i++)
		memcpy(data + 36 + i * sizeof(once), once, sizeof(once));
	seal(data, len);
	tmpdir_put(&f->dir, "x.img", data, len);
	assert_int_equal(image_open_file(f->mem, f->dir.fd, "x.img", &part, &list, &n, &why), -EBADMSG);
	assert_non_null(strstr(why, "unfolds"));
	free(data);
}

static void test_unknown_fields(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;

	/* Field 15 of TreeRecord; field 15 of the Fs in one; field 15 of a
	 * Limit in a Process in one. */
	assert_int_equal(decode_alone(f, "\2\0\0\0\x78\1", 6, &why), -ENOTSUP);
	assert_int_equal(decode_alone(f, "\4\0\0\0\x12\2\x78\1", 8, &why), -ENOTSUP);
	assert_int_equal(decode_alone(f, "\6\0\0\0\x22\4\x6a\2\x78\1", 10, &why), -ENOTSUP);
	assert_non_null(strstr(why, "does not know"));
	/* The same Limit with a field that it has. */
	assert_int_equal(decode_alone(f, "\6\0\0\0\x22\4\x6a\2\x08\1", 10, &why), 0);
}

/* Put another inventory in its place, with right checksums. */
static void put_inventory(struct fixture *f, const Inventory *inv)
{
	size_t len = inventory__get_packed_size(inv);
	uint8_t *data = calloc(1, len + 36);
	uint32_t prefix = htole32((uint32_t)len);

	memcpy(data, "CKPTinvt\1", 9);
	memcpy(data + 32, &prefix, 4);
	inventory__pack(inv, data + 36);
	seal(data, len + 36);
	tmpdir_put(&f->dir, "inventory.img", data, len + 36);
	free(data);
}

static void test_inventory_lies(void **state)
{
	struct fixture *f = *state;
	struct image *i = NULL;
	const char *why = NULL;
	Inventory inv;
	Part *p;
	char *s;

	make(f, 1);
	assert_int_equal(image_open(f->mem, f->dir.fd, &i, &why), 0);
	inv = *image_inventory(i);
	p = inv.parts[0];

#define WITH(field, value, result) do {						\
	__auto_type keep_ = (field);						\
	(field) = (value);							\
	put_inventory(f, &inv);							\
	(field) = keep_;							\
	assert_int_equal(try_open(f), (result));				\
} while (0)
#define TEXT(text) (s = arena_strdup(f->mem, (text)))

	WITH(inv.needs[0], TEXT("fd.telepathy"), -ENOTSUP);
	WITH(p->file, TEXT("../tree-0123456789abcdef.img"), -EBADMSG);
	WITH(p->file, TEXT("/etc/passwd"), -EBADMSG);
	WITH(p->file, TEXT(""), -EBADMSG);
	WITH(p->file, TEXT("tree-0123456789abcdef.img"), -EBADMSG);
	WITH(p->file, inv.parts[1]->file, -EBADMSG);
	WITH(p->name, TEXT("trees"), -ENOTSUP);
	WITH(p->name, inv.parts[1]->name, -EBADMSG);
	WITH(p->size, 1, -EBADMSG);
	WITH(p->checksum, 1, -EBADMSG);
	WITH(p->records, UINT64_MAX, -EBADMSG);
	WITH(inv.parts[1], p, -EBADMSG);
	WITH(inv.parts[2]->size, UINT64_MAX, -EBADMSG);
	WITH(inv.parts[2]->records, 1, -EBADMSG);
	WITH(inv.id.len, 15, -EBADMSG);
	assert_non_null(s);
	put_inventory(f, &inv);
	assert_int_equal(try_open(f), 0);
	image_close(i);
}

static void test_not_regular(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_open(f), -ENOENT);
	assert_int_equal(mkfifoat(f->dir.fd, "inventory.img", 0600), 0);
	assert_int_equal(try_open(f), -EBADMSG);
	assert_int_equal(unlinkat(f->dir.fd, "inventory.img", 0), 0);
	assert_int_equal(symlinkat("/dev/zero", f->dir.fd, "inventory.img"), 0);
	assert_int_equal(try_open(f), -ELOOP);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_round_trip), T(test_modes), T(test_writer_refuses), T(test_abort_leaves_nothing),
		T(test_overwrite), T(test_overwrite_rubbish), T(test_leftovers_go_foreign_files_stay),
		T(test_no_space_rolls_back), T(test_no_sync_rolls_back),
		T(test_overwrite_without_exchange), T(test_truncated_anywhere), T(test_any_bit_flipped),
		T(test_crafted_bytes), T(test_wrong_magic), T(test_wrong_version), T(test_reserved_not_zero),
		T(test_huge_payload), T(test_framing), T(test_unknown_fields), T(test_inventory_lies),
		T(test_huge_payload), T(test_unfolds), T(test_unknown_fields), T(test_inventory_lies),
		T(test_not_regular),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
