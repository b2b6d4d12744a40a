/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* bpf_iter.c - the two programs, and what they tell.
 *
 * The kernel lets only programs that call themselves GPL read its structs; this
 * file may be used under either licence.
 */
#include "bpf_iter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "btf.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"

#define TYPES "/sys/kernel/btf/vmlinux"
#define FIRST_VMAS 128u
#define VMAS_MAX (1u << 20)

/* R1 to R5 are lost by a call, R10 is the end of the stack. */
enum { R0, R1, R2, R3, R6 = 6, R7, R10 = 10 };

struct program {
	struct bpf_insn code[96];
	unsigned n;
	int record;		/* on the stack: where the record begins, from R10 on */
	int err;
};

static void add(struct program *p, struct bpf_insn insn)
{
	if (p->n < ARRAY_SIZE(p->code))
		p->code[p->n++] = insn;
	else
		p->err = -E2BIG;
}

static void load(struct program *p, unsigned to, unsigned from, int offset)
{
	add(p, (struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_DW, to, from, (short)offset, 0 });
}

static void set(struct program *p, unsigned reg, int value)
{
	add(p, (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value });
}

static void set_sum(struct program *p, unsigned to, unsigned from, int value)
{
	add(p, (struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0 });
	add(p, (struct bpf_insn){ BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value });
}

static void call(struct program *p, int helper)
{
	add(p, (struct bpf_insn){ BPF_JMP | BPF_CALL, 0, 0, 0, helper });
}

static void leave(struct program *p)
{
	set(p, R0, 0);
	add(p, (struct bpf_insn){ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 });
}

/* The object, from that place of the context, goes to R6; there is none at the end. */
static void begin(struct program *p, int object, size_t record_size)
{
	p->record = -(int)record_size;
	load(p, R6, R1, object);
	load(p, R7, R1, 0);		/* struct bpf_iter_meta */
	add(p, (struct bpf_insn){ BPF_JMP | BPF_JNE | BPF_K, R6, 0, 2, 0 });
	leave(p);
}

/* 8 bytes of what `from` points to, to a field of the record. By the helper: each plain load of
 * a pointer sends the verifier through all types of the kernel by name, which takes a millisecond. */
static void copy(struct program *p, size_t to, unsigned from, int offset)
{
	set_sum(p, R1, R10, p->record + (int)to);
	set(p, R2, 8);
	set_sum(p, R3, from, offset);
	call(p, BPF_FUNC_probe_read_kernel);
}

/* seq_write(meta->seq, record, size) */
static void end(struct program *p)
{
	load(p, R1, R7, 0);
	set_sum(p, R2, R10, p->record);
	set(p, R3, -p->record);
	call(p, BPF_FUNC_seq_write);
	leave(p);
}

/* A field of that size: what there is none of, or not so, makes the program useless. */
static int field_of(struct program *p, const struct btf *types, const char *of, const char *name, uint32_t least, uint32_t most)
{
	struct btf_field f = { 0 };
	int r = btf_field(types, of, name, &f);

	if (r == 0 && (f.size < least || f.size > most || f.offset > INT16_MAX))
		r = -EINVAL;
	if (r < 0 && !p->err)
		p->err = r;
	return (int)f.offset;
}

static int field(struct program *p, const struct btf *types, const char *of, const char *name)
{
	return field_of(p, types, of, name, 8, 8);
}

/* A struct within another, of which the first word or one named elsewhere is of use. */
static int inner(struct program *p, const struct btf *types, const char *of, const char *name)
{
	return field_of(p, types, of, name, 8, UINT32_MAX);
}

/* struct bpf_iter__task_vma of kernel/bpf/task_iter.c: meta, task, vma. */
static void write_vmas(struct program *p, const struct btf *types)
{
	struct btf_field all_flags;

	/* More flags than a word has. */
	if (btf_field(types, "vm_area_struct", "flags", &all_flags) == 0 && all_flags.size != 8)
		p->err = -EOVERFLOW;
	begin(p, 16, sizeof(struct iter_vma));
	copy(p, offsetof(struct iter_vma, start), R6, field(p, types, "vm_area_struct", "vm_start"));
	copy(p, offsetof(struct iter_vma, end), R6, field(p, types, "vm_area_struct", "vm_end"));
	copy(p, offsetof(struct iter_vma, flags), R6, field(p, types, "vm_area_struct", "vm_flags"));
	copy(p, offsetof(struct iter_vma, anon), R6, field(p, types, "vm_area_struct", "anon_vma"));
	end(p);
}

/* struct bpf_iter__task: meta, task. The user namespace is that of /proc/PID/ns/user (userns_get()). */
static void write_tasks(struct program *p, const struct btf *types)
{
	begin(p, 8, sizeof(struct iter_task));
	copy(p, offsetof(struct iter_task, nsproxy), R6, field(p, types, "task_struct", "nsproxy"));
	copy(p, offsetof(struct iter_task, creds), R6, field(p, types, "task_struct", "real_cred"));
	copy(p, offsetof(struct iter_task, id), R6, field_of(p, types, "task_struct", "pid", 4, 4));	/* and tgid */
	copy(p, offsetof(struct iter_task, flags), R6, field(p, types, "task_struct", "atomic_flags"));
	copy(p, offsetof(struct iter_task, seccomp), R6, inner(p, types, "task_struct", "seccomp"));
	copy(p, offsetof(struct iter_task, pending), R6, inner(p, types, "task_struct", "pending") +
	     field(p, types, "sigpending", "signal"));
	load(p, R6, R10, p->record + (int)offsetof(struct iter_task, creds));
	copy(p, offsetof(struct iter_task, user_ns), R6, field(p, types, "cred", "user_ns"));
	end(p);
}

static const struct {
	const char *target;
	void (*write)(struct program *p, const struct btf *types);
} iters[BPF_ITERS] = {
	[BPF_ITER_VMAS] = { "bpf_iter_task_vma", write_vmas },
	[BPF_ITER_TASKS] = { "bpf_iter_task", write_tasks },
};

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	int fd = (int)FAULTY(FAULT_OPEN, syscall(SYS_bpf, command, attr, sizeof(*attr)));

	return fd < 0 ? -errno : fd;
}

const void *bpf_iter_map_types(size_t *ret_len)
{
	autoclose fd = FAULTY(FAULT_OPEN, open(TYPES, O_RDONLY | O_CLOEXEC));
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		return NULL;
	*ret_len = (size_t)st.st_size;
	at = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);	/* Linux 6.16 */
	if (at != MAP_FAILED)
		return at;
	at = mmap(NULL, *ret_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at != MAP_FAILED && io_pread_all(fd, at, *ret_len, 0) < 0) {
		munmap(at, *ret_len);
		at = MAP_FAILED;
	}
	return at == MAP_FAILED ? NULL : at;
}

static int load_one(const struct btf *types, enum bpf_iter which)
{
	struct program p = { 0 };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_TRACING };
	struct btf_field task;
	int r = btf_find(types, BTF_KIND_FUNC, iters[which].target, &attr.attach_btf_id);

	/* Before Linux 6.1 an iterator went over all tasks, whatever it was told. */
	if (r == 0)
		r = btf_field(types, "bpf_iter_aux_info", "task", &task);
	if (r < 0)
		return r;
	iters[which].write(&p, types);
	attr.expected_attach_type = BPF_TRACE_ITER;
	attr.insns = (uintptr_t)p.code;
	attr.insn_cnt = p.n;
	attr.license = (uintptr_t)"GPL";
	return p.err < 0 ? p.err : bpf(BPF_PROG_LOAD, &attr);
}

int bpf_iter_load(int ret[BPF_ITERS])
{
	auto_(arena_freep) struct arena *a = arena_new();
	size_t len = 0;
	const void *bytes = bpf_iter_map_types(&len);
	int r = !bytes ? -ENOENT : a ? 0 : -ENOMEM, program[BPF_ITERS] = { -1, -1 };
	struct btf *types;

	if (r == 0)
		r = btf_parse(a, bytes, len, &types);
	for (int i = 0; r == 0 && i < BPF_ITERS; i++) {
		program[i] = load_one(types, i);
		r = MIN(program[i], 0);
	}
	if (bytes)
		munmap((void *)(uintptr_t)bytes, len);
	if (r < 0)
		bpf_iter_close(program);
	else
		memcpy(ret, program, sizeof(program));
	return r;
}

void bpf_iter_close(int fds[BPF_ITERS])
{
	for (int i = 0; i < BPF_ITERS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int bpf_iter_open(int program, enum bpf_iter which, pid_t pid)
{
	union bpf_iter_link_info of = { 0 };
	union bpf_attr attr = { 0 };
	autoclose link = -1;

	/* The threads of a process, or one task, whose VMAs are those of all. */
	if (which == BPF_ITER_TASKS)
		of.task.pid = (uint32_t)pid;
	else
		of.task.tid = (uint32_t)pid;
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	attr.link_create.iter_info = (uintptr_t)&of;
	attr.link_create.iter_info_len = sizeof(of);
	link = bpf(BPF_LINK_CREATE, &attr);
	if (link < 0)
		return link;
	attr = (union bpf_attr){ .iter_create.link_fd = (uint32_t)link };
	return bpf(BPF_ITER_CREATE, &attr);
}

static ssize_t read_once(int fd, void *to, size_t room)
{
	ssize_t n;

	do
		n = FAULTY(FAULT_READ, read(fd, to, room));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* One read(2) gives 32 KiB at most, and the iterator of one process does not end when it is read
 * once more after that, but begins anew (seen on Linux 6.18): addresses that do not ascend tell. */
int bpf_iter_read_vmas(struct arena *a, int fd, struct iter_vma **ret, size_t *ret_n)
{
	struct iter_vma *list = NULL;
	size_t n = 0, room = 0;

	for (;;) {
		struct iter_vma *more = list;
		ssize_t bytes;

		if (n == room) {
			room = room ? 2 * room : FIRST_VMAS;
			more = room > VMAS_MAX ? NULL : arena_zalloc(a, room * sizeof(*more));
			if (!more)
				return room > VMAS_MAX ? -E2BIG : -ENOMEM;
			if (n)
				memcpy(more, list, n * sizeof(*list));
			list = more;
		}
		bytes = read_once(fd, list + n, (room - n) * sizeof(*list));
		if (bytes < 0 || bytes % (ssize_t)sizeof(*list))
			return bytes < 0 ? (int)bytes : -EIO;
		if (!bytes || (n && list[n].start <= list[n - 1].start))
			break;
		n += (size_t)bytes / sizeof(*list);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

/* Nor does this one end: it tells the last task again. */
int bpf_iter_read_tasks(struct arena *a, int fd, size_t expected, struct iter_task **ret, size_t *ret_n)
{
	struct iter_task *list = arena_zalloc(a, (expected + 1) * sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	while (n <= expected) {
		ssize_t bytes = read_once(fd, list + n, (expected + 1 - n) * sizeof(*list));

		if (bytes < 0 || bytes % (ssize_t)sizeof(*list))
			return bytes < 0 ? (int)bytes : -EIO;
		if (!bytes || (n && list[n].id == list[n - 1].id))
			break;
		n += (size_t)bytes / sizeof(*list);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
