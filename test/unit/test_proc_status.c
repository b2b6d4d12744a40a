/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_status.c - /proc/PID/status of several kernels, and broken ones. */
#include "proc_mangle.h"
#include "proc.h"

#define HEAD "Name:\tsl eep\nUmask:\t0027\nState:\tS (sleeping)\nTgid:\t5245\nNgid:\t0\n" \
	"Pid:\t5246\nPPid:\t5238\n" \
	"TracerPid:\t77\nUid:\t1000\t1001\t1002\t4294967295\nGid:\t0\t5\t6\t7\nFDSize:\t256\n" \
	"Groups:\t4 24 4294967294 \nNStgid:\t5245\t8\t1\nNSpid:\t5246\t9\t2\n" \
	"NSpgid:\t5238\t0\t0\nNSsid:\t2517\t0\t0\n"
#define MM "VmPeak:\t    3060 kB\nVmSize:\t    3060 kB\nHugetlbPages:\t       0 kB\nCoreDumping:\t0\n" \
	"THP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\n"
#define SIGNALS "Threads:\t2\nSigQ:\t0/96365\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000000102\n" \
	"SigBlk:\t7be3c0fe28014a03\nSigIgn:\t0000000000001000\nSigCgt:\tffffffffffffffff\n"
#define CAPS "CapInh:\t0000000000000001\nCapPrm:\t000001fffeffffff\nCapEff:\t0000000000000003\n" \
	"CapBnd:\t0000000000000004\n"
#define SECCOMP "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\nSpeculation_Store_Bypass:\tvulnerable\n"
#define TAIL "Cpus_allowed:\t3\nCpus_allowed_list:\t0-1\nMems_allowed:\t00000000,00000001\n" \
	"Mems_allowed_list:\t0\nvoluntary_ctxt_switches:\t41\nnonvoluntary_ctxt_switches:\t5\n"
#define LINUX_6_18 HEAD "Kthread:\t0\n" MM SIGNALS CAPS "CapAmb:\t0000000000000010\n" SECCOMP TAIL

/* 3.10, before umask, pid namespaces, ambient capabilities and the rest. */
#define LINUX_3_10 "Name:\tinit\nState:\tS (sleeping)\nTgid:\t1\nPid:\t1\nPPid:\t0\nTracerPid:\t0\n" \
	"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t\nVmPeak:\t   33640 kB\n" SIGNALS CAPS TAIL
#define ZOMBIE_6_18 "Name:\tsh\nState:\tZ (zombie)\nTgid:\t12\nNgid:\t0\nPid:\t12\nPPid:\t1\nTracerPid:\t0\n" \
	"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t0\nGroups:\t0 \nNStgid:\t12\nNSpid:\t12\n" \
	"NSpgid:\t12\nNSsid:\t1\nKthread:\t0\n" SIGNALS CAPS "CapAmb:\t0\n" SECCOMP TAIL
#define KTHREAD_6_18 "Name:\tkthreadd\nUmask:\t0000\nState:\tS (sleeping)\nTgid:\t2\nNgid:\t0\n" \
	"Pid:\t2\nPPid:\t0\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t \nNStgid:\t2\nNSpid:\t2\n" \
	"NSpgid:\t0\nNSsid:\t0\nKthread:\t1\n" SIGNALS CAPS "CapAmb:\t0\n" SECCOMP TAIL

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

static struct proc_status parsed(struct arena *a, const char *text)
{
	struct proc_status st;

	memset(&st, 0xa5, sizeof(st));
	assert_int_equal(proc_parse_status(a, text, strlen(text), &st), 0);
	return st;
}

static void identity(void **state)
{
	struct proc_status st = parsed(*state, LINUX_6_18);

	assert_string_equal(st.name, "sl eep");
	assert_int_equal(st.umask, 027);
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.tgid, 5245);
	assert_int_equal(st.pid, 5246);
	assert_int_equal(st.ppid, 5238);
	assert_int_equal(st.tracer, 77);
	assert_memory_equal(st.uid, ((uint32_t[]){ 1000, 1001, 1002, UINT32_MAX }), 16);
	assert_memory_equal(st.gid, ((uint32_t[]){ 0, 5, 6, 7 }), 16);
	assert_int_equal(st.n_groups, 3);
	assert_memory_equal(st.groups, ((uint32_t[]){ 4, 24, 4294967294 }), 12);
	assert_int_equal(st.n_nspid, 3);
	assert_memory_equal(st.nspid, ((pid_t[]){ 5246, 9, 2 }), 12);
	assert_memory_equal(st.nstgid, ((pid_t[]){ 5245, 8, 1 }), 12);
}

static void rest(void **state)
{
	struct proc_status st = parsed(*state, LINUX_6_18);

	assert_false(st.kthread);
	assert_false(st.thp_enabled);
	assert_int_equal(st.threads, 2);
	assert_int_equal(st.sig_pending, 1);
	assert_int_equal(st.sig_shared, 0x102);
	assert_true(st.sig_blocked == 0x7be3c0fe28014a03);
	assert_int_equal(st.sig_ignored, 0x1000);
	assert_true(st.sig_caught == UINT64_MAX);
	assert_int_equal(st.cap_inh, 1);
	assert_int_equal(st.cap_prm, 0x1fffeffffff);
	assert_int_equal(st.cap_eff, 3);
	assert_int_equal(st.cap_bnd, 4);
	assert_int_equal(st.cap_amb, 16);
	assert_true(st.no_new_privs);
	assert_int_equal(st.seccomp, 2);
	assert_int_equal(st.seccomp_filters, 3);
	assert_int_equal(st.voluntary_switches, 41);
	assert_int_equal(st.involuntary_switches, 5);
}

static void old_kernel(void **state)
{
	struct proc_status st = parsed(*state, LINUX_3_10);

	assert_string_equal(st.name, "init");
	assert_int_equal(st.umask, (mode_t)-1);
	assert_true(st.thp_enabled);
	assert_int_equal(st.n_groups, 0);
	assert_int_equal(st.n_nspid, 0);
	assert_int_equal(st.cap_amb, 0);
	assert_int_equal(st.seccomp, 0);
	assert_false(st.no_new_privs);
	assert_false(st.kthread);
}

static void zombie_and_kthread(void **state)
{
	struct proc_status st = parsed(*state, ZOMBIE_6_18);

	assert_int_equal(st.state, 'Z');
	assert_int_equal(st.umask, (mode_t)-1);
	assert_true(st.thp_enabled);
	assert_int_equal(st.n_groups, 1);
	st = parsed(*state, KTHREAD_6_18);
	assert_true(st.kthread);
}

static void names_are_unescaped(void **state)
{
	static const struct { const char *text, *name; } names[] = {
		{ "a\\nb", "a\nb" }, { "a\\\\nb", "a\\nb" }, { "\\\\\\n\\\\", "\\\n\\" }, { "", "" },
		{ " \t x ", " \t x " }, { "State:\tX", "State:\tX" }, { "x\\", "x\\" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *text = replaced(LINUX_6_18, "sl eep", names[i].text);
		struct proc_status st = parsed(*state, text);

		assert_string_equal(st.name, names[i].name);
		assert_int_equal(st.state, 'S');
		free(text);
	}
}

static void deepest_namespace(void **state)
{
	static const char deep[] = "1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\t14\t15\t16\t17\t"
		"18\t19\t20\t21\t22\t23\t24\t25\t26\t27\t28\t29\t30\t31\t32";
	char *one, *both, nstgid[256], nspid[256];
	struct proc_status st;

	snprintf(nstgid, sizeof(nstgid), "NStgid:\t%s\t33\n", deep);
	snprintf(nspid, sizeof(nspid), "NSpid:\t%s\t33\n", deep);
	one = replaced(LINUX_6_18, "NStgid:\t5245\t8\t1\n", nstgid);
	both = replaced(one, "NSpid:\t5246\t9\t2\n", nspid);
	st = parsed(*state, both);
	assert_int_equal(st.n_nspid, 33);
	assert_int_equal(st.nspid[32], 33);
	assert_int_equal(proc_parse_status(*state, one, strlen(one), &st), -EINVAL);
	free(one);
	one = replaced(both, "\t33\n", "\t33\t34\n");
	assert_int_equal(proc_parse_status(*state, one, strlen(one), &st), -EINVAL);
	free(one);
	free(both);
}

static void many_groups(void **state)
{
	size_t n = 65536, at = 0, room = n * 11 + 8;
	char *list = malloc(room), *text;
	struct proc_status st;

	assert_non_null(list);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(list + at, room - at, "%zu ", 4000000000 + i);
	text = replaced(LINUX_6_18, "4 24 4294967294 ", list);
	st = parsed(*state, text);
	assert_int_equal(st.n_groups, n);
	assert_int_equal(st.groups[n - 1], 4000000000 + n - 1);
	free(text);
	free(list);
}

static void missing_lines(void **state)
{
	static const char *const keys[] = {
		"Name", "State", "Tgid", "Pid", "PPid", "TracerPid", "Uid", "Gid", "Groups", "Threads", "SigPnd",
		"ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd",
		"voluntary_ctxt_switches", "nonvoluntary_ctxt_switches",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		char from[64], to[64], *text;
		struct proc_status st;

		snprintf(from, sizeof(from), "\n%s:\t", keys[i]);
		snprintf(to, sizeof(to), "\nx%s:\t", keys[i]);
		text = replaced("\n" LINUX_6_18, from, to);
		if (proc_parse_status(*state, text, strlen(text), &st) != -EINVAL)
			fail_msg("accepted without %s", keys[i]);
		free(text);
	}
}

static void refused(void **state)
{
	static const struct { const char *from, *to; } bad[] = {
		{ "5246", "2147483648" }, { "5246", "" }, { "5246", "12x" }, { "S (", "" },
		{ "1000\t1001", "1000" }, { "1000\t1001", "4294967296\t0" }, { "7\nFD", "7\t8\nFD" },
		{ "4 24", "4 24 x" }, { "4 24", "4294967296" }, { "0027", "0028" }, { "S (sleeping)", "" },
		{ "NStgid:\t5245\t8", "NStgid:\t5245" }, { "SigBlk:\t", "SigBlk:\t1" },
		{ "SigBlk:\t7", "SigBlk:\tg" },
		{ "Kthread:\t0", "Kthread:\tyes" }, { "sl eep", "0123456789012345678901234567890123456789"
		"012345678901234567890123" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = replaced(LINUX_6_18, bad[i].from, bad[i].to);
		struct proc_status st;

		if (proc_parse_status(*state, text, strlen(text), &st) != -EINVAL)
			fail_msg("accepted: %s instead of %s", bad[i].to, bad[i].from);
		free(text);
	}
}

static int status_fn(struct arena *a, const char *text, size_t len)
{
	struct proc_status st;

	return proc_parse_status(a, text, len, &st);
}

static void mangled(void **state)
{
	(void)state;
	mangle(LINUX_6_18, status_fn);
	mangle(LINUX_3_10, status_fn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identity), cmocka_unit_test(rest), cmocka_unit_test(old_kernel),
		cmocka_unit_test(zombie_and_kthread), cmocka_unit_test(names_are_unescaped),
		cmocka_unit_test(deepest_namespace), cmocka_unit_test(many_groups),
		cmocka_unit_test(missing_lines), cmocka_unit_test(refused), cmocka_unit_test(mangled),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
