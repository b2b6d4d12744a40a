/* SPDX-License-Identifier: Apache-2.0 */
/* test_check.c - `ckpt check`: its table, its words, and that it leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#undef fail	/* cmocka has one, too */

#include "../../src/check_parts.h"
#include "check.h"
#include "cleanup.h"
#include "say.h"
#include "tmpdir.h"

static void test_table(void **state)
{
	(void)state;
	for (const struct feature *f = check_features_table; f->name; f++) {
		assert_ptr_equal(feature_by_name(f->name), f);	/* no name twice */
		for (const char *s = f->name; *s; s++)
			assert_true(islower(*s) || isdigit(*s) || *s == '-');
		assert_true(!f->try != !f->judge);
		assert_true(f->purpose && *f->purpose && !strchr(f->purpose, '"'));
		assert_true(f->missing && f->missing[strlen(f->missing) - 1] == '.');
		assert_true(f->denied && f->denied[strlen(f->denied) - 1] == '.');
	}
	assert_null(feature_by_name("kcm"));
	assert_null(feature_by_name(""));
}

static void test_finding(void **state)
{
	const struct feature feature = { .missing = "Build it.", .denied = "Ask root." };
	struct finding f;

	(void)state;
	finding_of(0, &f);
	assert_int_equal(f.answer, ANSWER_YES);
	assert_string_equal(f.reason, "");
	finding_of(-ENOSYS, &f);
	assert_int_equal(f.answer, ANSWER_NO);
	assert_string_equal(f.reason, strerror(ENOSYS));
	assert_string_equal(finding_remedy(&feature, &f), "Build it.");
	finding_of(-EPERM, &f);
	assert_string_equal(finding_remedy(&feature, &f), "Ask root.");
	finding_of(-EACCES, &f);
	assert_string_equal(finding_remedy(&feature, &f), "Ask root.");
}

static void test_yama(void **state)
{
	static const struct { int scope; bool all; enum answer answer; } cases[] = {
		{ -1, false, ANSWER_YES }, { 0, false, ANSWER_YES }, { 1, true, ANSWER_YES }, { 1, false, ANSWER_LIMITED },
		{ 2, true, ANSWER_YES }, { 2, false, ANSWER_NO }, { 3, true, ANSWER_NO }, { 3, false, ANSWER_NO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding f;

		yama_means(cases[i].scope, cases[i].all, &f);
		assert_int_equal(f.answer, cases[i].answer);
		assert_int_equal(!*f.reason, cases[i].answer == ANSWER_YES);
	}
}

static const struct feature sample[] = {
	{ .name = "one", .needed = FOR_DUMP, .purpose = "see", .missing = "Build it.", .denied = "Ask \"root\"." },
	{ .name = "three", .needed = FOR_DUMP | FOR_RESTORE, .purpose = "hear" },
	{ .name = "four", .purpose = "speak", .missing = "Build that." },
};
static const struct finding found[] = {
	{ ANSWER_NO, true, "Not allowed" }, { ANSWER_YES, false, "" }, { ANSWER_LIMITED, false, "softly" },
};

static void test_missing(void **state)
{
	size_t n;

	(void)state;
	assert_string_equal(check_missing(sample, found, 3, FOR_DUMP, &n), "one");
	assert_int_equal(n, 1);
	assert_null(check_missing(sample, found, 3, FOR_RESTORE, &n));
	assert_int_equal(n, 0);
}

/* What `act` prints. */
static char *printed(void (*act)(void))
{
	struct tmpdir dir;
	int real = dup(STDOUT_FILENO), out;
	char *text;
	size_t len;

	tmpdir_make(&dir);
	out = openat(dir.fd, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	act();
	tell_flush();
	dup2(real, STDOUT_FILENO);
	close(real);
	close(out);
	text = (char *)tmpdir_get(&dir, "out", &len);
	text[len] = 0;
	tmpdir_remove(&dir);
	return text;
}

static void sample_as_text(void)
{
	check_tell_text(sample, found, 3);
}

static void sample_as_json(void)
{
	check_tell_json(sample, found, 3);
}

static void test_text(void **state)
{
	autofree char *text = printed(sample_as_text);

	(void)state;
	assert_string_equal(text,
		"FEATURE  STATE    NEEDED BY      WHAT FOR\n"
		"one      no       dump           see: Not allowed\n"
		"                                 Ask \"root\".\n"
		"three    yes      dump, restore  hear\n"
		"four     limited  -              speak: softly\n"
		"                                 Build that.\n"
		"dump: cannot work here without one\n"
		"restore: all that it needs is there\n");
}

static void test_json(void **state)
{
	autofree char *text = printed(sample_as_json);

	(void)state;
	assert_string_equal(text,
		"[\n"
		"  {\"name\": \"one\", \"state\": \"no\", \"needed_by\": [\"dump\"], \"purpose\": \"see\", "
		"\"reason\": \"Not allowed\", \"remedy\": \"Ask \\\"root\\\".\"},\n"
		"  {\"name\": \"three\", \"state\": \"yes\", \"needed_by\": [\"dump\", \"restore\"], \"purpose\": \"hear\"},\n"
		"  {\"name\": \"four\", \"state\": \"limited\", \"needed_by\": [], \"purpose\": \"speak\", "
		"\"reason\": \"softly\", \"remedy\": \"Build that.\"}\n"
		"]\n");
}

static void features_as_json(void)
{
	check_features(NULL, true);
}

/* What a probe that does not clean up would change. */
struct traces {
	int lowest_fd, nice;
	sigset_t mask;
	struct rlimit core;
	char oom[16];
};

static void look(struct traces *t)
{
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);

	memset(t, 0, sizeof(*t));
	t->lowest_fd = fd;
	assert_true(read(fd, t->oom, sizeof(t->oom) - 1) > 0);
	close(fd);
	t->nice = getpriority(PRIO_PROCESS, 0);
	sigprocmask(SIG_SETMASK, NULL, &t->mask);
	getrlimit(RLIMIT_CORE, &t->core);
}

static void test_leaves_nothing(void **state)
{
	struct traces before, after;
	uid_t uid = geteuid();

	(void)state;
	free(printed(features_as_json));	/* stdio has its buffers by now */
	look(&before);
	free(printed(features_as_json));
	look(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(geteuid(), uid);
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_unknown(void **state)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), real = dup(STDERR_FILENO);

	(void)state;
	dup2(null, STDERR_FILENO);
	say_init(-1, SAY_WARN);
	assert_int_equal(check_features("nonsense", false), -EINVAL);
	dup2(real, STDERR_FILENO);
	close(null);
	close(real);
	assert_non_null(said_error());
	for (const struct feature *f = check_features_table; f->name; f++)
		assert_non_null(strstr(said_error(), f->name));
	say_done();
}

/* The answer to one question in a process that `prepare` has changed, or 100
 * + errno if it could not. */
static int ask_as(int (*prepare)(void), const char *feature)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int r = prepare();

		_exit(r ? 100 - r : -check_features(feature, false));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int be_nobody(void)
{
	/* Tracing one's children takes a process that is dumpable, which a
	 * change of ids alone undoes; execve(2) would do the same. */
	return setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) ||
	       prctl(PR_SET_DUMPABLE, 1) ? -errno : 0;
}

static void test_ordinary_user(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("not root: this whole test runs as an ordinary user\n");
		skip();
	}
	if (ask_as(be_nobody, "kcmp") >= 100) {
		print_message("no right to become another user\n");
		skip();
	}
	assert_int_equal(ask_as(be_nobody, "ptrace-seize"), 0);
	assert_int_equal(ask_as(be_nobody, "process-vm"), 0);
	assert_int_equal(ask_as(be_nobody, "pidfd-getfd"), 0);
	assert_int_equal(ask_as(be_nobody, "clone3-set-tid"), ENOTSUP);
	assert_int_equal(ask_as(be_nobody, "exe-link"), ENOTSUP);
	assert_int_equal(ask_as(be_nobody, "other-users"), ENOTSUP);
	assert_int_equal(ask_as(be_nobody, "set-creds"), ENOTSUP);
}

/* As containers do: one system call says EPERM. */
static int forbid(unsigned nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) ? -errno : 0;
}

static int forbid_ptrace(void)
{
	return forbid(SYS_ptrace);
}

static int forbid_kcmp(void)
{
	return forbid(SYS_kcmp);
}

static int forbid_clone3(void)
{
	return forbid(SYS_clone3);
}

static void test_forbidden(void **state)
{
	static const struct { int (*how)(void); const char *feature; } cases[] = {
		{ forbid_ptrace, "ptrace-seize" }, { forbid_ptrace, "peeksiginfo" }, { forbid_kcmp, "kcmp" },
		{ forbid_clone3, "clone3-set-tid" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = ask_as(cases[i].how, cases[i].feature);

		if (r >= 100) {
			print_message("no seccomp filter: %s\n", strerror(r - 100));
			skip();
		}
		assert_int_equal(r, ENOTSUP);
	}
	assert_int_equal(ask_as(forbid_kcmp, "process-vm"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_finding), cmocka_unit_test(test_yama),
		cmocka_unit_test(test_missing), cmocka_unit_test(test_text), cmocka_unit_test(test_json),
		cmocka_unit_test(test_leaves_nothing), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_ordinary_user), cmocka_unit_test(test_forbidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
