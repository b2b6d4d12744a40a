/* SPDX-License-Identifier: Apache-2.0 */
/* restore_fit.c - would this machine take the tree? Asked before anything is made.
 *
 * What the checkpoint asks for is compared with what there can be at all: an
 * image of a few pages may name terabytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "arch.h"
#include "cleanup.h"
#include "fill.h"
#include "inherit.h"
#include "proc.h"
#include "restore_state.h"

static int kernel_limit(struct restore *r, const char *path, uint64_t *ret)
{
	int err = proc_read_u64(r->mem, AT_FDCWD, path, 10, ret);

	return err < 0 ? fail(&r->at, err, "%s", path) : 0;
}

static int check_numbers(struct restore *r)
{
	uint64_t pid_max, map_max;
	int err = kernel_limit(r, "/proc/sys/kernel/pid_max", &pid_max);

	if (err == 0)
		err = kernel_limit(r, "/proc/sys/vm/max_map_count", &map_max);
	if (err < 0)
		return err;
	for (size_t i = 0; i < r->plan.n_nodes; i++)
		if ((uint64_t)r->plan.nodes[i].pid >= pid_max)
			return fail(&r->at, 0, "pid %d is too high here: kernel.pid_max is %" PRIu64,
				    r->plan.nodes[i].pid, pid_max);
	EACH_PROCESS(p, &r->tree) {
		if (p->image->n_pids != 1)
			return fail(&r->at, 0, "pid %d was in a pid namespace within another, which cannot be restored yet", p->pid);
		if (!p->zombie && p->saved_mm->n_vmas > map_max)
			return fail(&r->at, 0, "pid %d has %zu mappings: vm.max_map_count is %" PRIu64,
				    p->pid, p->saved_mm->n_vmas, map_max);
		EACH_TASK(t, p)
			if ((uint64_t)t->tid >= pid_max)
				return fail(&r->at, 0, "pid %d is too high here: kernel.pid_max is %" PRIu64, t->tid, pid_max);
	}
	return 0;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

/* Pages that are saved, and not shared with the maker; all of what is locked, if it takes memory of its own. */
static uint64_t bytes_of(const struct process *p, size_t vma)
{
	const struct loaded_vma *v = &p->saved_mm->vmas[vma];
	uint64_t bytes = 0;

	if (vma_was_writable(v->msg) && vma_has_flag(v->msg, "lo") && !vma_has_flag(v->msg, "lf"))
		return v->msg->end - v->msg->start;
	for (size_t i = 0; i < v->n_chunks; i++)
		bytes += inherits_chunk(p->inherited, vma, i) ? 0 : v->chunks[i]->stored;
	return bytes;
}

/* Whoever asks for less may still find too little free: the kernel tells. */
static int check_memory(struct restore *r)
{
	struct sysinfo machine;
	uint64_t need = 0, have;

	EACH_PROCESS(p, &r->tree)
		for (size_t i = 0; !p->zombie && i < p->saved_mm->n_vmas; i++)
			need = add(need, bytes_of(p, i));
	for (size_t i = 1; i < r->ck.n_file_ids; i++) {
		const FileObject *o = r->ck.objects[i];

		if (o && o->kind_case == FILE_OBJECT__KIND_PIPE)
			need = add(need, o->pipe->size);
		if (o && o->kind_case == FILE_OBJECT__KIND_FIFO)
			need = add(need, o->fifo->size);
	}
	if (sysinfo(&machine) < 0)
		return fail(&r->at, errno, "how much memory there is");
	have = ((uint64_t)machine.totalram + machine.totalswap) * machine.mem_unit;
	return need > have ? fail(&r->at, 0, "the tree takes %" PRIu64 " MiB of memory, and this machine has %" PRIu64,
				  need >> 20, have >> 20) : 0;
}

/* The special mappings come as the kernel makes them: ckpt's own tell how. */
static int check_vdso(struct restore *r)
{
	autoclose self = proc_open(getpid());
	struct proc_vma *vmas;
	uint64_t before = 0, size = 0;
	size_t n;
	int err = self < 0 ? self : proc_read_maps(r->mem, self, false, &vmas, &n);

	if (err < 0)
		return fail(&r->at, err, "cannot read ckpt's own memory map");
	for (size_t i = 0; i < n; i++) {
		if (vmas[i].type == VMA_VVAR || vmas[i].type == VMA_VVAR_VCLOCK)
			before += vmas[i].end - vmas[i].start;
		if (vmas[i].type == VMA_VDSO)
			size = vmas[i].end - vmas[i].start;
	}
	EACH_PROCESS(p, &r->tree) {
		const struct loaded_mm *mm = p->saved_mm;

		for (size_t i = 0; !p->zombie && i < mm->n_vmas; i++) {
			const Vma *v = mm->vmas[i].msg;

			if (v->type == VMA_TYPE__VMA_TYPE_VDSO &&
			    (v->end - v->start != size || mm->x86->vdso_code - mm->x86->vdso_base != before))
				return fail(&r->at, 0, "pid %d has its vdso laid out as no process of this kernel", p->pid);
		}
	}
	return 0;
}

static int check_paths(struct restore *r, const struct process *p)
{
	const FileObject *exe = r->ck.objects[p->saved_mm->msg->exe];
	struct where at = { .phase = r->at.phase, .pid = p->pid, .fd = -1 };
	struct stat st;

	if (stat(p->fs->cwd, &st) < 0)
		return fail(&at, errno, "its working directory %s", p->fs->cwd);
	if (!S_ISDIR(st.st_mode))
		return fail(&at, 0, "its working directory %s is no directory", p->fs->cwd);
	if (exe->kind_case == FILE_OBJECT__KIND_REGULAR && faccessat(AT_FDCWD, exe->regular->path, X_OK, AT_EACCESS) < 0)
		return fail(&at, errno, "its program %s", exe->regular->path);
	return 0;
}

int restore_fits(struct restore *r)
{
	int err = check_numbers(r);

	if (err == 0)
		err = check_memory(r);
	if (err == 0)
		err = check_vdso(r);
	EACH_PROCESS(p, &r->tree) {
		if (err == 0 && !p->zombie)
			err = check_paths(r, p);
		EACH_TASK(t, p) {
			const char *why = err ? NULL : arch_xstate_refuses(t->image->xstate.data, t->image->xstate.len,
									    p->saved_mm->x86->xcomp_asked);

			if (why)
				err = fail(&r->at, 0, "pid %d is said to have %s", t->tid, why);
		}
	}
	return err;
}
