/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_stat.c - the one-line files: stat, syscall, sched. */
#include "proc_mangle.h"
#include "proc.h"

#define NUMBERS_6_18 "2517 2510 2509 34816 2500 4194304 75 0 1 0 12 34 0 0 20 -5 3 0 142704 2990080 380 " \
	"18446744073709551615 94084252921856 94084252939785 140721124386496 0 0 0 0 4096 134307330 1 0 0 " \
	"17 1 7 2 0 0 0 94084252953872 94084252955136 94084568281088 140721124391128 140721124391138 " \
	"140721124391139 140721124392937 256\n"
#define SAMPLE "5310 (sleep) S " NUMBERS_6_18

static struct proc_stat parsed(const char *text)
{
	struct proc_stat st;

	memset(&st, 0xa5, sizeof(st));
	assert_int_equal(proc_parse_stat(text, strlen(text), &st), 0);
	return st;
}

static void every_field(void **state)
{
	struct proc_stat st = parsed(SAMPLE);

	(void)state;
	assert_string_equal(st.comm, "sleep");
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.pid, 5310);
	assert_int_equal(st.ppid, 2517);
	assert_int_equal(st.pgrp, 2510);
	assert_int_equal(st.sid, 2509);
	assert_int_equal(st.tty, 34816);
	assert_int_equal(st.tpgid, 2500);
	assert_int_equal(st.flags, 4194304);
	assert_int_equal(st.nice, -5);
	assert_int_equal(st.threads, 3);
	assert_int_equal(st.start_time, 142704);
	assert_int_equal(st.start_code, 94084252921856);
	assert_int_equal(st.end_code, 94084252939785);
	assert_int_equal(st.start_stack, 140721124386496);
	assert_int_equal(st.exit_signal, 17);
	assert_int_equal(st.rt_priority, 7);
	assert_int_equal(st.policy, 2);
	assert_int_equal(st.start_data, 94084252953872);
	assert_int_equal(st.end_data, 94084252955136);
	assert_int_equal(st.start_brk, 94084568281088);
	assert_int_equal(st.arg_start, 140721124391128);
	assert_int_equal(st.arg_end, 140721124391138);
	assert_int_equal(st.env_start, 140721124391139);
	assert_int_equal(st.env_end, 140721124392937);
	assert_int_equal(st.exit_code, 256);
}

static void awkward_names(void **state)
{
	static const char *const names[] = {
		"", " ", ")", "(", "a b", "x) R 1 2 3", "((()))", "two\nlines", ") S 1 (\n", "\\n",
		"kworker/u8:3+events_freezable_power_efficient_and_some_more_abc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *text = replaced(SAMPLE, "sleep", names[i]);
		struct proc_stat st = parsed(text);

		assert_string_equal(st.comm, names[i]);
		assert_int_equal(st.ppid, 2517);
		free(text);
	}
}

static void newer_kernels_may_append(void **state)
{
	struct proc_stat st = parsed("1 (a) Z 0 0 0 0 -1 4228108 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 "
				     "18446744073709551615 "
				     "0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 9 123 -4\n");

	(void)state;
	assert_int_equal(st.tpgid, -1);
	assert_int_equal(st.exit_code, 9);
}

static void negative_tty(void **state)
{
	char *text = replaced(SAMPLE, " 34816 ", " -2146435072 ");

	(void)state;
	assert_int_equal(parsed(text).tty, 0x80100000);
	free(text);
}

static void refused(void **state)
{
	static const struct { const char *from, *to; } bad[] = {
		{ "5310", "99999999999" }, { "5310", "" }, { " S ", " " }, { " S ", "  " }, { ")", "" },
		{ "(", "" }, { " 2517", " -" }, { " 2517", " 2147483648" }, { " 2517", "  2517" },
		{ " 2517", " 0x9" }, { " 4194304", " -1" }, { " 142704", " 18446744073709551616" },
		{ "256\n", "256x\n" }, { " 256\n", "\n" }, { "256\n", "256\n\n1" }, { " 7 ", " 4294967296 " },
		{ "sleep", "0123456789012345678901234567890123456789012345678901234567890123" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = replaced(SAMPLE, bad[i].from, bad[i].to);
		struct proc_stat st;

		if (proc_parse_stat(text, strlen(text), &st) != -EINVAL)
			fail_msg("accepted: %s", text);
		free(text);
	}
}

static int stat_fn(struct arena *a, const char *text, size_t len)
{
	struct proc_stat st;

	(void)a;
	return proc_parse_stat(text, len, &st);
}

static void mangled_stat(void **state)
{
	(void)state;
	mangle(SAMPLE, stat_fn);
	mangle("5310 (a) R\n1 () S " NUMBERS_6_18, stat_fn);
}

static void syscall_forms(void **state)
{
	static const char in[] = "230 0x1 0x2 0x7ffc30a1a4d0 0x7ffc30a1a510 0x5 0xffffffffffffffff "
				 "0x7ffc30a1a4b8 0x7ff430f70503\n";
	struct proc_syscall c;

	(void)state;
	assert_int_equal(proc_parse_syscall(in, strlen(in), &c), 0);
	assert_false(c.running);
	assert_int_equal(c.nr, 230);
	assert_int_equal(c.arg[0], 1);
	assert_int_equal(c.arg[2], 0x7ffc30a1a4d0);
	assert_int_equal(c.arg[5], UINT64_MAX);
	assert_int_equal(c.sp, 0x7ffc30a1a4b8);
	assert_int_equal(c.pc, 0x7ff430f70503);
	assert_int_equal(proc_parse_syscall("running\n", 8, &c), 0);
	assert_true(c.running);
	assert_int_equal(proc_parse_syscall("-1 0x7f 0x8f\n", 13, &c), 0);
	assert_false(c.running);
	assert_int_equal(c.nr, -1);
	assert_int_equal(c.sp, 0x7f);
	assert_int_equal(c.pc, 0x8f);
	assert_int_equal(c.arg[0], 0);
	assert_int_equal(proc_parse_syscall("0 0x7f 0x8f\n", 12, &c), -EINVAL);
	assert_int_equal(proc_parse_syscall("-1 0x7f 0x10000000000000000\n", 28, &c), -EINVAL);
	assert_int_equal(proc_parse_syscall("", 0, &c), -EINVAL);
}

static int syscall_fn(struct arena *a, const char *text, size_t len)
{
	struct proc_syscall c;

	(void)a;
	return proc_parse_syscall(text, len, &c);
}

static void mangled_syscall(void **state)
{
	(void)state;
	mangle("230 0x0 0x0 0x7ffc30a1a4d0 0x7ffc30a1a510 0x0 0x0 0x7ffc30a1a4b8 0x7ff430f70503\n", syscall_fn);
	mangle("running\n", syscall_fn);
	mangle("-1 0x7ffc30a1a4b8 0x7ff430f70503\n", syscall_fn);
}

#define RULE "-------------------------------------------------------------------\n"
#define SCHED "sleep (5310, #threads: 1)\n" RULE \
	"se.exec_start                                :       1426985.078747\n" \
	"se.vruntime                                  :           237.150655\n"

static int sched_fn(struct arena *a, const char *text, size_t len)
{
	uint64_t ns;

	(void)a;
	return proc_parse_sched_exec_start(text, len, &ns);
}

static void sched_forms(void **state)
{
	static const char trick[] = "\nse.exec_start (5310, #threads: 1)\n" RULE
				    "se.exec_start    :   18446744073709.551615\n";
	static const char over[] = RULE "se.exec_start    :   18446744073709.551616\n";
	uint64_t ns;

	(void)state;
	assert_int_equal(proc_parse_sched_exec_start(SCHED, strlen(SCHED), &ns), 0);
	assert_int_equal(ns, 1426985078747);
	assert_int_equal(proc_parse_sched_exec_start(trick, strlen(trick), &ns), 0);
	assert_true(ns == UINT64_MAX);
	assert_int_equal(proc_parse_sched_exec_start(over, strlen(over), &ns), -EINVAL);
	assert_int_equal(proc_parse_sched_exec_start(RULE, strlen(RULE), &ns), -EINVAL);
}

static void mangled_sched(void **state)
{
	struct mangle m = mangle_new(sched_fn);

	(void)state;
	/* What follows the wanted line is not looked at, so a cut there is no error. */
	mangle_cut(&m, SCHED, strstr(SCHED, "se.vruntime") - SCHED);
	mangle_flip(&m, SCHED, strlen(SCHED));
	mangle_numbers(&m, SCHED, strlen(SCHED));
	mangle_free(&m);
}

#define SCHEDSTAT "49253120 112037551 15\n"

static int schedstat_fn(struct arena *a, const char *text, size_t len)
{
	struct proc_schedstat s;

	(void)a;
	return proc_parse_schedstat(text, len, &s);
}

static void schedstat_forms(void **state)
{
	static const char none[] = "0 0 0\n";	/* without CONFIG_SCHED_INFO; kernel/sched/stats.h */
	struct proc_schedstat s;

	(void)state;
	assert_int_equal(proc_parse_schedstat(SCHEDSTAT, strlen(SCHEDSTAT), &s), 0);
	assert_int_equal(s.ran_ns, 49253120);
	assert_int_equal(s.waited_ns, 112037551);
	assert_int_equal(proc_parse_schedstat(none, strlen(none), &s), 0);
	assert_int_equal(proc_parse_schedstat("1 2\n", 4, &s), -EINVAL);
	assert_int_equal(proc_parse_schedstat("1 2 3 4\n", 8, &s), -EINVAL);
}

static void mangled_schedstat(void **state)
{
	struct mangle m = mangle_new(schedstat_fn);

	(void)state;
	mangle_cut(&m, SCHEDSTAT, strlen(SCHEDSTAT));
	mangle_flip(&m, SCHEDSTAT, strlen(SCHEDSTAT));
	mangle_numbers(&m, SCHEDSTAT, strlen(SCHEDSTAT));
	mangle_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field), cmocka_unit_test(awkward_names),
		cmocka_unit_test(newer_kernels_may_append), cmocka_unit_test(negative_tty),
		cmocka_unit_test(refused), cmocka_unit_test(mangled_stat),
		cmocka_unit_test(syscall_forms), cmocka_unit_test(mangled_syscall),
		cmocka_unit_test(sched_forms), cmocka_unit_test(mangled_sched),
		cmocka_unit_test(schedstat_forms), cmocka_unit_test(mangled_schedstat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
