/* SPDX-License-Identifier: Apache-2.0 */
/* test_say.c - what messages look like, and where they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#undef fail	/* cmocka has one, too */
#include "say.h"
#include "tmpdir.h"

struct fixture {
	struct tmpdir dir;
	int log, real_stderr, real_stdout;
};

/* stderr and stdout become files; the log is another. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int err, out;

	tmpdir_make(&f->dir);
	f->log = openat(f->dir.fd, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	err = openat(f->dir.fd, "stderr", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	out = openat(f->dir.fd, "stdout", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fflush(stdout);
	f->real_stderr = dup(STDERR_FILENO);
	f->real_stdout = dup(STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	close(err);
	close(out);
	*state = f;
	return 0;
}

static void restore_streams(struct fixture *f)
{
	if (f->real_stderr < 0)
		return;
	fflush(stdout);
	dup2(f->real_stderr, STDERR_FILENO);
	dup2(f->real_stdout, STDOUT_FILENO);
	close(f->real_stderr);
	close(f->real_stdout);
	f->real_stderr = -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	restore_streams(f);
	say_done();
	close(f->log);
	tmpdir_remove(&f->dir);
	free(f);
	return 0;
}

static void expect(struct fixture *f, const char *file, const char *text)
{
	size_t len;
	char *got;

	restore_streams(f);
	got = (char *)tmpdir_get(&f->dir, file, &len);
	got[len] = '\0';
	assert_string_equal(got, text);
	free(got);
}

static void test_error_line(void **state)
{
	struct fixture *f = *state;
	struct where w = { .phase = "dump", .pid = 412, .fd = 7, .kind = "eventfd" };
	int first, second, third;

	say_init(-1, SAY_WARN);
	errno = EAGAIN;
	first = fail(&w, -ENOENT, "no count in %s", "fdinfo");
	second = fail(NOWHERE, EPERM, "cannot trace");
	third = fail(NOWHERE, 0, "no such thing");
	assert_int_equal(errno, EAGAIN);
	expect(f, "stderr",
	       "Error (dump: pid 412: fd 7: eventfd): no count in fdinfo: No such file or directory\n"
	       "Error (ckpt): cannot trace: Operation not permitted\n"
	       "Error (ckpt): no such thing\n");
	assert_int_equal(first, -ENOENT);
	assert_int_equal(second, -EPERM);
	assert_int_equal(third, -EINVAL);
	assert_string_equal(said_error(),
		"Error (dump: pid 412: fd 7: eventfd): no count in fdinfo: No such file or directory");
}

static void test_levels(void **state)
{
	struct fixture *f = *state;
	struct where w = { .phase = "memory", .fd = 0 };

	say_init(-1, SAY_INFO);
	say(SAY_WARN, &w, "this is strange");
	say(SAY_INFO, &w, "by the way");
	say(SAY_DEBUG, &w, "detail");
	expect(f, "stderr",
	       "Warn  (memory: fd 0): this is strange\n"
	       "(memory: fd 0) by the way\n");
	assert_null(said_error());
}

static void test_log_and_first_error(void **state)
{
	struct fixture *f = *state;

	say_init(f->log, SAY_WARN);
	say(SAY_WARN, NOWHERE, "one");
	fail(NOWHERE, 0, "two");
	fail(NOWHERE, 0, "three");
	expect(f, "stderr", "Error (ckpt): two\n");
	expect(f, "log", "Warn  (ckpt): one\nError (ckpt): two\nError (ckpt): three\n");
}

/* Of several threads that fail, one speaks. */
static void test_only_first(void **state)
{
	struct fixture *f = *state;

	say_init(f->log, SAY_WARN);
	say_only_first(true);
	assert_int_equal(fail(NOWHERE, 0, "one"), -EINVAL);
	assert_int_equal(fail(NOWHERE, ESRCH, "two"), -ESRCH);
	say(SAY_WARN, NOWHERE, "three");
	assert_string_equal(said_error(), "Error (ckpt): one");
	say_only_first(false);
	fail(NOWHERE, 0, "four");
	expect(f, "log", "Error (ckpt): one\nWarn  (ckpt): three\nError (ckpt): four\n");
	expect(f, "stderr", "Error (ckpt): one\n");
}

/* Messages hold names that programs choose. */
static void test_one_line_each(void **state)
{
	struct fixture *f = *state;

	say_init(-1, SAY_WARN);
	fail(NOWHERE, 0, "comm is %s\n", "x\nError (ckpt): forged\033[31m");
	expect(f, "stderr", "Error (ckpt): comm is x\\012Error (ckpt): forged\\033[31m\n");
}

static void test_too_long(void **state)
{
	struct fixture *f = *state;
	size_t len;
	char *got;

	say_init(-1, SAY_WARN);
	fail(NOWHERE, ENOENT, "%100000s", "x");
	restore_streams(f);
	got = (char *)tmpdir_get(&f->dir, "stderr", &len);
	assert_true(len > 4096 && len < 100000);
	assert_int_equal(got[len - 1], '\n');
	assert_true(strlen(said_error()) == len - 1);
	free(got);
}

static void test_tell(void **state)
{
	struct fixture *f = *state;

	say_init(f->log, SAY_DEBUG);
	assert_int_equal(tell("%d tasks\n", 3), 0);
	assert_int_equal(tell_flush(), 0);
	expect(f, "stdout", "3 tasks\n");
	expect(f, "log", "");
}

static void test_tell_full(void **state)
{
	struct fixture *f = *state;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), result;

	say_init(-1, SAY_WARN);
	dup2(full, STDOUT_FILENO);
	close(full);
	tell("lost\n");
	result = tell_flush();
	restore_streams(f);
	assert_int_equal(result, -ENOSPC);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_error_line), T(test_levels), T(test_log_and_first_error), T(test_only_first), T(test_one_line_each),
		T(test_too_long), T(test_tell), T(test_tell_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
