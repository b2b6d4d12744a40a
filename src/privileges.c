/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.c - capabilities(7) that a command has no use for are dropped. */
#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "cleanup.h"
#include "privileges.h"
#include "say.h"

/* Whoever may be saved by ptrace, read in /proc, killed at the end. CHECKPOINT_RESTORE
 * and SYS_ADMIN are for map_files; BPF and PERFMON, if there is no SYS_ADMIN, for iterators;
 * NET_ADMIN shows keys of sockets; SYS_NICE is for the priority during the freeze;
 * SYS_RESOURCE tells what a restore could do. */
static const cap_value_t dump_needs[] = {
	CAP_SYS_PTRACE, CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE,
	CAP_FOWNER, CAP_KILL, CAP_NET_ADMIN, CAP_SYS_NICE, CAP_SYS_RESOURCE, CAP_BPF, CAP_PERFMON,
};
/* Images belong to whoever made them, and are nobody else's to read. */
static const cap_value_t reading_needs[] = { CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE };

static const struct {
	const char *command;
	const cap_value_t *needs;
	size_t n;
} commands[] = {
	{ "dump", dump_needs, ARRAY_SIZE(dump_needs) },
	{ "show", reading_needs, ARRAY_SIZE(reading_needs) },
	{ "verify", reading_needs, ARRAY_SIZE(reading_needs) },
};

static void free_caps(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
}

static int keep_only(const cap_value_t *needs, size_t n)
{
	auto_(free_caps) cap_t now = cap_get_proc();
	auto_(free_caps) cap_t less = cap_init();

	if (!now || !less)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		cap_flag_value_t effective, permitted;

		/* A library that is older than the kernel does not know the newest. */
		if (cap_get_flag(now, needs[i], CAP_EFFECTIVE, &effective) < 0 ||
		    cap_get_flag(now, needs[i], CAP_PERMITTED, &permitted) < 0)
			continue;
		if (cap_set_flag(less, CAP_PERMITTED, 1, &needs[i], permitted) < 0 ||
		    cap_set_flag(less, CAP_EFFECTIVE, 1, &needs[i], effective) < 0)
			return -errno;
	}
	return cap_set_proc(less) < 0 ? -errno : 0;
}

int privileges_reduce(const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		int r;

		if (strcmp(command, commands[i].command) != 0)
			continue;
		r = keep_only(commands[i].needs, commands[i].n);
		return r < 0 ? fail(NOWHERE, r, "cannot give up capabilities") : 0;
	}
	return 0;
}
