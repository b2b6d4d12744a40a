/* SPDX-License-Identifier: Apache-2.0 */
/* mm_layout.c - the VMAs of an address space under dump. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "mm.h"
#include "mm_words.h"

#define BIT(f) (1ull << (f))

/* VmFlags that a restore puts back, by mmap, madvise or mlock. */
static const enum vma_flag kept_flags[] = {
	VMF_AC, VMF_GD, VMF_NR, VMF_NH, VMF_HG, VMF_DC, VMF_DD, VMF_WF, VMF_SR, VMF_RR, VMF_MG, VMF_LO, VMF_LF,
};

/* VmFlags that stand for what cannot be saved. */
static const struct { uint64_t flags; const char *name, *what, *remedy; } refused_flags[] = {
	{ BIT(VMF_HT), "mm.hugetlb", "huge pages of hugetlbfs", "Use transparent huge pages." },
	{ BIT(VMF_SL), "mm.sealed", "a sealed mapping (mseal)", "Run the program without mseal." },
	{ BIT(VMF_UM) | BIT(VMF_UW) | BIT(VMF_UI), "mm.userfaultfd", "memory watched by a userfaultfd", "Let the program unregister it." },
	{ BIT(VMF_IO) | BIT(VMF_PF) | BIT(VMF_MM), "mm.device", "memory of a device", "Let the program close the device." },
	{ BIT(VMF_GU), "mm.guard", "guard pages (MADV_GUARD_INSTALL)", "Use PROT_NONE mappings as guards." },
	{ BIT(VMF_SS), "mm.shadow-stack", "a shadow stack", "Run it with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off." },
	{ BIT(VMF_DP), "mm.droppable", "droppable memory (MAP_DROPPABLE)", "There is no way round this yet." },
	{ BIT(VMF_UNKNOWN), "mm.unknown", "a mapping with a flag that this ckpt does not know", "Use a ckpt as new as the kernel." },
};

/* Files without a name, told by what stands for it in maps. */
static const struct { const char *path, *name, *what, *remedy; } refused_paths[] = {
	{ "/dev/zero", "mm.shared-anonymous", "shared anonymous memory", "Use a shared mapping of a file with a name." },
	{ "/SYSV", "mm.sysv", "a System V shared memory segment", "Use a shared mapping of a file with a name." },
	{ "/memfd:", "mm.memfd", "a memfd", "Use a file with a name." },
	{ "/[aio]", "mm.aio", "the ring of an AIO context", "Let the program destroy it (io_destroy)." },
	{ "anon_inode:[io_uring]", "mm.io_uring", "the rings of an io_uring", "Run the program without io_uring." },
	{ "/secretmem", "mm.secretmem", "secret memory (memfd_secret)", "There is no way round this: it cannot be read." },
	{ "anon_inode:", "mm.device", "memory of a kernel object", "Let the program close it." },
	{ "/dev/", "mm.device", "memory of a device", "Let the program close the device." },
};

int mm_learn(struct tree *tree, int iter)
{
	tree->words = words_new(tree->mem);
	if (!tree->words)
		return fail(NOWHERE, ENOMEM, "memory");
	words_learn_own(tree->words, tree->mem, iter);
	return 0;
}

/* maps and words, unless there are words that only smaps can explain. */
static int read_vmas(struct arena *a, struct process *p)
{
	struct words *words = leader(p)->tree->words;
	struct iter_vma *iter;
	size_t n;
	bool told = words && p->iter[BPF_ITER_VMAS] >= 0 && bpf_iter_read_vmas(a, p->iter[BPF_ITER_VMAS], &iter, &n) == 0;
	int r = told ? proc_read_maps(a, p->dir, false, &p->vmas, &p->n_vmas) : 0;

	if (r < 0 || (told && words_apply(words, iter, n, p->vmas, p->n_vmas)))
		return r;
	r = proc_read_maps(a, p->dir, true, &p->vmas, &p->n_vmas);
	if (r == 0 && told)
		words_learn(words, iter, n, p->vmas, p->n_vmas);
	return r;
}

int mm_collect(struct arena *a, struct process *p, const struct where *at)
{
	int r = read_vmas(a, p);

	if (r < 0)
		return fail(at, r, "cannot read the memory map");
	p->mm = ARENA_MSG(a, Mm, mm);
	if (!p->mm)
		return fail(at, ENOMEM, "memory");
	r = proc_read_link(a, p->dir, "exe", &p->exe);
	if (r == 0 && fstatat(p->dir, "exe", &p->exe_st, 0) < 0)
		r = -errno;
	return r < 0 ? fail(at, r, "cannot look at the program file") : 0;
}

static void check_path(const struct process *p, const struct proc_vma *v, struct obstacles *list)
{
	bool anonymous_zero = v->deleted || !strcmp(v->path, "/dev/zero");

	for (size_t i = 0; i < ARRAY_SIZE(refused_paths); i++) {
		if (strncmp(v->path, refused_paths[i].path, strlen(refused_paths[i].path)) != 0)
			continue;
		if (i == 0 && !anonymous_zero)
			continue;
		if (i == ARRAY_SIZE(refused_paths) - 1 && v->deleted)
			continue;	/* of /dev/shm, such as a semaphore */
		obstacle(list, refused_paths[i].name, AT_ADDR(p->pid, v->start), refused_paths[i].remedy,
			 "the mapping is %s, which cannot be saved yet", refused_paths[i].what);
		return;
	}
	obstacle(list, "mm.deleted", AT_ADDR(p->pid, v->start), "Start the program again after its files were replaced.",
		 "the mapped file %s is not to be found under its name any more", v->path);
}

static VmaType type_of(const struct proc_vma *v)
{
	switch (v->type) {
	case VMA_ANON:
	case VMA_HEAP:
	case VMA_STACK:
		return VMA_TYPE__VMA_TYPE_ANONYMOUS;
	case VMA_VDSO:
		return VMA_TYPE__VMA_TYPE_VDSO;
	case VMA_VVAR:
		return VMA_TYPE__VMA_TYPE_VVAR;
	case VMA_VVAR_VCLOCK:
		return VMA_TYPE__VMA_TYPE_VVAR_VCLOCK;
	case VMA_FILE:
		return VMA_TYPE__VMA_TYPE_FILE;
	default:
		return strncmp(v->path, "[anon:", 6) == 0 ? VMA_TYPE__VMA_TYPE_ANONYMOUS :
							   VMA_TYPE__VMA_TYPE_UNKNOWN;
	}
}

/* In maps only a newline is escaped, and " (deleted)" follows some names: one that
 * really has such text in it is found by the link in map_files. */
static int find_file(struct arena *a, const struct process *p, const struct proc_vma *v, struct files *files,
		     uint32_t *ret)
{
	int r = v->deleted ? 0 : files_mapped(files, v->path, v->dev, v->ino, ret);
	char name[64], *link;

	if (r < 0 || *ret)
		return r;
	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, v->start, v->end);
	r = proc_read_link(a, p->dir, name, &link);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? 0 : files_mapped(files, link, v->dev, v->ino, ret);
}

static int check_vma(struct arena *a, struct process *p, const struct proc_vma *v, struct files *files,
		     Vma *m, struct obstacles *list)
{
	bool special = v->type == VMA_VDSO || v->type == VMA_VVAR || v->type == VMA_VVAR_VCLOCK;

	for (size_t i = 0; !special && i < ARRAY_SIZE(refused_flags); i++)
		if (v->flags & refused_flags[i].flags)
			obstacle(list, refused_flags[i].name, AT_ADDR(p->pid, v->start), refused_flags[i].remedy,
				 "the mapping is %s, which cannot be saved yet", refused_flags[i].what);
	if (m->type == VMA_TYPE__VMA_TYPE_UNKNOWN)
		obstacle(list, "mm.unknown", AT_ADDR(p->pid, v->start), "Use a ckpt as new as the kernel.",
			 "the mapping %s is of a sort that this ckpt does not know", v->path);
	if (v->type == VMA_OTHER && m->type == VMA_TYPE__VMA_TYPE_ANONYMOUS)
		m->name = arena_strndup(a, v->path + 6, strlen(v->path) - 7);
	if (v->type == VMA_FILE) {
		int r = find_file(a, p, v, files, &m->file);

		if (r < 0)
			return r;
		if (!m->file)
			check_path(p, v, list);
	}
	return 0;
}

static int keep_flags(struct arena *a, const struct proc_vma *v, Vma *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept_flags); i++) {
		char **place;

		if (!(v->flags & BIT(kept_flags[i])))
			continue;
		place = ARENA_ADD(a, m->flags, m->n_flags);
		if (!place)
			return -ENOMEM;
		*place = (char *)(uintptr_t)vma_flag_name(kept_flags[i]);
	}
	return 0;
}

/* Would the kernel make one VMA of the two? It has not, because their pages
 * come from different faults (anon_vma), or the second was moved there. */
static bool look_alike(const struct proc_vma *below, const struct proc_vma *v)
{
	const uint64_t told = ~BIT(VMF_SD);

	if (below->end != v->start || below->prot != v->prot || below->shared != v->shared ||
	    (below->flags & told) != (v->flags & told) || strcmp(below->path, v->path) != 0 || below->key != v->key)
		return false;
	return v->type == VMA_FILE ? below->ino == v->ino && below->pgoff + (below->end - below->start) == v->pgoff :
	       v->type == VMA_ANON || v->type == VMA_HEAP || v->type == VMA_OTHER;
}

static Vma *new_vma(struct arena *a, struct process *p, size_t i)
{
	const struct proc_vma *v = &p->vmas[i];
	Vma *m = ARENA_MSG(a, Vma, vma);

	if (!m)
		return NULL;
	m->start = v->start;
	m->end = v->end;
	m->prot = (uint32_t)v->prot;
	m->shared = v->shared;
	m->pgoff = v->type == VMA_FILE ? v->pgoff : 0;
	m->type = type_of(v);
	m->key = v->key;
	m->file_writable = v->type == VMA_FILE && v->shared && (v->flags & BIT(VMF_MW));
	m->keep_apart = i > 0 && look_alike(&p->vmas[i - 1], v);
	return m;
}

int mm_check(struct arena *a, struct process *p, struct files *files, struct obstacles *list)
{
	int r;

	p->vma_messages = arena_zalloc(a, (p->n_vmas + 1) * sizeof(*p->vma_messages));
	if (!p->vma_messages)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_vmas; i++) {
		if (p->vmas[i].type == VMA_VSYSCALL)
			continue;
		p->vma_messages[i] = new_vma(a, p, i);
		if (!p->vma_messages[i])
			return -ENOMEM;
		r = check_vma(a, p, &p->vmas[i], files, p->vma_messages[i], list);
		if (r == 0)
			r = keep_flags(a, &p->vmas[i], p->vma_messages[i]);
		if (r < 0)
			return r;
		p->mm->vmas++;
	}
	r = files_mapped(files, p->exe, p->exe_st.st_dev, p->exe_st.st_ino, &p->mm->exe);
	if (r == 0 && !p->mm->exe)
		obstacle(list, "mm.deleted", AT_PID(p->pid), "Start the program again after its files were replaced.",
			 "the program file %s is not to be found under its name any more", p->exe);
	return r;
}
