/* SPDX-License-Identifier: Apache-2.0 */
/* dump.c - the story of a dump. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "cleanup.h"
#include "dump_state.h"
#include "io.h"
#include "phase.h"
#include "share.h"
#include "task_part.h"

#define MANY_PAGES 16384u	/* 64 MiB: whoever copies more must not keep all others from running */

/* What will be opened or followed while the tree stands still is looked up once
 * before: the first time the kernel makes an inode for it. */
static void look_up_names(const struct dump *d, const struct process *p)
{
	static const char *const names[] = { "smaps", "mem", "pagemap", "exe", "cwd", "root" };
	struct stat st;
	int *fds;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		fstatat(p->dir, names[i], &st, AT_SYMLINK_NOFOLLOW);
	proc_list_fds(d->mem, p->dir, &fds, &n);
}

/* Where much is to be read of /proc, the kernel's own structs are read instead. */
static int use_iterators(struct dump *d)
{
	int self[BPF_ITERS], r = 0;

	iters_open(&d->tree, self);
	if (self[BPF_ITER_VMAS] >= 0)
		r = mm_learn(&d->tree, self[BPF_ITER_VMAS]);
	if (self[BPF_ITER_TASKS] >= 0)
		own_spaces(&d->tree, self[BPF_ITER_TASKS]);
	bpf_iter_close(self);
	if (d->tree.words)
		say(SAY_DEBUG, &d->at, "flags of mappings are read by a BPF iterator");
	if (d->tree.own.spaces.nsproxy)
		say(SAY_DEBUG, &d->at, "namespaces of tasks are compared by a BPF iterator");
	return r;
}

/* Before anything is stopped: look at the tree, find what takes time to find,
 * open the files that the images go to. */
static int survey(struct dump *d)
{
	const char *why = NULL;
	int r;

	d->xstate_max = arch_xstate_max();
	d->xstate_plain = arch_xstate_plain();
	d->pkru_offset = arch_pkru_offset();
	r = own_facts(&d->tree.own);
	if (r < 0)
		return fail(&d->at, r, "cannot look at ckpt itself");
	r = arch_vdso(&d->tree.vdso);
	if (r < 0)
		return fail(&d->at, r, "cannot find ckpt's own vdso");
	r = tree_survey(&d->tree, d->opt->pid, &d->at);
	if (r == 0)
		r = use_iterators(d);
	EACH_PROCESS(p, &d->tree) {
		if (r < 0 || p->zombie)
			continue;
		/* What is not found now is looked for when the tree stands still. */
		if (proc_read_maps(d->mem, p->dir, false, &p->vmas, &p->n_vmas) == 0)
			site_find(d->mem, &d->tree.vdso, p);
		proc_read_cgroup(d->mem, p->dir, &p->cgroup);
		look_up_names(d, p);
		EACH_TASK(t, p)
			keep_namespaces(t);
	}
	if (r < 0)
		return r;
	r = share_survey(&d->tree);
	if (r < 0)
		return fail(&d->at, r, "cannot compare the processes");
	r = dump_list_others(d);
	dump_reserve_memory(d);
	if (r < 0 || d->opt->dry_run)
		return r;
	r = image_create(d->mem, d->opt->images, d->opt->overwrite, &d->writer, &why);
	if (r == -EEXIST)
		return fail(&d->at, 0, "the directory holds a checkpoint already; --overwrite replaces it");
	if (r == 0)
		r = image_pages_create(d->writer, &d->pages.fd);
	if (r == 0)
		return dump_reserve_pages(d);
	return r < 0 ? fail(&d->at, r, "cannot write to the images directory%s%s", why ? ": " : "", why ? why : "") : 0;
}

/* Does ckpt wait for the CPU for longer than half of what it gets of it? Where the kernel
 * does not tell, the machine is idle. */
static bool is_busy(struct arena *a)
{
	autoclose self = proc_open(getpid());
	struct proc_schedstat s;

	return self >= 0 && proc_read_schedstat(a, self, &s) == 0 && s.waited_ns > s.ran_ns / 2;
}

static int seize(struct dump *d)
{
	/* So that a busy machine does not lengthen the freeze. On an idle one, ckpt and the
	 * tasks that have to run for it get on better without. Not every caller may do that. */
	cpus_go_first(&d->tree.turn, is_busy(d->mem));
	d->nice = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, -20);
	d->seized = true;
	return tree_freeze(&d->tree, &d->at);
}

/* All obstacles are known by now; a dump finds none later. */
static int judge(struct dump *d)
{
	if (d->obstacles.err < 0)
		return fail(&d->at, d->obstacles.err, "cannot list all that stands in the way");
	d->result->obstacles = d->obstacles.list;
	d->result->n_obstacles = d->obstacles.n;
	return d->obstacles.n ? -ENOTSUP : 0;
}

static int contents(struct dump *d)
{
	return d->opt->dry_run ? 0 : files_contents(d->files, &d->at);
}

static int memory(struct dump *d)
{
	int r;

	if (d->opt->dry_run)
		return 0;
	r = mm_select(d->mem, &d->tree, &d->copy);
	if (r == 0 && mm_copy_pages(d->copy) > MANY_PAGES)
		cpus_go_first(&d->tree.turn, false);
	if (r == 0)
		r = mm_copy(d->copy, &d->pages);
	d->result->frozen_ns = io_now_ns(CLOCK_MONOTONIC) - d->tree.frozen_at_ns;
	return r;
}

/* With --leave-running the tree goes on before the images are made safe. */
static int release(struct dump *d)
{
	if (!d->opt->leave_running && !d->opt->dry_run)
		return 0;
	tree_release(&d->tree);
	d->seized = false;
	d->result->frozen_ns = d->tree.released_at_ns - d->tree.frozen_at_ns;
	setpriority(PRIO_PROCESS, 0, d->nice);
	return 0;
}

static int commit(struct dump *d)
{
	int r;

	cpus_go_first(&d->tree.turn, false);
	r = d->opt->dry_run ? 0 : dump_write(d);
	if (r == 0)
		r = dump_write_staged(d);
	/* Less may have come than room was reserved for. */
	if (r == 0 && !d->opt->dry_run && ftruncate(d->pages.fd, (off_t)(mm_copy_pages(d->copy) * ARCH_PAGE)) < 0)
		r = fail(&d->at, errno, "cannot give the pages file its size");

	if (r == 0 && d->seized)
		r = dump_guard(d);
	if (r == 0 && !d->opt->dry_run)
		r = dump_commit(d);
	if (r == 0)
		d->committed = true;
	return r;
}

static int finish(struct dump *d)
{
	if (!d->seized)
		return 0;
	if (d->opt->leave_stopped)
		EACH_PROCESS(p, &d->tree)
			if (!p->zombie)
				kill(p->pid, SIGSTOP);
	return d->opt->leave_stopped ? 0 : dump_kill(d);
}

static const struct phase {
	const char *name;
	int (*run)(struct dump *d);
} phases[] = {
	{ "survey", survey },
	{ "seize", seize },
	{ "collect", dump_collect },
	{ "check", dump_check },
	{ "task state", dump_task_state },
	{ "obstacles", judge },
	{ "files", contents },
	{ "memory", memory },
	{ "release", release },
	{ "commit", commit },
	{ "finish", finish },
};

static int run_phases(struct dump *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		int64_t began = io_now_ns(CLOCK_MONOTONIC);
		struct phase_time *t;
		int r;

		d->at = (struct where){ .phase = phases[i].name, .fd = -1 };
		r = d->committed ? 0 : waits_check(&d->tree.waits);
		if (r == 0)
			r = phases[i].run(d);
		if (r < 0)
			return d->result->n_obstacles ? r : phase_failed(&d->at, r, &d->tree.waits);
		t = &d->result->phases[d->result->n_phases++];
		t->name = phases[i].name;
		t->ns = io_now_ns(CLOCK_MONOTONIC) - began;
	}
	return 0;
}

/* Whatever happened: the tree runs, if it is not to be dead, and the images
 * directory is as it was, if the checkpoint is not complete. */
static void wind_up(struct dump *d)
{
	dump_tasks_end(d);
	d->tree.waits.patient = true;
	if (d->seized)
		tree_release(&d->tree);
	guard_end(&d->guard);
	dump_unmap_pages(d);
	image_abort(d->writer);
	tree_close(&d->tree);
}

int dump_run(struct arena *mem, const struct dump_options *o, struct dump_result *ret)
{
	struct dump d = { .mem = mem, .opt = o, .result = ret, .at = { .fd = -1 },
			  .tree = { .mem = mem }, .obstacles = { .mem = mem }, .pages = { .fd = -1 } };
	int r;

	*ret = (struct dump_result){ 0 };
	waits_init(&d.tree.waits, o->timeout_ns);
	cpus_turn_begin(&d.tree.turn);
	d.files = files_new(mem, &d.tree, o->shell_job);
	r = d.files ? run_phases(&d) : fail(&d.at, ENOMEM, "dump");
	wind_up(&d);
	return r;
}
