/* SPDX-License-Identifier: Apache-2.0 */
/* vma.c - what a zdtm test sees of its own address space: maps, smaps, pagemap, faults. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "vma.h"

/* Not on the heap and not on the stack: reading maps must not change them. */
static char maps_before[2 << 20], maps_after[2 << 20];

char *map_anon(size_t len, int prot, int flags)
{
	size_t pages = (len + PAGE - 1) / PAGE * PAGE;
	char *room = must(mmap(NULL, pages + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

	return must(mmap(room + PAGE, pages, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0));
}

static void slurp(const char *path, char *buf, size_t size)
{
	int fd = must(open(path, O_RDONLY | O_CLOEXEC));
	size_t have = 0;
	ssize_t n;

	while ((n = must(read(fd, buf + have, size - 1 - have))) > 0)
		have += n;
	check(have < size - 1, "%s does not fit", path);
	buf[have] = '\0';
	must(close(fd));
}

void maps_save(void)
{
	/* A first allocation later on would make the heap appear. */
	free(malloc(1));
	slurp("/proc/self/maps", maps_before, sizeof(maps_before));
}

void maps_same(void)
{
	char *a = maps_before, *b = maps_after;

	slurp("/proc/self/maps", maps_after, sizeof(maps_after));
	while (*a || *b) {
		int la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		check(la == lb && !memcmp(a, b, la), "maps had '%.*s', now '%.*s'", la, a, lb, b);
		a += la + (a[la] == '\n');
		b += lb + (b[lb] == '\n');
	}
}

/* The smaps text of the VMA at addr, from the line after its address range. */
static char *smaps_of(const void *addr)
{
	unsigned long start, end, at = (unsigned long)addr;
	char *line = maps_after;

	slurp("/proc/self/smaps", maps_after, sizeof(maps_after));
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && start <= at && at < end)
			return strchr(line, '\n');
	}
	fail("nothing is mapped at %p", addr);
}

/* The text after "\nNAME:" in that VMA. */
static char *smaps_field(const void *addr, const char *name)
{
	char key[64], *text = smaps_of(addr), *at, *last;

	snprintf(key, sizeof(key), "\n%s:", name);
	last = strstr(text, "\nVmFlags:");
	at = strstr(text, key);
	check(last && at && at <= last, "smaps has no %s for %p", name, addr);
	return at + strlen(key);
}

bool vma_flag(const void *addr, const char *flag)
{
	char *at = smaps_field(addr, "VmFlags"), key[8];

	*strchr(at, '\n') = '\0';
	snprintf(key, sizeof(key), " %.2s ", flag);
	return strstr(at, key);
}

uint64_t vma_kb(const void *addr, const char *field)
{
	return strtoull(smaps_field(addr, field), NULL, 10);
}

uint64_t page_entry(const void *addr)
{
	int fd = must(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
	uint64_t entry;

	check(pread(fd, &entry, 8, (unsigned long)addr / PAGE * 8) == 8, "cannot read pagemap");
	must(close(fd));
	return entry;
}

bool page_there(const void *addr)
{
	return page_entry(addr) & (PM_PRESENT | PM_SWAPPED);
}

static _Noreturn void on_fault(int sig)
{
	_exit(sig);
}

static int touch(volatile char *addr, bool write_too)
{
	pid_t child = test_fork();
	int status;
	char c;

	if (!child) {
		signal(SIGSEGV, on_fault);
		signal(SIGBUS, on_fault);
		c = *addr;
		if (write_too)
			*addr = c;
		_exit(0);
	}
	must(waitpid(child, &status, 0));
	check(WIFEXITED(status), "child that touches a page has wait status %#x", status);
	return WEXITSTATUS(status);
}

int touch_read(const void *addr)
{
	return touch((volatile char *)addr, false);
}

int touch_write(void *addr)
{
	return touch(addr, true);
}
