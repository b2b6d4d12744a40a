/* SPDX-License-Identifier: Apache-2.0 */
/* mm_frames.c - see mm_frames.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "mm_frames.h"
#include "model.h"
#include "pagemap.h"

#define FIRST_SIZE 1024u
#define LOOK_PAGES 512u

/* Pages side by side in a process and in the pages file. */
struct stretch {
	const struct process *process;
	uint64_t start, offset;
	const uint64_t *entries;
	size_t pages;
	bool met_again;
};

/* Frame 0 is nobody's: an empty place. */
struct place { uint64_t frame; uint32_t stretch, page; };

struct frames {
	struct arena *mem;
	struct stretch *stretches;
	size_t n;
	struct place *places;
	size_t size, used;	/* size: a power of two */
};

struct frames *frames_new(struct arena *a)
{
	struct frames *f = arena_zalloc(a, sizeof(*f));

	if (!f)
		return NULL;
	f->mem = a;
	f->size = FIRST_SIZE;
	f->places = arena_zalloc(a, f->size * sizeof(*f->places));
	return f->places ? f : NULL;
}

/* Where the frame is, or where it would go. */
static struct place *find(const struct frames *f, uint64_t frame)
{
	size_t i = (size_t)(frame * 0x9e3779b97f4a7c15 >> 32) & (f->size - 1);

	while (f->places[i].frame && f->places[i].frame != frame)
		i = (i + 1) & (f->size - 1);
	return &f->places[i];
}

static int grow(struct frames *f)
{
	struct frames old = *f;

	f->places = arena_zalloc(f->mem, 2 * old.size * sizeof(*f->places));
	if (!f->places)
		return -ENOMEM;
	f->size = 2 * old.size;
	for (size_t i = 0; i < old.size; i++)
		if (old.places[i].frame)
			*find(f, old.places[i].frame) = old.places[i];
	return 0;
}

int frames_add(struct frames *f, const struct process *p, uint64_t start, const uint64_t *entries, size_t n, uint64_t offset)
{
	struct stretch *s = ARENA_ADD(f->mem, f->stretches, f->n);

	if (!s || f->n > UINT32_MAX || n > UINT32_MAX)
		return -ENOMEM;
	*s = (struct stretch){ .process = p, .start = start, .offset = offset, .entries = entries, .pages = n };
	for (size_t i = 0; i < n; i++) {
		uint64_t frame = pagemap_is_shared(entries[i]) ? pagemap_frame(entries[i]) : 0;
		struct place *place;

		if (2 * f->used >= f->size && grow(f) < 0)
			return -ENOMEM;
		place = find(f, frame);
		if (!frame || place->frame)
			continue;
		*place = (struct place){ frame, (uint32_t)(f->n - 1), (uint32_t)i };
		f->used++;
	}
	return 0;
}

size_t frames_known(struct frames *f, const uint64_t *entries, size_t n, uint64_t *ret_offset)
{
	struct stretch *s;
	struct place first;
	size_t known = 1;

	if (!n || !pagemap_is_shared(entries[0]) || !pagemap_frame(entries[0]))
		return 0;
	first = *find(f, pagemap_frame(entries[0]));
	if (!first.frame)
		return 0;
	s = &f->stretches[first.stretch];
	s->met_again = true;
	*ret_offset = s->offset + first.page * (uint64_t)ARCH_PAGE;
	while (known < n && first.page + known < s->pages && pagemap_is_shared(entries[known]) &&
	       pagemap_frame(entries[known]) == pagemap_frame(s->entries[first.page + known]))
		known++;
	return known;
}

static int stretch_holds(const struct stretch *s, int fd)
{
	uint64_t now[LOOK_PAGES];

	for (size_t at = 0, n; at < s->pages; at += n) {
		uint64_t start = s->start + at * ARCH_PAGE;
		int r;

		n = MIN(s->pages - at, (size_t)LOOK_PAGES);
		r = pagemap_read(fd, start, start + n * ARCH_PAGE, now);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++)
			if (pagemap_frame(now[i]) != pagemap_frame(s->entries[at + i]) || fault(FAULT_MOVE))
				return 0;
	}
	return 1;
}

int frames_hold(const struct frames *f)
{
	const struct process *opened = NULL;
	autoclose fd = -1;

	for (size_t i = 0; i < f->n; i++) {
		const struct stretch *s = &f->stretches[i];
		int r;

		if (!s->met_again)
			continue;
		if (s->process != opened) {
			autoclose_fd(&fd);
			opened = s->process;
			fd = FAULTY(FAULT_OPEN, openat(opened->dir, "pagemap", O_RDONLY | O_CLOEXEC));
			if (fd < 0)
				return -errno;
		}
		r = stretch_holds(s, fd);
		if (r != 1)
			return r;
	}
	return 1;
}
