/* SPDX-License-Identifier: Apache-2.0 */
/* test_show.c - what show prints of a checkpoint, and what verify makes of a damaged one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#undef fail	/* cmocka has one, too */
#include "sample.h"
#include "say.h"
#include "show.h"
#include "verify.h"

struct fixture {
	struct tmpdir dir, out;
	struct sample s;
	char *text;	/* of the last command */
	int result;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tmpdir_make(&f->dir);
	tmpdir_make(&f->out);
	sample_init(&f->s, arena_new());
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	say_done();
	tmpdir_remove(&f->dir);
	tmpdir_remove(&f->out);
	arena_free(f->s.mem);
	free(f->text);
	free(f);
	return 0;
}

/* Run a command with its output in a file; its errors go to the log alone. */
static void run(struct fixture *f, const char *file, bool verify, bool json)
{
	int out = openat(f->out.fd, "stdout", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int log = openat(f->out.fd, "log", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int real_out = dup(STDOUT_FILENO), real_err = dup(STDERR_FILENO);
	char path[256];
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", f->dir.path, file);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	say_init(log, SAY_WARN);
	if (verify)
		f->result = verify_command(&(struct verify_options){ path });
	else
		f->result = show_command(&(struct show_options){ path, json });
	fflush(stdout);
	dup2(real_out, STDOUT_FILENO);
	dup2(real_err, STDERR_FILENO);
	close(real_out);
	close(real_err);
	close(out);
	close(log);
	free(f->text);
	f->text = (char *)tmpdir_get(&f->out, "stdout", &len);
	f->text[len] = '\0';
}

static void has(const struct fixture *f, const char *words)
{
	if (!strstr(f->text, words))
		print_error("\"%s\" is not in:\n%s", words, f->text);
	assert_non_null(strstr(f->text, words));
}

static void test_people(void **state)
{
	struct fixture *f = *state;

	f->s.task2->comm = S("w\033[2J");
	f->s.inv.frozen_at->realtime_ns = INT64_C(1700000000) * 1000000000;
	sample_write(&f->s, &f->dir);
	run(f, "", false, false);
	assert_int_equal(f->result, 0);
	has(f, "made        2023-11-14 22:13:20 UTC by ckpt 0.0");
	has(f, "holds       2 processes, 2 tasks, 514 pages (2.0 MiB)");
	has(f, "    100     100     100       2      3    2.0 MiB  sh\n");
	has(f, "    102     100     100       -      -          -    true (zombie, exit status 0)\n");
	has(f, "thread 101 w\\033[2J\n");
	has(f, "  000010000000-000010004000 r-xp 00000000        0  /bin/sh\n");
	has(f, "  000010004000-000010404000 rw-p 00000000      514  anonymous dd\n");
	has(f, "       2 w            pipe                  0  pipe:[7]\n");
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	char *first;

	f->s.piped->link = S("\x01\"\\\xc3\xa9\xff\xed\xa0\x80\xf0\x9f\x98\x80");
	f->s.creds->cap_bounding = UINT64_MAX;
	f->s.task1->nice = -5;
	sample_write(&f->s, &f->dir);
	run(f, "", false, true);
	assert_int_equal(f->result, 0);
	has(f, "\"link\": \"\\u0001\\\"\\\\\xc3\xa9\\u00ff\\u00ed\\u00a0\\u0080\xf0\x9f\x98\x80\"");
	has(f, "\"contents\": \"612262\"");
	has(f, "\"cap_bounding\": 18446744073709551615");
	has(f, "\"nice\": -5");
	has(f, "\"source\": \"CHUNK_SOURCE_OWN\"");
	has(f, "\"needs\": [\"zombie\"]");
	first = strdup(f->text);
	run(f, "", false, true);
	assert_string_equal(first, f->text);
	free(first);
}

static void test_one_file(void **state)
{
	struct fixture *f = *state;

	sample_write(&f->s, &f->dir);
	run(f, f->s.inv.parts[1]->file, false, false);
	assert_int_equal(f->result, 0);
	has(f, "# part mm, 10 records\n");
	has(f, "# record 2\nvma {\n  start: 0x10000000\n  end: 0x10004000\n  prot: 5\n");
	run(f, "inventory.img", false, true);
	assert_int_equal(f->result, 0);
	has(f, "\"part\": \"inventory\"");
	run(f, f->s.inv.parts[3]->file, false, false);
	assert_int_equal(f->result, -EBADMSG);
	assert_string_equal(f->text, "");
	run(f, "none.img", false, false);
	assert_int_equal(f->result, -ENOENT);
	assert_non_null(strstr(said_error(), "Error (show): cannot open"));
}

static void test_verify(void **state)
{
	struct fixture *f = *state;
	int fd;

	sample_write(&f->s, &f->dir);
	run(f, "", true, false);
	assert_int_equal(f->result, 0);
	has(f, "2 processes, 2 tasks, 514 pages");
	fd = openat(f->dir.fd, f->s.inv.parts[3]->file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "!", 1, 512 * 4096 + 9), 1);
	close(fd);
	run(f, "", true, false);
	assert_int_equal(f->result, -EBADMSG);
	assert_non_null(strstr(said_error(), "1 pages of address space 1, from 10204000 on"));
	assert_string_equal(f->text, "");
}

static void test_verify_references(void **state)
{
	struct fixture *f = *state;

	f->s.zombie->parent = 9;
	sample_write(&f->s, &f->dir);
	run(f, "", true, false);
	assert_int_equal(f->result, -EBADMSG);
	assert_string_equal(said_error(), "Error (verify): tree: record 7: process 2 has the parent 9, "
			    "which no record before it defines");
	run(f, "", false, false);
	assert_int_equal(f->result, -EBADMSG);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_people), T(test_json), T(test_one_file), T(test_verify), T(test_verify_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
