/* SPDX-License-Identifier: Apache-2.0 */
/* test_powerloss.c - the power fails after any call that writes a checkpoint: the old one or the new one is there.
 *
 * Calls that change files are recorded. For every prefix of them a directory
 * is made with what was synced by then: data of a file if it was synced after
 * the write, names if the directory was synced after they came or went. All
 * else may be there or not, each call for itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "sample.h"

#define MAX_OPS 512
#define MAX_FILES 64
#define DATA_ROOM (8u << 20)
#define PAGES 4
#define SOME_RANDOM 3

enum op_kind { OP_NAMES, OP_WRITE, OP_SIZE, OP_SYNC, OP_SYNC_DIR };

struct op {
	enum op_kind kind;
	struct { char name[64]; int file; } names[2];	/* file 0: the name goes */
	int n_names, file;
	size_t at, len, data;
};

/* Shared with a child that is killed while it writes. */
struct record {
	bool on, no_exchange, fails_on;
	struct op ops[MAX_OPS];
	size_t n, kill_at, used, calls, fail_at;
	int n_files, of_fd[1024];
	uint8_t data[DATA_ROOM];
};

static struct record *rec;

struct fixture {
	struct tmpdir dir, rebuilt;
	unsigned seed;
	size_t tried;
};

/* --- the calls ---------------------------------------------------------- */

static int file_named(const char *name)
{
	int found = 0;

	for (size_t i = 0; i < rec->n; i++)
		for (int j = 0; j < rec->ops[i].n_names; j++)
			if (!strcmp(rec->ops[i].names[j].name, name))
				found = rec->ops[i].names[j].file;
	return found;
}

static struct op *new_op(enum op_kind kind)
{
	if (rec->n == MAX_OPS)
		abort();
	rec->ops[rec->n] = (struct op){ .kind = kind };
	return &rec->ops[rec->n];
}

static void add_name(struct op *op, const char *name, int file)
{
	snprintf(op->names[op->n_names].name, sizeof(op->names[0].name), "%s", name);
	op->names[op->n_names++].file = file;
}

/* The call has been made. */
static void done(void)
{
	if (++rec->n == rec->kill_at)
		_exit(0);
}

static bool fails(void)
{
	if (!rec->on || !rec->fail_at)
		return false;
	rec->calls++;
	if (rec->fails_on ? rec->calls < rec->fail_at : rec->calls != rec->fail_at)
		return false;
	errno = EIO;
	return true;
}

int openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = (int)syscall(SYS_openat, dir, name, flags, flags & O_CREAT ? va_arg(ap, mode_t) : 0);
	va_end(ap);
	if (!rec->on || fd < 0)
		return fd;
	rec->of_fd[fd] = 0;
	if (flags & O_CREAT) {
		struct op *op = new_op(OP_NAMES);

		assert_true(flags & O_EXCL);
		rec->of_fd[fd] = ++rec->n_files;
		assert_true(rec->n_files < MAX_FILES);
		add_name(op, name, rec->n_files);
		done();
	}
	return fd;
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pwrite64, fd, buf, len, at);

	if (rec->on && n > 0) {
		struct op *op = new_op(OP_WRITE);

		assert_true(rec->used + (size_t)n <= DATA_ROOM);
		op->file = rec->of_fd[fd];
		op->at = (size_t)at;
		op->len = (size_t)n;
		op->data = rec->used;
		memcpy(rec->data + rec->used, buf, op->len);
		rec->used += op->len;
		done();
	}
	return n;
}

int ftruncate(int fd, off_t size)
{
	int r = (int)syscall(SYS_ftruncate, fd, size);

	if (rec->on && !r) {
		struct op *op = new_op(OP_SIZE);

		op->file = rec->of_fd[fd];
		op->len = (size_t)size;
		done();
	}
	return r;
}

/* Never truly made: the disk that counts is the one that is rebuilt. */
int fsync(int fd)
{
	struct stat st;
	struct op *op;

	if (fails())
		return -1;
	if (!rec->on || fstat(fd, &st))
		return 0;
	op = new_op(S_ISDIR(st.st_mode) ? OP_SYNC_DIR : OP_SYNC);
	op->file = rec->of_fd[fd];
	done();
	return 0;
}

int unlinkat(int dir, const char *name, int flags)
{
	int r = (int)syscall(SYS_unlinkat, dir, name, flags);

	if (rec->on && !r) {
		add_name(new_op(OP_NAMES), name, 0);
		done();
	}
	return r;
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	int r;

	if (flags && rec->no_exchange) {
		errno = EINVAL;
		return -1;
	}
	if (fails())
		return -1;
	r = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
	if (rec->on && !r) {
		int moved = file_named(from), other = flags ? file_named(to) : 0;
		struct op *op = new_op(OP_NAMES);

		add_name(op, from, other);
		add_name(op, to, moved);
		done();
	}
	return r;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, 0);
}

/* --- what a disk may hold ------------------------------------------------- */

static bool is_synced(size_t op, size_t prefix)
{
	const struct op *o = &rec->ops[op];

	for (size_t i = op + 1; i < prefix; i++)
		if (o->kind == OP_NAMES ? rec->ops[i].kind == OP_SYNC_DIR :
		    rec->ops[i].kind == OP_SYNC && rec->ops[i].file == o->file)
			return true;
	return false;
}

static void apply_to_file(uint8_t **data, size_t *size, const struct op *op, size_t len)
{
	size_t end = op->kind == OP_SIZE ? op->len : op->at + len;

	if (end > *size) {
		*data = realloc(*data, end);
		memset(*data + *size, 0, end - *size);
	}
	if (end > *size || op->kind == OP_SIZE)
		*size = end;
	if (op->kind == OP_WRITE)
		memcpy(*data + op->at, rec->data + op->data, len);
}

/* `there` says of each call that was not synced whether it counts: 0 no, 2 half of it, else yes. */
static void put_file(struct fixture *f, const char *name, int file, size_t prefix, const uint8_t *there)
{
	uint8_t *data = malloc(1);
	size_t size = 0;

	for (size_t i = 0; i < prefix; i++) {
		const struct op *op = &rec->ops[i];
		uint8_t how = is_synced(i, prefix) ? 1 : there[i];

		if (op->kind <= OP_SIZE && op->kind != OP_NAMES && op->file == file && how)
			apply_to_file(&data, &size, op, how == 2 ? op->len / 2 : op->len);
	}
	tmpdir_put(&f->rebuilt, name, data, size);
	free(data);
}

static void rebuild(struct fixture *f, size_t prefix, const uint8_t *there)
{
	struct { const char *name; int file; } names[MAX_FILES];
	size_t n = 0;

	tmpdir_files(&f->rebuilt, false);
	for (size_t i = 0; i < prefix; i++) {
		const struct op *op = &rec->ops[i];

		for (int j = 0; j < op->n_names && (is_synced(i, prefix) || there[i]); j++) {
			size_t at = 0;

			while (at < n && strcmp(names[at].name, op->names[j].name))
				at++;
			n = at == n ? n + 1 : n;
			names[at].name = op->names[j].name;
			names[at].file = op->names[j].file;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (names[i].file)
			put_file(f, names[i].name, names[i].file, prefix, there);
}

/* Which checkpoint is there, or -errno; 0: none. Its pages must be its own. */
static int found(struct fixture *f, const char **why)
{
	struct arena *a = arena_new();
	struct image *image = NULL;
	struct checkpoint c;
	int err = image_open(a, f->rebuilt.fd, &image, why), ret = err;

	if (err == -ENOENT && !tmpdir_has(&f->rebuilt, "inventory.img")) {
		ret = 0;
		goto out;
	}
	if (!err)
		ret = load_checkpoint(a, image, &c, why);
	if (!ret)
		ret = (int)c.fss[1]->umask;
	for (int i = 0; ret > 0 && i < PAGES; i++) {
		const Chunk *k = c.mms[1]->vmas[1].chunks[i == PAGES - 1];
		uint8_t page[4096];

		if (pread(c.pages_fd, page, 4096, i * 4096) != 4096 || page[0] != ret || page[1] != i ||
		    k->checksums[0] == 0)
			ret = -EUCLEAN;
	}
	if (ret < 0 && ret != -EUCLEAN && *why)
		*why = strdup(*why);
	else
		*why = strdup("pages of another one, or none");
out:
	image_close(image);
	arena_free(a);
	return ret;
}

static void look(struct fixture *f, const char *what, size_t prefix, const uint8_t *there, int least, int most)
{
	const char *why = NULL;
	int is;

	f->tried++;
	rebuild(f, prefix, there);
	is = found(f, &why);
	if (is >= least && is <= most) {
		if (is)
			free((char *)(uintptr_t)why);
		return;
	}
	for (size_t i = 0; i < rec->n; i++)
		fprintf(stderr, "%s%3zu: %d %s %d, %s %d; file %d, %zu bytes: %d\n", i == prefix ? "---\n" : "", i,
			rec->ops[i].kind, rec->ops[i].names[0].name, rec->ops[i].names[0].file, rec->ops[i].names[1].name,
			rec->ops[i].names[1].file, rec->ops[i].file, rec->ops[i].len, there[i]);
	fail_msg("%s: power fails after call %zu: checkpoint %d instead of %d to %d: %s", what, prefix, is, least, most,
		 why ? why : "");
}

/* Every prefix from `from` on; once all is done it must be the newest one. */
static void power_fails(struct fixture *f, const char *what, size_t from, int least, int newest, bool completed)
{
	uint8_t there[MAX_OPS];

	rec->on = false;
	for (size_t prefix = from; prefix <= rec->n; prefix++) {
		int at_least = completed && prefix == rec->n ? newest : least;

		for (int all = 0; all < 2; all++) {
			memset(there, all, sizeof(there));
			look(f, what, prefix, there, at_least, newest);
			for (size_t i = 0; i < prefix; i++) {
				if (is_synced(i, prefix) || rec->ops[i].kind > OP_SIZE)
					continue;
				there[i] = !all;
				look(f, what, prefix, there, at_least, newest);
				there[i] = (uint8_t)all;
			}
		}
		for (int n = 0; n < SOME_RANDOM; n++) {
			for (size_t i = 0; i < prefix; i++)
				there[i] = (uint8_t)(rand_r(&f->seed) >> 8 & 3);
			look(f, what, prefix, there, at_least, newest);
		}
	}
}

/* --- checkpoints ---------------------------------------------------------- */

/* Checkpoint number `which`, as ckpt dump makes it: pages in any order, and
 * the file cut to its length at last. */
static int write_checkpoint(struct fixture *f, int which)
{
	struct arena *a = arena_new();
	struct sample s;
	struct image_writer *w = NULL;
	const char *why = NULL;
	uint8_t page[PAGES][4096] = { 0 };
	int fd, err;

	sample_init(&s, a);
	s.fs->umask = (uint32_t)which;
	sample_chunk(&s, s.chunk, s.data->start, PAGES - 1, 0);
	sample_chunk(&s, s.chunk2, s.data->start + (PAGES - 1) * 4096, 1, (PAGES - 1) * 4096);
	err = image_create(a, f->dir.fd, true, &w, &why);
	assert_int_equal(err, 0);
	assert_int_equal(image_pages_create(w, &fd), 0);
	for (int i = PAGES; i-- > 0;) {
		page[i][0] = (uint8_t)which;
		page[i][1] = (uint8_t)i;
		assert_int_equal(pwrite(fd, page[i], 4096, i * 4096), 4096);
	}
	assert_int_equal(ftruncate(fd, PAGES * 4096), 0);
	s.chunk->checksums[0] = image_checksum(page, (PAGES - 1) * 4096);
	s.chunk2->checksums[0] = image_checksum(page[PAGES - 1], 4096);
	sample_part(w, "tree", s.tree, s.n_tree);
	sample_part(w, "mm", s.mm, s.n_mm);
	sample_part(w, "files", s.files, s.n_files);
	err = image_commit(w, &s.inv, &why);
	arena_free(a);
	return err;
}

/* Begin anew, with the complete and synced checkpoints up to `olds`. Returns from where on power fails. */
static size_t begin(struct fixture *f, int olds)
{
	rec->on = false;
	tmpdir_files(&f->dir, false);
	rec->n = rec->used = rec->calls = rec->fail_at = rec->kill_at = 0;
	rec->n_files = 0;
	rec->on = true;
	for (int i = 1; i <= olds; i++)
		assert_int_equal(write_checkpoint(f, i), 0);
	new_op(OP_SYNC_DIR);
	done();
	rec->calls = 0;
	return rec->n;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	rec = mmap(NULL, sizeof(*rec), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(rec != MAP_FAILED);
	tmpdir_make(&f->dir);
	tmpdir_make(&f->rebuilt);
	f->seed = 1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rec->on = false;
	tmpdir_remove(&f->dir);
	tmpdir_remove(&f->rebuilt);
	munmap(rec, sizeof(*rec));
	free(f);
	return 0;
}

static void test_dump(void **state)
{
	struct fixture *f = *state;

	for (int olds = 0; olds < 2; olds++)
		for (int exchange = 0; exchange < 2; exchange++) {
			size_t from = begin(f, olds);

			rec->no_exchange = !exchange;
			assert_int_equal(write_checkpoint(f, olds + 1), 0);
			power_fails(f, olds ? "second dump" : "first dump", from, olds, olds + 1, true);
		}
	assert_true(f->tried > 1000);
}

/* The disk fails once or for good, and power while ckpt takes back what it did. */
static void test_failed_dump(void **state)
{
	struct fixture *f = *state;
	size_t failures = 0;

	for (int way = 0; way < 8; way++)
		for (size_t at = 1;; at++) {
			size_t from = begin(f, way & 1);
			int err;

			rec->no_exchange = way & 2;
			rec->fails_on = way & 4;
			rec->fail_at = at;
			err = write_checkpoint(f, (way & 1) + 1);
			if (rec->calls < at)
				break;
			failures += err != 0;
			power_fails(f, "failed dump", from, way & 1, (way & 1) + 1, !err);
		}
	assert_true(failures >= 40);
}

/* ckpt is killed after any of its calls, and another dump follows. */
static void test_killed_dump(void **state)
{
	struct fixture *f = *state;

	for (size_t at = 1;; at++) {
		size_t from = begin(f, 1);
		int status;
		pid_t pid;

		rec->kill_at = from + at;
		pid = fork();
		if (!pid) {
			write_checkpoint(f, 2);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			break;
		rec->kill_at = 0;
		from = rec->n;
		assert_int_equal(write_checkpoint(f, 3), 0);
		power_fails(f, "dump after a killed one", from, 1, 3, true);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_dump), T(test_failed_dump), T(test_killed_dump) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
