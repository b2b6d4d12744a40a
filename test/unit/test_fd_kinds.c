/* SPDX-License-Identifier: Apache-2.0 */
/* test_fd_kinds.c - every kind of file: facts of a real one, dump, open, compare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail	/* the name is taken by say.h */

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <mqueue.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "../../src/kind/kinds.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"

static const struct where here = { .phase = "test", .fd = -1 };

struct fixture {
	struct arena *mem;
	struct opener *self;
	int proc, log;
	char dir[32];
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->mem = arena_new();
	x->proc = proc_open(getpid());
	x->self = opener_self(&here);
	strcpy(x->dir, "/tmp/kinds-XXXXXX");
	*state = x;
	/* Errors that a test provokes go nowhere. */
	x->log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	say_init(x->log, SAY_ERROR);
	return x->mem && x->self && x->proc >= 0 && mkdtemp(x->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char cmd[64];

	say_done();
	snprintf(cmd, sizeof(cmd), "rm -r %s", x->dir);
	arena_free(x->mem);
	opener_free(x->self);
	close(x->proc);
	close(x->log);
	free(x);
	return system(cmd);
}

static char *path_of(struct fixture *x, const char *name)
{
	return arena_printf(x->mem, "%s/%s", x->dir, name);
}

/* A descriptor's number stands in for the id of its description. */
static uint32_t number_as_id(const struct file_facts *f, int fd)
{
	(void)f;
	return fcntl(fd, F_GETFD) < 0 ? 0 : fd + 100;
}

static bool nothing_else(const struct file_facts *f, uint32_t id, pid_t *pid, int *fd)
{
	(void)f;
	(void)id;
	(void)pid;
	(void)fd;
	return false;
}

static pid_t no_group(void *tree, pid_t pgid)
{
	(void)tree;
	(void)pgid;
	return 0;
}

static pid_t this_group(void *tree, pid_t pgid)
{
	(void)tree;
	return pgid == getpgrp() ? pgid : 0;
}

static struct file_facts facts_of(struct fixture *x, int fd)
{
	struct file_facts f = {
		.mem = x->mem, .pid = getpid(), .fd = fd, .ours = fd,
		.has_reader = true, .has_writer = true,
		.pgrp_in_tree = no_group, .description_of = number_as_id, .sight_of = nothing_else,
	};
	struct statfs fs;
	char *link;

	assert_int_equal(fstat(fd, &f.st), 0);
	assert_int_equal(fstatfs(fd, &fs), 0);
	f.fs_magic = (unsigned long)fs.f_type;
	assert_int_equal(proc_read_link(x->mem, x->proc, arena_printf(x->mem, "fd/%d", fd), &link), 0);
	f.link = link;
	assert_int_equal(proc_read_fdinfo(x->mem, x->proc, fd, &f.info), 0);
	f.flags = f.info.flags & ~O_CLOEXEC;
	return f;
}

/* "place: name: cause. Remedy." */
static void assert_sentences(const struct obstacle *o)
{
	size_t cause = strlen(o->cause), remedy = strlen(o->remedy);

	assert_true(cause > 10 && o->cause[cause - 1] != '.');
	assert_true(remedy > 5 && isupper((unsigned char)o->remedy[0]) && o->remedy[remedy - 1] == '.');
}

/* All obstacles of a description, as names with blanks between. */
static const char *obstacles_in(struct fixture *x, const struct file_facts *f)
{
	struct obstacles list = { .mem = x->mem };
	const struct file_kind *k = file_kind_of(f);
	const char *names = "";

	file_check_common(f, &list);
	if (k && k->check)
		k->check(f, &list);
	if (!k)
		file_unknown(f, &list);
	for (size_t i = 0; i < list.n; i++) {
		assert_sentences(&list.list[i]);
		assert_int_equal(list.list[i].fd, f->fd);
		names = arena_printf(x->mem, "%s%s%s", names, i ? " " : "", list.list[i].name);
	}
	return names;
}

static const char *obstacles_of(struct fixture *x, int fd)
{
	struct file_facts f = facts_of(x, fd);

	return obstacles_in(x, &f);
}

struct dumped {
	const struct file_kind *kind;
	FileObject *obj;
	Description desc;
};

/* Dump, through the wire and back: what a restore will have. */
static struct dumped dump_facts(struct fixture *x, const struct file_facts *f, const char *kind)
{
	ProtobufCAllocator alloc = arena_protobuf(x->mem);
	struct dumped d = { .kind = file_kind_of(f), .desc = DESCRIPTION__INIT };
	FileObject obj = FILE_OBJECT__INIT;
	uint8_t *wire;
	size_t len;

	assert_non_null(d.kind);
	assert_string_equal(d.kind->name, kind);
	assert_string_equal(obstacles_in(x, f), "");
	assert_int_equal(d.kind->dump(f, &here, &obj), 0);
	assert_int_equal(obj.kind_case, d.kind->tag);
	assert_ptr_equal(file_kind_by_tag(obj.kind_case), d.kind);
	len = file_object__get_packed_size(&obj);
	wire = arena_zalloc(x->mem, len + 1);
	file_object__pack(&obj, wire);
	d.obj = file_object__unpack(&alloc, len, wire);
	assert_non_null(d.obj);
	d.desc.flags = f->flags;
	return d;
}

static struct dumped dump(struct fixture *x, int fd, const char *kind)
{
	struct file_facts f = facts_of(x, fd);

	return dump_facts(x, &f, kind);
}

static int ready(struct dumped *d)
{
	return d->kind->ready ? d->kind->ready(&here, d->obj, &d->desc) : 0;
}

static int again(struct fixture *x, struct dumped *d, int peer)
{
	int fd;

	assert_int_equal(ready(d), 0);
	fd = d->kind->open(x->self, d->obj, &d->desc, peer);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

static void same_flags(int a, int b)
{
	assert_int_equal(fcntl(a, F_GETFL), fcntl(b, F_GETFL));
}

static void regular(void **state)
{
	struct fixture *x = *state;
	char *path = path_of(x, "file"), *longer = path_of(x, "it \\012 (deleted)");
	autoclose fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_DSYNC, 0600);
	autoclose odd = open(longer, O_RDONLY | O_CREAT | O_NOFOLLOW, 0600);
	autoclose fd2 = -1, odd2 = -1;
	struct dumped d;
	struct stat a, b;

	assert_int_equal(io_write_all(fd, "hello", 5), 0);
	d = dump(x, fd, "regular");
	assert_string_equal(d.obj->regular->path, path);
	assert_int_equal(d.obj->regular->size, 5);
	assert_true(d.kind->seekable);
	fd2 = again(x, &d, -1);
	same_flags(fd, fd2);
	fstat(fd, &a);
	fstat(fd2, &b);
	assert_int_equal(a.st_ino, b.st_ino);

	assert_int_equal(io_write_all(fd, "!", 1), 0);
	assert_int_equal(ready(&d), 0);
	d.obj->regular->executable_image = true;
	assert_true(ready(&d) < 0);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(ready(&d), 0);
	d.obj->regular->executable_image = false;
	assert_int_equal(ftruncate(fd, 4), 0);
	assert_true(ready(&d) < 0);

	d = dump(x, odd, "regular");
	odd2 = again(x, &d, -1);
	same_flags(odd, odd2);
}

/* The kernel never tells the name that linkat(2) gives to it: d_path says
 * "/tmp/#12345 (deleted)" for ever. */
static void linked_tmpfile(void **state)
{
	struct fixture *x = *state;
	autoclose fd = open(x->dir, O_RDWR | O_TMPFILE, 0600);
	char *from = arena_printf(x->mem, "/proc/self/fd/%d", fd);

	if (fd < 0)
		skip();	/* a file system without O_TMPFILE */
	assert_string_equal(obstacles_of(x, fd), "fd.deleted");
	assert_int_equal(linkat(AT_FDCWD, from, AT_FDCWD, path_of(x, "linked"), AT_SYMLINK_FOLLOW), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.deleted");
}

static void regular_refused(void **state)
{
	struct fixture *x = *state;
	char *path = path_of(x, "f");
	autoclose fd = open(path, O_RDWR | O_CREAT, 0600);
	autoclose other = -1;
	struct dumped d = dump(x, fd, "regular");

	assert_int_equal(unlink(path), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.deleted");
	assert_int_equal(ready(&d), -ENOENT);
	assert_int_equal(d.kind->open(x->self, d.obj, &d.desc, -1), -ENOENT);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(ready(&d) < 0);
	assert_int_equal(rmdir(path), 0);
	other = open(path, O_RDWR | O_CREAT, 0600);
	/* The link says "(deleted)": what has the name now is another matter. */
	assert_string_equal(obstacles_of(x, fd), "fd.deleted");
	close(take_fd(&other));

	other = open(path_of(x, "g"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(link(path_of(x, "g"), path_of(x, "h")), 0);
	assert_int_equal(rename(path, path_of(x, "g")), 0);
	assert_string_equal(obstacles_of(x, other), "fd.deleted");
	d.obj->regular->path = (char *)"";
	assert_true(ready(&d) < 0);
	d.obj->regular->path = (char *)"relative";
	assert_true(ready(&d) < 0);
}

static void replaced(void **state)
{
	struct fixture *x = *state;
	autoclose fd = open(path_of(x, "f"), O_RDWR | O_CREAT, 0600);
	autoclose other = open(path_of(x, "g"), O_RDWR | O_CREAT, 0600);
	struct file_facts f = facts_of(x, fd);

	/* As after a mount over the path, which a test must not do here. */
	f.link = path_of(x, "g");
	assert_string_equal(obstacles_in(x, &f), "fd.replaced");
}

static void locks_and_owners(void **state)
{
	struct fixture *x = *state;
	autoclose fd = open(path_of(x, "f"), O_RDWR | O_CREAT, 0600);
	autoclose ro = open(path_of(x, "r"), O_RDONLY | O_CREAT, 0600);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.lock");
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(fcntl(fd, F_SETLK, &lock), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.lock");
	lock.l_type = F_UNLCK;
	assert_int_equal(fcntl(fd, F_SETLK, &lock), 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &(struct flock){ .l_type = F_WRLCK }), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.lock");
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &(struct flock){ .l_type = F_UNLCK }), 0);
	assert_string_equal(obstacles_of(x, fd), "");

	assert_int_equal(fcntl(fd, F_SETOWN, getpid()), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.owner");
	assert_int_equal(fcntl(fd, F_SETOWN, 0), 0);
	assert_string_equal(obstacles_of(x, fd), "");
	assert_int_equal(fcntl(fd, F_SETSIG, SIGUSR1), 0);
	assert_string_equal(obstacles_of(x, fd), "fd.owner");

	if (fcntl(ro, F_SETLEASE, F_RDLCK) < 0)
		return;	/* not on every file system */
	/* A lease makes its holder the owner, unless there is one. */
	assert_non_null(strstr(obstacles_of(x, ro), "fd.lease"));
	assert_null(strstr(obstacles_of(x, ro), "fd.lock"));
	assert_int_equal(fcntl(ro, F_SETLEASE, F_UNLCK), 0);
	assert_int_equal(fcntl(ro, F_SETOWN, 0), 0);
	assert_string_equal(obstacles_of(x, ro), "");
}

static void directory(void **state)
{
	struct fixture *x = *state;
	autoclose fd = open(x->dir, O_RDONLY | O_DIRECTORY);
	autoclose path_only = open(x->dir, O_PATH), proc = open("/proc", O_RDONLY | O_DIRECTORY);
	autoclose fd2 = -1, path_only2 = -1, proc2 = -1;
	struct dumped d = dump(x, fd, "directory");

	fd2 = again(x, &d, -1);
	same_flags(fd, fd2);
	d = dump(x, path_only, "directory");
	path_only2 = again(x, &d, -1);
	assert_true(fcntl(path_only2, F_GETFL) & O_PATH);
	d = dump(x, proc, "directory");
	proc2 = again(x, &d, -1);
	d.obj->directory->path = (char *)"/dev/null";
	assert_true(ready(&d) < 0);
	assert_true(d.kind->open(x->self, d.obj, &d.desc, -1) < 0);
}

static void chardev(void **state)
{
	static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
	struct fixture *x = *state;
	struct dumped d;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		autoclose fd = open(paths[i], O_RDWR | O_NONBLOCK);
		autoclose fd2 = -1;
		struct stat a, b;

		d = dump(x, fd, "chardev");
		fd2 = again(x, &d, -1);
		same_flags(fd, fd2);
		fstat(fd, &a);
		fstat(fd2, &b);
		assert_int_equal(a.st_rdev, b.st_rdev);
	}
	d.obj->chardev->minor = 3;
	assert_true(ready(&d) < 0);
	d.obj->chardev->minor = 1;	/* /dev/mem */
	d.obj->chardev->path = (char *)"/dev/mem";
	assert_true(ready(&d) < 0);
	d.obj->chardev->path = (char *)"/etc/passwd";
	assert_true(ready(&d) < 0);
}

static void cannot_be_made(struct fixture *x, struct dumped *d)
{
	assert_true(ready(d) < 0);
	assert_true(d->kind->open(x->self, d->obj, &d->desc, -1) < 0);
}

static void pipe_stream(void **state)
{
	struct fixture *x = *state;
	int p[2], q[2];
	char buf[200000];
	struct dumped r, w;

	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	assert_int_equal(fcntl(p[0], F_SETPIPE_SZ, 1 << 18), 1 << 18);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = i * 7 ^ i >> 9;
	assert_int_equal(write(p[1], buf, sizeof(buf)), sizeof(buf));

	r = dump(x, p[0], "pipe");
	w = dump(x, p[1], "pipe");	/* the same through an end that cannot read */
	assert_int_equal(w.obj->pipe->contents.len, sizeof(buf));
	assert_memory_equal(w.obj->pipe->contents.data, buf, sizeof(buf));
	assert_int_equal(r.obj->pipe->n_packets, 0);
	assert_true(r.kind->own_inode);

	q[0] = again(x, &r, -1);
	q[1] = again(x, &w, q[0]);
	for (int round = 0; round < 2; round++) {
		char got[sizeof(buf) + 1] = "";

		assert_int_equal(fcntl(q[0], F_GETPIPE_SZ), 1 << 18);
		assert_int_equal(read(q[0], got, sizeof(got)), sizeof(buf));
		assert_memory_equal(got, buf, sizeof(buf));
		same_flags(p[0], q[0]);
		assert_int_equal(read(q[0], got, 1), -1);
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(write(q[1], "z", 1), 1);
		assert_int_equal(read(q[0], got, 2), 1);
		close(q[1]);
		assert_int_equal(read(q[0], got, 1), 0);
		close(q[0]);
		if (round == 0)	/* both ends at once */
			assert_int_equal(r.kind->pair(x->self, r.obj, q), 0);
	}
	/* The original still has all of it. */
	assert_int_equal(read(p[0], buf, sizeof(buf)), sizeof(buf));
	close(p[0]);
	close(p[1]);

	w.obj->pipe->size = 4096;
	cannot_be_made(x, &w);
	w.obj->pipe->size = UINT64_MAX;
	cannot_be_made(x, &w);
	w.obj->pipe->size = 0;
	cannot_be_made(x, &w);
}

static void pipe_modes(void **state)
{
	struct fixture *x = *state;
	struct dumped d;
	int p[2], rw, first, second;
	char path[64], buf[8];

	assert_int_equal(pipe(p), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	rw = open(path, O_RDWR);
	assert_int_equal(write(rw, "abc", 3), 3);
	d = dump(x, rw, "pipe");
	first = again(x, &d, -1);
	same_flags(rw, first);
	assert_int_equal(read(first, buf, 8), 3);
	assert_memory_equal(buf, "abc", 3);
	close(first);

	d = dump(x, p[1], "pipe");	/* the writing end first */
	first = again(x, &d, -1);
	same_flags(p[1], first);
	d.desc.flags = fcntl(p[0], F_GETFL);
	second = again(x, &d, first);
	assert_int_equal(read(second, buf, 8), 3);
	assert_int_equal(d.kind->pair(x->self, d.obj, p), 0);
	close(first);
	close(second);
	close(rw);
	close(p[0]);
	close(p[1]);
}

/* Lengths that reads of a pipe give. */
static const char *reads(struct fixture *x, int fd)
{
	const char *text = "";
	char buf[8192];
	ssize_t r;

	while ((r = read(fd, buf, sizeof(buf))) > 0)
		text = arena_printf(x->mem, "%s%zd ", text, r);
	return text;
}

static void packets_come_back(struct fixture *x, int size, const int *lens, size_t n, const char *expect)
{
	char buf[PIPE_BUF] = "packet";
	int p[2], q[2];
	struct dumped d;

	assert_int_equal(pipe2(p, O_DIRECT | O_NONBLOCK), 0);
	assert_int_equal(fcntl(p[0], F_SETPIPE_SZ, size), size);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(write(p[1], buf, lens[i]), lens[i]);
	d = dump(x, p[1], "pipe");
	assert_int_equal(d.obj->pipe->n_packets, n);
	q[1] = again(x, &d, -1);
	same_flags(p[1], q[1]);
	d.desc.flags = fcntl(p[0], F_GETFL);
	q[0] = again(x, &d, q[1]);
	assert_string_equal(reads(x, q[0]), expect);
	assert_string_equal(reads(x, p[0]), expect);
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
}

static void pipe_packets(void **state)
{
	static const int few[] = { 3, 1, 4096, 1, 15 }, one[] = { 7 }, full[] = { 1, 2 };
	struct fixture *x = *state;

	packets_come_back(x, 65536, few, ARRAY_SIZE(few), "3 1 4096 1 15 ");
	packets_come_back(x, 65536, one, ARRAY_SIZE(one), "7 ");
	packets_come_back(x, 8192, full, ARRAY_SIZE(full), "1 2 ");
}

static void pipe_broken_packets(void **state)
{
	struct fixture *x = *state;
	uint64_t lens[2] = { 3, 4 };
	int p[2];
	struct dumped d;

	assert_int_equal(pipe2(p, O_DIRECT), 0);
	assert_int_equal(write(p[1], "abc", 3) + write(p[1], "defg", 4), 7);
	d = dump(x, p[0], "pipe");
	assert_int_equal(d.obj->pipe->n_packets, 2);
	d.obj->pipe->packets = lens;
	assert_int_equal(ready(&d), 0);
	lens[1] = 5;
	cannot_be_made(x, &d);
	lens[1] = 3;
	cannot_be_made(x, &d);
	lens[0] = 7, lens[1] = 0;
	cannot_be_made(x, &d);
	lens[0] = UINT64_MAX, lens[1] = 8;	/* the sum is right, but for the overflow */
	cannot_be_made(x, &d);
	lens[0] = PIPE_BUF + 1, lens[1] = 7 - (PIPE_BUF + 1);
	cannot_be_made(x, &d);

	/* A byte stream behind packets. */
	assert_int_equal(fcntl(p[1], F_SETFL, 0), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_string_equal(obstacles_of(x, p[0]), "fd.pipe-contents");
	close(p[0]);
	close(p[1]);
}

static void pipe_outside(void **state)
{
	struct fixture *x = *state;
	struct file_facts r, w;
	int p[2];

	assert_int_equal(pipe(p), 0);
	r = facts_of(x, p[0]);
	w = facts_of(x, p[1]);
	r.has_writer = w.has_writer = false;
	assert_string_equal(obstacles_in(x, &r), "fd.pipe-outside");
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_string_equal(obstacles_in(x, &r), "fd.pipe-outside");
	close(p[1]);
	assert_string_equal(obstacles_in(x, &r), "");
	close(p[0]);

	assert_int_equal(pipe(p), 0);
	w = facts_of(x, p[1]);
	w.has_reader = false;
	assert_string_equal(obstacles_in(x, &w), "fd.pipe-outside");
	close(p[0]);
	assert_string_equal(obstacles_in(x, &w), "");
	close(p[1]);
}

static short state_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_true(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static void fifo(void **state)
{
	struct fixture *x = *state;
	char *path = path_of(x, "fifo"), buf[16];
	struct dumped d, e;
	int r, w, r2, w2;

	assert_int_equal(mkfifo(path, 0600), 0);
	r = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(fcntl(r, F_SETFL, 0), 0);
	w = open(path, O_WRONLY);
	assert_int_equal(fcntl(r, F_SETPIPE_SZ, 1 << 17), 1 << 17);
	assert_int_equal(write(w, "in a fifo", 9), 9);
	d = dump(x, r, "fifo");
	e = dump(x, w, "fifo");
	assert_memory_equal(e.obj->fifo->contents.data, "in a fifo", 9);
	assert_false(d.obj->fifo->hung_up);

	/* Somebody has it open, with bytes in it. */
	assert_int_equal(d.kind->open(x->self, d.obj, &d.desc, -1), -EBUSY);
	close(r);
	close(w);

	r2 = again(x, &d, -1);
	w2 = again(x, &e, r2);
	assert_int_equal(fcntl(r2, F_GETPIPE_SZ), 1 << 17);
	assert_int_equal(fcntl(r2, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
	assert_int_equal(fcntl(w2, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY);
	assert_int_equal(read(r2, buf, sizeof(buf)), 9);
	assert_memory_equal(buf, "in a fifo", 9);
	close(w2);
	assert_int_equal(read(r2, buf, sizeof(buf)), 0);
	close(r2);

	w2 = again(x, &e, -1);	/* the writer alone: would wait, or be refused */
	assert_true(state_of(w2) & POLLERR);
	close(w2);

	d.obj->fifo->size = 1;
	cannot_be_made(x, &d);
	d.obj->fifo->size = 4096;
	d.obj->fifo->path = x->dir;
	cannot_be_made(x, &d);
}

/* fifo(7), poll(2): a reader sees a hangup only after there was a writer. */
static void fifo_hangup(void **state)
{
	struct fixture *x = *state;
	char *path = path_of(x, "fifo");
	struct file_facts f;
	struct dumped d;
	int r, r2, w;

	assert_int_equal(mkfifo(path, 0600), 0);
	r = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(state_of(r), 0);
	f = facts_of(x, r);
	f.has_writer = false;
	d = dump_facts(x, &f, "fifo");
	r2 = again(x, &d, -1);
	assert_int_equal(state_of(r2), 0);
	same_flags(r, r2);
	close(r2);

	w = open(path, O_WRONLY);
	assert_string_equal(obstacles_in(x, &f), "fd.fifo-outside");
	close(w);
	assert_int_equal(state_of(r), POLLHUP);
	d = dump_facts(x, &f, "fifo");
	close(r);
	r2 = again(x, &d, -1);
	assert_int_equal(state_of(r2), POLLHUP);
	close(r2);
	r2 = open(path, O_RDWR);
	d = dump(x, r2, "fifo");
	r = again(x, &d, -1);
	same_flags(r, r2);
	close(r);
	close(r2);
}

static void eventfd_kind_works(void **state)
{
	static const uint64_t counts[] = { 0, 1, 0x123456789abcdef, UINT64_MAX - 1 };
	struct fixture *x = *state;
	struct dumped d;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(counts); i++) {
		int flags = EFD_NONBLOCK | (i & 1 ? EFD_SEMAPHORE : 0);
		uint64_t count = counts[i / 2], got = 0;
		autoclose fd = eventfd(0, flags);
		autoclose fd2 = -1;

		if (count)
			assert_int_equal(write(fd, &count, 8), 8);
		d = dump(x, fd, "eventfd");
		assert_int_equal(d.obj->eventfd->count, count);
		fd2 = again(x, &d, -1);
		fcntl(fd2, F_SETFL, O_NONBLOCK);
		same_flags(fd, fd2);
		assert_int_equal(read(fd2, &got, 8), count ? 8 : -1);
		assert_true(got == (i & 1 && count ? 1 : count));
		if (i & 1)
			assert_int_equal(read(fd2, &got, 8), count > 1 ? 8 : -1);
	}
	d.obj->eventfd->count = UINT64_MAX;
	assert_int_equal(d.kind->open(x->self, d.obj, &d.desc, -1), -EINVAL);
}

static const char *watched(struct fixture *x, int epfd)
{
	struct file_facts f = facts_of(x, epfd);
	const char *all = "";

	for (size_t i = 0; i < f.info.n_lines; i++)
		if (!strcmp(f.info.lines[i].key, "tfd"))
			all = arena_printf(x->mem, "%s%s\n", all, f.info.lines[i].value);
	return all;
}

static void watch(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
}

/* With ids as description_of() gives them here. */
static int watch_again(struct fixture *x, const struct dumped *d, int ep)
{
	int source[1100];

	for (int i = 0; i < 1000; i++)
		source[100 + i] = i;
	return d->kind->watch(x->self, d->obj, ep, source);
}

static void epoll(void **state)
{
	struct fixture *x = *state;
	struct epoll_event ev;
	struct dumped d;
	int ep = epoll_create1(0), inner = epoll_create1(0), e = eventfd(1, 0), p[2], ep2;

	assert_int_equal(pipe(p), 0);
	watch(ep, p[0], EPOLLIN | EPOLLET, UINT64_MAX);
	watch(ep, p[1], EPOLLOUT | EPOLLONESHOT, 0x1122334455667788);
	watch(ep, inner, EPOLLIN, 0);
	watch(inner, e, EPOLLIN | EPOLLEXCLUSIVE, 5);
	d = dump(x, ep, "epoll");
	assert_int_equal(d.obj->epoll->n_items, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(d.obj->epoll->items[i]->description, d.obj->epoll->items[i]->fd + 100);
	ep2 = again(x, &d, -1);
	assert_int_equal(watch_again(x, &d, ep2), 0);
	assert_string_equal(watched(x, ep), watched(x, ep2));

	/* One shot fires once; then it is spent here and, restored, there. */
	assert_int_equal(epoll_wait(ep, &ev, 1, 0) + epoll_wait(ep, &ev, 1, 0), 2);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_DEL, inner, NULL), 0);
	assert_int_equal(epoll_wait(ep, &ev, 1, 0), 0);
	close(ep2);
	d = dump(x, ep, "epoll");
	ep2 = again(x, &d, -1);
	assert_int_equal(watch_again(x, &d, ep2), 0);
	assert_string_equal(watched(x, ep), watched(x, ep2));
	assert_int_equal(epoll_wait(ep2, &ev, 1, 0), 0);
	close(p[0]);	/* the error would fire an armed one */
	assert_int_equal(epoll_wait(ep2, &ev, 1, 0), 0);
	ev = (struct epoll_event){ .events = EPOLLOUT, .data.u64 = 9 };
	assert_int_equal(epoll_ctl(ep2, EPOLL_CTL_MOD, p[1], &ev), 0);
	assert_int_equal(epoll_wait(ep2, &ev, 1, 0), 1);
	assert_int_equal(ev.data.u64, 9);
	close(p[1]);
	close(ep);
	close(ep2);
	close(inner);
	close(e);
}

/* With the n-th next operation of a kind failing: an error, and no obstacle. */
static int check_fails(const struct file_facts *f, const char *kind, uint64_t n)
{
	struct obstacles list = { .mem = f->mem };
	uint64_t unused;
	const char *name;
	char text[40];
	int r;

	n += fault_count(&name, &unused);
	snprintf(text, sizeof(text), "%s:%" PRIu64, kind, n);
	assert_int_equal(fault_set(text), 0);
	r = file_kind_of(f)->check(f, &list);
	assert_int_equal(list.n, 0);
	return r;
}

static void own_errors(void **state)
{
	struct fixture *x = *state;
	int ep = epoll_create1(0), p[2];
	struct file_facts f;

	assert_int_equal(pipe(p), 0);
	watch(ep, p[0], EPOLLIN, 0);
	f = facts_of(x, ep);
	assert_int_equal(check_fails(&f, "alloc", 1), -ENOMEM);
	assert_int_equal(check_fails(&f, "alloc", 1u << 20), 0);

	assert_int_equal(write(p[1], "abc", 3), 3);
	f = facts_of(x, p[0]);
	assert_int_equal(check_fails(&f, "open", 1), -EIO);
	assert_int_equal(check_fails(&f, "write", 1), -ENOSPC);
	assert_int_equal(check_fails(&f, "read", 1), -EIO);
	assert_int_equal(check_fails(&f, "alloc", 1), -ENOMEM);
	f.has_writer = false;
	assert_int_equal(check_fails(&f, "open", 1), -EIO);
	close(p[0]);
	close(p[1]);
	close(ep);
}

/* A spent item whose file is ready for nothing: not lost, not firing now. */
static void epoll_spent_idle(void **state)
{
	struct fixture *x = *state;
	struct epoll_event ev;
	struct dumped d;
	int ep = epoll_create1(0), p[2], ep2;
	char c;

	assert_int_equal(pipe(p), 0);
	watch(ep, p[0], EPOLLIN | EPOLLONESHOT, 77);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(epoll_wait(ep, &ev, 1, 0), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	d = dump(x, ep, "epoll");
	ep2 = again(x, &d, -1);
	assert_int_equal(watch_again(x, &d, ep2), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(epoll_wait(ep2, &ev, 1, 0), 0);
	ev = (struct epoll_event){ .events = EPOLLIN, .data.u64 = 78 };
	assert_int_equal(epoll_ctl(ep2, EPOLL_CTL_MOD, p[0], &ev), 0);
	assert_int_equal(epoll_wait(ep2, &ev, 1, 0), 1);
	assert_int_equal(ev.data.u64, 78);
	close(p[0]);
	close(p[1]);
	close(ep);
	close(ep2);
}

static void epoll_stale(void **state)
{
	struct fixture *x = *state;
	int ep = epoll_create1(0), a = eventfd(0, 0), b = eventfd(0, 0), dup_of_a = dup(a), number = a;

	watch(ep, a, EPOLLIN, 1);
	assert_string_equal(obstacles_of(x, ep), "");
	close(a);
	assert_string_equal(obstacles_of(x, ep), "fd.epoll-stale");
	/* Another eventfd with that number, and the very same inode. */
	assert_int_equal(dup2(b, number), number);
	assert_string_equal(obstacles_of(x, ep), "fd.epoll-stale");
	watch(ep, number, EPOLLIN, 2);
	assert_string_equal(obstacles_of(x, ep), "fd.epoll-stale");
	assert_int_equal(dup2(dup_of_a, number), number);
	assert_string_equal(obstacles_of(x, ep), "fd.epoll-stale");
	close(dup_of_a);
	close(number);
	assert_string_equal(obstacles_of(x, ep), "fd.epoll-stale");
	close(b);	/* the last one of it, which takes the item along */
	assert_string_equal(obstacles_of(x, ep), "");
	close(ep);
}

static void epoll_broken(void **state)
{
	struct fixture *x = *state;
	int ep = epoll_create1(0), e = eventfd(0, 0);
	struct dumped d;

	watch(ep, e, EPOLLIN, 1);
	d = dump(x, ep, "epoll");
	close(e);
	assert_int_equal(watch_again(x, &d, ep), -EBADF);
	d.obj->epoll->items[0]->fd = ep;	/* itself */
	d.obj->epoll->items[0]->description = ep + 100;
	assert_int_equal(watch_again(x, &d, ep), -EINVAL);
	d.obj->epoll->items[0]->fd = UINT32_MAX;
	assert_true(ready(&d) < 0);
	assert_true(watch_again(x, &d, ep) < 0);
	d.obj->epoll->items[0]->fd = 1;
	d.obj->epoll->items[0]->description = 0;
	assert_true(ready(&d) < 0);
	close(ep);
}

static int listener(int family, const char *text, int port, int backlog)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(family, SOCK_STREAM, 0);
	bool six = family == AF_INET6;

	if (fd < 0 || inet_pton(family, text, six ? (void *)&a6.sin6_addr : &a4.sin_addr) != 1 ||
	    bind(fd, six ? (void *)&a6 : (void *)&a4, six ? sizeof(a6) : sizeof(a4)) < 0 ||
	    listen(fd, backlog) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Returns when the server has it in its queue. */
static int client_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int c;

	assert_int_equal(getsockname(fd, (void *)&addr, &len), 0);
	c = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c, (void *)&addr, len), 0);
	assert_int_equal(poll(&p, 1, -1), 1);
	return c;
}

/* A backlog of 3 lets four connections wait (listen(2)). */
static void four_connect(int fd)
{
	int c[4];

	for (int i = 0; i < 4; i++)
		c[i] = client_of(fd);
	for (int i = 0; i < 4; i++) {
		close(accept(fd, NULL, NULL));
		close(c[i]);
	}
}

static void same_socket(struct fixture *x, int fd, struct dumped *d)
{
	struct dumped e = dump(x, fd, "tcp-listen");
	const TcpListen *a = d->obj->tcp_listen, *b = e.obj->tcp_listen;

	assert_int_equal(a->family, b->family);
	assert_int_equal(a->backlog, b->backlog);
	assert_int_equal(a->address.len, b->address.len);
	assert_memory_equal(a->address.data, b->address.data, a->address.len);
	assert_string_equal(a->interface, b->interface);
	for (size_t i = 0; i < a->n_options && i < b->n_options; i++) {
		assert_int_equal(a->options[i]->name, b->options[i]->name);
		assert_int_equal(a->options[i]->level, b->options[i]->level);
		assert_int_equal(a->options[i]->value.len, b->options[i]->value.len);
		assert_memory_equal(a->options[i]->value.data, b->options[i]->value.data,
				    a->options[i]->value.len);
	}
	assert_int_equal(a->n_options, b->n_options);
}

static void tcp_plain(void **state)
{
	static const struct { int family; const char *address; } at[] = {
		{ AF_INET, "127.0.0.1" }, { AF_INET, "0.0.0.0" }, { AF_INET6, "::1" }, { AF_INET6, "::" },
	};
	struct fixture *x = *state;

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		int fd = listener(at[i].family, at[i].address, 0, 3);
		struct dumped d;

		if (fd < 0 && at[i].family == AF_INET6)
			skip();	/* no IPv6 here */
		assert_true(fd >= 0);
		d = dump(x, fd, "tcp-listen");
		/* Binding to an address of IPv6 alone sets IPV6_V6ONLY by itself. */
		assert_int_equal(d.obj->tcp_listen->n_options, i == 2);
		assert_int_equal(d.obj->tcp_listen->backlog, 3);
		assert_int_equal(ready(&d), -EADDRINUSE);
		close(fd);
		fd = again(x, &d, -1);
		same_socket(x, fd, &d);
		if (i == 0)
			four_connect(fd);
		close(fd);
	}
}

static void set_int(int fd, int level, int name, int value)
{
	assert_int_equal(setsockopt(fd, level, name, &value, sizeof(value)), 0);
}

static void tcp_options(void **state)
{
	struct fixture *x = *state;
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval wait = { 3, 0 };
	struct linger linger = { 1, 42 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct dumped d;

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1);
	set_int(fd, SOL_SOCKET, SO_RCVBUF, 100000);
	set_int(fd, SOL_SOCKET, SO_SNDBUF, 90000);
	set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 17);
	set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set_int(fd, IPPROTO_IP, IP_TOS, 0x10);
	set_int(fd, SOL_SOCKET, SO_PRIORITY, 3);
	set_int(fd, IPPROTO_IP, IP_TTL, 33);
	set_int(fd, IPPROTO_IP, IP_FREEBIND, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 111);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 22);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 5);
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 7);
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 12345);
	set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 1000);
	set_int(fd, IPPROTO_TCP, TCP_FASTOPEN, 6);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
	assert_int_equal(bind(fd, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 10), 0);
	d = dump(x, fd, "tcp-listen");
	/* reno may be the default here, and SO_TIMESTAMPNS is one option. */
	assert_true(d.obj->tcp_listen->n_options >= 24);
	close(fd);
	fd = again(x, &d, -1);
	same_socket(x, fd, &d);
	close(fd);
}

static void tcp_v6only(void **state)
{
	struct fixture *x = *state;
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET6, SOCK_STREAM, 0), v4;
	struct dumped d;

	if (fd < 0)
		skip();
	set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, 0x20);
	set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
	assert_int_equal(bind(fd, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 10), 0);
	assert_int_equal(getsockname(fd, (void *)&addr, &len), 0);
	v4 = listener(AF_INET, "0.0.0.0", ntohs(addr.sin6_port), 1);
	assert_true(v4 >= 0);
	d = dump(x, fd, "tcp-listen");
	close(fd);
	fd = again(x, &d, -1);	/* beside the IPv4 one: the option came before bind */
	same_socket(x, fd, &d);
	close(fd);
	close(v4);
}

/* Connections of the former life in TIME_WAIT do not keep the port from a
 * program that has SO_REUSEADDR: it is set before bind. */
static void tcp_time_wait(void **state)
{
	struct fixture *x = *state;
	int fd = listener(AF_INET, "127.0.0.1", 0, 5), client, server;
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	struct dumped d;
	char c;

	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	d = dump(x, fd, "tcp-listen");
	client = client_of(fd);
	server = accept(fd, NULL, NULL);

	assert_true(client >= 0 && server >= 0);
	assert_int_equal(getsockname(fd, (void *)&addr, &len), 0);
	close(server);	/* closes first, so its end is the one in TIME_WAIT */
	assert_int_equal(read(client, &c, 1), 0);
	close(client);
	close(fd);
	assert_int_equal(listener(AF_INET, "127.0.0.1", ntohs(addr.sin_port), 5), -1);
	assert_int_equal(errno, EADDRINUSE);
	fd = again(x, &d, -1);
	same_socket(x, fd, &d);
	close(fd);
}

static void tcp_link_local(void **state)
{
	struct fixture *x = *state;
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6 };
	char line[256], host[INET6_ADDRSTRLEN] = "";
	FILE *f = fopen("/proc/net/if_inet6", "re");
	unsigned b[16], index, scope, found = 0;
	struct dumped d;
	int fd;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *p = line;

		for (int i = 0; i < 16; i++, p += 2)
			sscanf(p, "%2x", &b[i]);
		if (sscanf(p, "%x %*x %x", &index, &scope) == 2 && scope == 0x20)
			found = 1;
	}
	if (f)
		fclose(f);
	if (!found)
		skip();	/* no interface with a link-local address */
	for (int i = 0; i < 16; i++)
		addr.sin6_addr.s6_addr[i] = b[i];
	addr.sin6_scope_id = index;
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 2), 0);
	d = dump(x, fd, "tcp-listen");
	close(fd);
	assert_string_equal(d.obj->tcp_listen->interface, if_indextoname(index, host));
	/* Found by name, whatever the number was. */
	((struct sockaddr_in6 *)d.obj->tcp_listen->address.data)->sin6_scope_id = 4711;
	fd = again(x, &d, -1);
	((struct sockaddr_in6 *)d.obj->tcp_listen->address.data)->sin6_scope_id = index;
	same_socket(x, fd, &d);
	close(fd);
	d.obj->tcp_listen->interface = (char *)"no-such-if";
	assert_true(ready(&d) < 0);
}

static void tcp_refused(void **state)
{
	struct fixture *x = *state;
	int fd = listener(AF_INET, "127.0.0.1", 0, 5), client = client_of(fd), server;

	assert_string_equal(obstacles_of(x, fd), "fd.tcp-pending");
	server = accept(fd, NULL, NULL);
	assert_string_equal(obstacles_of(x, fd), "");
	assert_string_equal(obstacles_of(x, server), "fd.tcp-established");
	assert_string_equal(obstacles_of(x, client), "fd.tcp-established");
	close(server);
	close(client);
	close(fd);
}

static void tcp_filter(void **state)
{
	struct fixture *x = *state;
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog prog = { 1, &code };
	int fd = listener(AF_INET, "127.0.0.1", 0, 5);

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0) {
		close(fd);
		skip();	/* kernels may keep filters to the privileged */
	}
	assert_string_equal(obstacles_of(x, fd), "fd.socket-filter");
	close(fd);
}

static void tcp_broken(void **state)
{
	struct fixture *x = *state;
	int fd = listener(AF_INET, "127.0.0.1", 0, 5), one = 1;
	struct dumped d = dump(x, fd, "tcp-listen");
	TcpListen *t = d.obj->tcp_listen, good = *t;
	SocketOption opt = SOCKET_OPTION__INIT, *opts[] = { &opt };

	close(fd);
	assert_int_equal(ready(&d), 0);
	t->address.len--;
	cannot_be_made(x, &d);
	t->address.len = 0;
	cannot_be_made(x, &d);
	*t = good;
	t->family = AF_INET6;
	cannot_be_made(x, &d);
	t->family = AF_UNIX;
	cannot_be_made(x, &d);
	*t = good;
	t->backlog = UINT32_MAX;
	cannot_be_made(x, &d);
	*t = good;
	t->interface = (char *)"a-name-longer-than-any-interface";
	cannot_be_made(x, &d);
	*t = good;
	t->options = opts;
	t->n_options = 1;
	opt.level = SOL_SOCKET;
	opt.name = SO_ATTACH_FILTER;	/* not for an image to ask for */
	opt.value = (ProtobufCBinaryData){ sizeof(one), (uint8_t *)&one };
	cannot_be_made(x, &d);
	opt.name = SO_KEEPALIVE;
	opt.value.len = 3;
	cannot_be_made(x, &d);
	opt.value.len = 4;
	assert_int_equal(ready(&d), 0);
	opt.level = IPPROTO_TCP;
	opt.name = TCP_CONGESTION;
	opt.value = (ProtobufCBinaryData){ 7, (uint8_t *)"no-such" };
	cannot_be_made(x, &d);
}

static void tty(void **state)
{
	struct fixture *x = *state;
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, keep = dup(0), fd;
	struct file_facts f;
	struct dumped d;

	if (master < 0 || grantpt(master) || unlockpt(master)) {
		close(keep);
		skip();	/* no devpts */
	}
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_string_equal(obstacles_of(x, master), "fd.pty-master");
	assert_string_equal(obstacles_of(x, slave), "fd.tty");
	f = facts_of(x, slave);
	f.shell_job = true;
	/* Where make check itself runs on a terminal, that is the one in control. */
	if (*obstacles_in(x, &f)) {
		assert_string_equal(obstacles_in(x, &f), "fd.tty-other");
		close(keep);
		close(slave);
		close(master);
		return;
	}
	d = dump_facts(x, &f, "tty");
	assert_int_equal(d.obj->tty->foreground, 0);
	assert_int_equal(d.obj->tty->major, major(f.st.st_rdev));
	assert_int_equal(d.obj->tty->minor, minor(f.st.st_rdev));

	/* ckpt's own terminal is this one: the first descriptors say so. */
	assert_int_equal(dup2(slave, 0), 0);
	fd = again(x, &d, -1);
	assert_string_equal(facts_of(x, fd).link, ptsname(master));
	same_flags(fd, slave);
	assert_int_equal(d.kind->link(x->self, d.obj, fd), 0);
	d.obj->tty->foreground = 1;
	assert_true(d.kind->link(x->self, d.obj, fd) < 0);
	d.obj->tty->termios.len = 1;
	d.obj->tty->termios.data = (uint8_t *)"x";
	assert_true(ready(&d) < 0);
	assert_true(d.kind->link(x->self, d.obj, fd) < 0);
	close(fd);
	close(master);
	assert_string_equal(obstacles_of(x, slave), "fd.deleted fd.tty");
	assert_int_equal(dup2(keep, 0), 0);
	close(keep);
	close(slave);
}

/* In a session of its own, with the job in the foreground: how the terminal
 * was set comes back. Returns 0, or the line that went wrong. */
static int foreground_job(struct fixture *x, const char *terminal)
{
#define CHECK(what) do { if (!(what)) return __LINE__ & 0x7f ? __LINE__ & 0x7f : 1; } while (0)
	struct termios was, now;
	FileObject obj = FILE_OBJECT__INIT;
	struct file_facts f;
	int fd;

	CHECK(setsid() > 0);
	fd = open(terminal, O_RDWR);	/* controls the session now */
	CHECK(fd >= 0 && tcgetattr(fd, &was) == 0);
	was.c_lflag &= ~(ICANON | ECHO);
	was.c_cc[VMIN] = 7;
	CHECK(tcsetattr(fd, TCSANOW, &was) == 0);

	close(x->proc);
	x->proc = proc_open(getpid());
	f = facts_of(x, fd);
	f.shell_job = true;
	f.pgrp_in_tree = this_group;
	CHECK(*obstacles_in(x, &f) == 0);
	CHECK(tty_kind.dump(&f, &here, &obj) == 0 && obj.tty->foreground == (uint32_t)getpgrp());

	now = was;
	cfmakeraw(&now);
	now.c_cc[VMIN] = 1;
	CHECK(tcsetattr(fd, TCSANOW, &now) == 0);
	CHECK(tty_kind.link(x->self, &obj, fd) == 0);
	CHECK(tcgetattr(fd, &now) == 0 && tcgetpgrp(fd) == getpgrp());
	CHECK(now.c_lflag == was.c_lflag && now.c_iflag == was.c_iflag && now.c_cc[VMIN] == 7);
	return 0;
}

static void tty_foreground(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status;
	pid_t child;

	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();	/* no devpts */
	child = fork();
	if (child == 0)
		_exit(foreground_job(*state, ptsname(master)));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(master);
}

static void unknown(void **state)
{
	struct fixture *x = *state;
	sigset_t set;
	int sv[2];
	struct { int fd; const char *name; } t[] = {
		{ timerfd_create(CLOCK_MONOTONIC, 0), "fd.timerfd" },
		{ memfd_create("m", 0), "fd.memfd" },
		{ inotify_init1(0), "fd.inotify" },
		{ (int)syscall(SYS_pidfd_open, getpid(), 0), "fd.pidfd" },
		{ mq_open("/ckpt-test-kinds", O_RDONLY | O_CREAT, 0600, NULL), "fd.mqueue" },
		{ open("/proc/self/status", O_RDONLY), "fd.proc" },
		{ open("/proc/self", O_RDONLY | O_DIRECTORY), "fd.proc" },
		{ open("/proc/self/ns/net", O_RDONLY), "fd.namespace" },
		{ socket(AF_INET, SOCK_DGRAM, 0), "fd.udp" },
		{ socket(AF_INET, SOCK_STREAM, 0), "fd.tcp" },
		{ socket(AF_NETLINK, SOCK_RAW, 0), "fd.netlink" },
		{ open("/dev/ptmx", O_RDWR | O_NOCTTY), "fd.pty-master" },
		{ open("/dev/kmsg", O_RDONLY), "fd.device" },
		{ open("/proc/self/cwd", O_PATH | O_NOFOLLOW), "fd.proc" },
		{ signalfd(-1, (sigemptyset(&set), &set), 0), "fd.signalfd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		if (t[i].fd < 0)
			continue;	/* not on this machine, or not for this user */
		assert_string_equal(obstacles_of(x, t[i].fd), t[i].name);
		close(t[i].fd);
	}
	mq_unlink("/ckpt-test-kinds");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_string_equal(obstacles_of(x, sv[0]), "fd.unix");
	close(sv[0]);
	close(sv[1]);
	assert_int_equal(symlink("x", path_of(x, "link")), 0);
	sv[0] = open(path_of(x, "link"), O_PATH | O_NOFOLLOW);
	assert_string_equal(obstacles_of(x, sv[0]), "fd.o-path");
	close(sv[0]);
}

static void opener(void **state)
{
	struct fixture *x = *state;
	struct opener *o = x->self;
	static char big[3 * OPENER_ROOM];
	autoclose fd = open(path_of(x, "big"), O_RDWR | O_CREAT, 0600);
	uint64_t at, value = 5;
	char *back;

	opener_reset(o);
	assert_true(opener_push(o, NULL, OPENER_ROOM));
	assert_false(opener_push(o, "x", 1));
	assert_int_equal(opener_write(o, fd, "x", 1), -ENOBUFS);
	opener_reset(o);
	assert_false(opener_push(o, NULL, OPENER_ROOM + 1));
	at = opener_push(o, &value, sizeof(value));
	value = 0;
	assert_int_equal(opener_pull(o, at, &value, sizeof(value)), 0);
	assert_int_equal(value, 5);
	assert_int_equal(opener_pull(o, at, big, sizeof(big)), -EFAULT);
	assert_int_equal(opener_pull(o, at - 1, big, 1), -EFAULT);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i % 251;
	assert_int_equal(opener_write(o, fd, big, sizeof(big)), 0);
	assert_int_equal(opener_pull(o, at, &value, sizeof(value)), 0);
	assert_int_equal(value, 5);	/* what was pushed before stays */
	back = arena_zalloc(x->mem, sizeof(big));
	assert_int_equal(io_pread_all(fd, back, sizeof(big), 0), 0);
	assert_memory_equal(back, big, sizeof(big));
	assert_int_equal(opener_call(o, SYS_close, -1), -EBADF);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(opener), TEST(regular), TEST(linked_tmpfile), TEST(regular_refused), TEST(replaced),
		TEST(locks_and_owners), TEST(directory), TEST(chardev), TEST(pipe_stream), TEST(pipe_modes),
		TEST(pipe_packets), TEST(pipe_broken_packets), TEST(pipe_outside), TEST(fifo),
		TEST(fifo_hangup), TEST(eventfd_kind_works), TEST(epoll), TEST(own_errors), TEST(epoll_spent_idle),
		TEST(epoll_stale), TEST(epoll_broken), TEST(tcp_plain), TEST(tcp_options), TEST(tcp_v6only),
		TEST(tcp_time_wait), TEST(tcp_link_local), TEST(tcp_refused), TEST(tcp_filter),
		TEST(tcp_broken),
		TEST(tty), TEST(tty_foreground), TEST(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
