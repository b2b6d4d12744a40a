/* SPDX-License-Identifier: Apache-2.0 */
/* fd_unknown.c - what no kind can save: an obstacle per sort of file. */
#include <linux/magic.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "fd_common.h"

/* Younger than the headers of some systems. */
#define FS_PIDFS	0x50494446
#define FS_SECRETMEM	0x5345434d
#define FS_HUGETLBFS	0x958458f6
#define FS_DMABUF	0x444d4142
#define FS_MQUEUE	0x19800202

#define CLOSE_IT "Close it before the dump."

struct sort {
	const char *name, *cause, *remedy;
	uint64_t magic;			/* of the file system; 0: any */
	const char *link;		/* how the link begins; NULL: anyhow */
};

/* Told by file system and name; first match. The cause follows the link. */
static const struct sort by_name[] = {
	{ "fd.memfd", "is a memfd, which ckpt does not save yet",
	  "Use a file in place of memfd_create.", TMPFS_MAGIC, "/memfd:" },
	{ "fd.memfd", "is a memfd of huge pages, which ckpt does not save yet",
	  "Use a file in place of memfd_create.", FS_HUGETLBFS, "/memfd:" },
	{ "fd.secretmem", "is memory that the kernel keeps secret from ckpt (memfd_secret)",
	  CLOSE_IT, FS_SECRETMEM, NULL },
	{ "fd.hugetlbfs", "is a file of huge pages, which ckpt does not save yet",
	  "Use a file of another file system.", FS_HUGETLBFS, NULL },
	{ "fd.proc", "shows a process or the kernel, and ckpt does not open it again yet",
	  "Keep files of /proc closed between uses.", PROC_SUPER_MAGIC, NULL },
	{ "fd.namespace", "is a namespace, which ckpt does not save yet", CLOSE_IT, NSFS_MAGIC, NULL },
	{ "fd.pidfd", "is a pidfd, which ckpt does not save yet", CLOSE_IT, FS_PIDFS, NULL },
	{ "fd.pidfd", "is a pidfd, which ckpt does not save yet", CLOSE_IT, 0, "anon_inode:[pidfd]" },
	{ "fd.mqueue", "is a POSIX message queue, which ckpt does not save yet", CLOSE_IT, FS_MQUEUE, NULL },
	{ "fd.bpf", "is a BPF object, which lives in the kernel", CLOSE_IT, BPF_FS_MAGIC, NULL },
	{ "fd.bpf", "is a BPF object, which lives in the kernel", CLOSE_IT, 0, "anon_inode:bpf" },
	{ "fd.bpf", "is a BPF object, which lives in the kernel", CLOSE_IT, 0, "anon_inode:[bpf" },
	{ "fd.pseudo", "belongs to the kernel's tracing or security, and has a state that cannot be seen",
	  CLOSE_IT, TRACEFS_MAGIC, NULL },
	{ "fd.pseudo", "belongs to the kernel's debugging, and has a state that cannot be seen",
	  CLOSE_IT, DEBUGFS_MAGIC, NULL },
	{ "fd.pseudo", "belongs to the kernel's security, and has a state that cannot be seen",
	  CLOSE_IT, SECURITYFS_MAGIC, NULL },
	{ "fd.dmabuf", "is a buffer of a device (dma-buf)", CLOSE_IT, FS_DMABUF, NULL },
	{ "fd.timerfd", "is a timer, which ckpt does not save yet", CLOSE_IT, 0, "anon_inode:[timerfd]" },
	{ "fd.signalfd", "is a signalfd, which ckpt does not save yet", CLOSE_IT, 0, "anon_inode:[signalfd]" },
	{ "fd.inotify", "watches files (inotify), which ckpt does not save yet",
	  CLOSE_IT, 0, "anon_inode:inotify" },
	{ "fd.fanotify", "watches files (fanotify), which ckpt does not save yet",
	  CLOSE_IT, 0, "anon_inode:[fanotify]" },
	{ "fd.io_uring", "is an io_uring, whose requests live in the kernel",
	  "Tell the program not to use io_uring.", 0, "anon_inode:[io_uring]" },
	{ "fd.userfaultfd", "handles page faults, which another process may rely on",
	  CLOSE_IT, 0, "anon_inode:[userfaultfd]" },
	{ "fd.perf", "is a performance counter of the kernel", CLOSE_IT, 0, "anon_inode:[perf_event]" },
};

enum { ANY = -1 };

/* Told by SO_DOMAIN, SO_TYPE, SO_PROTOCOL and whether TCP is in use (TCP_INFO). */
static const struct {
	int domain, type, protocol, used;
	const char *name, *cause, *remedy;
} by_socket[] = {
	{ AF_UNIX, ANY, ANY, ANY, "fd.unix", "is a Unix socket, which ckpt does not save yet",
	  "Close the connection before the dump." },
	{ AF_INET, SOCK_STREAM, IPPROTO_TCP, true, "fd.tcp-established",
	  "is a TCP connection, which ckpt does not save yet", "Close the connection before the dump." },
	{ AF_INET6, SOCK_STREAM, IPPROTO_TCP, true, "fd.tcp-established",
	  "is a TCP connection, which ckpt does not save yet", "Close the connection before the dump." },
	{ AF_INET, SOCK_STREAM, IPPROTO_TCP, false, "fd.tcp",
	  "is a TCP socket that neither listens nor is connected, which ckpt does not save yet", CLOSE_IT },
	{ AF_INET6, SOCK_STREAM, IPPROTO_TCP, false, "fd.tcp",
	  "is a TCP socket that neither listens nor is connected, which ckpt does not save yet", CLOSE_IT },
	{ AF_INET, SOCK_DGRAM, ANY, ANY, "fd.udp", "is a UDP socket, which ckpt does not save yet", CLOSE_IT },
	{ AF_INET6, SOCK_DGRAM, ANY, ANY, "fd.udp", "is a UDP socket, which ckpt does not save yet", CLOSE_IT },
	{ AF_NETLINK, ANY, ANY, ANY, "fd.netlink", "is a netlink socket, which ckpt does not save yet", CLOSE_IT },
	{ AF_PACKET, ANY, ANY, ANY, "fd.packet", "is a packet socket, which ckpt does not save yet", CLOSE_IT },
	{ AF_VSOCK, ANY, ANY, ANY, "fd.vsock", "is a socket to the host of a virtual machine", CLOSE_IT },
};

static bool is_path_only(const struct file_facts *f)
{
	return f->flags & O_PATH;
}

static bool is_pty_master(const struct file_facts *f)
{
	return S_ISCHR(f->st.st_mode) && f->st.st_rdev == makedev(5, 2);
}

static bool is_terminal(const struct file_facts *f)
{
	unsigned maj = major(f->st.st_rdev);

	return S_ISCHR(f->st.st_mode) && (maj == 4 || maj == 5 || (maj >= 136 && maj <= 143));
}

static bool is_block_device(const struct file_facts *f)
{
	return S_ISBLK(f->st.st_mode);
}

static bool is_anything(const struct file_facts *f)
{
	return f;
}

/* Told by the type of the inode; first match. */
static const struct {
	bool (*is)(const struct file_facts *f);
	const char *name, *cause, *remedy;
} by_type[] = {
	{ is_path_only, "fd.o-path", "is open as a mere location (O_PATH), and no file or directory", CLOSE_IT },
	{ is_pty_master, "fd.pty-master", "is the master of a pseudo-terminal, which ckpt does not save yet",
	  "Dump the program within the terminal, not the one that provides it." },
	{ is_terminal, "fd.tty", "is a terminal that has been hung up", CLOSE_IT },
	{ is_block_device, "fd.block", "is a block device, whose contents ckpt cannot answer for", CLOSE_IT },
	{ is_anything, "fd.unknown", "is of a sort that ckpt does not know", CLOSE_IT },
};

/* Of /proc: the list of processes itself, a directory like any other; and what
 * tells of the kernel, the same to all readers, and by a position alone. */
static bool is_plain_proc(const struct file_facts *f)
{
	static const char *const plain[] = {
		"/proc/cpuinfo", "/proc/diskstats", "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat",
		"/proc/uptime", "/proc/version", "/proc/vmstat",
	};

	if (!strcmp(f->link, "/proc"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (!strcmp(f->link, plain[i]))
			return (f->flags & (O_ACCMODE | O_PATH)) == O_RDONLY;
	return false;
}

static const struct sort *sort_by_name(const struct file_facts *f)
{
	if (f->fs_magic == PROC_SUPER_MAGIC && is_plain_proc(f))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(by_name); i++) {
		const struct sort *s = &by_name[i];

		if (s->magic && s->magic != f->fs_magic)
			continue;
		if (s->link && strncmp(f->link, s->link, strlen(s->link)) != 0)
			continue;
		return s;
	}
	return NULL;
}

bool fd_has_own_story(const struct file_facts *f)
{
	return sort_by_name(f);
}

static int option(int fd, int level, int name)
{
	int value = ANY;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) < 0 ? ANY : value;
}

static bool tcp_in_use(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && info.tcpi_state != TCP_CLOSE;
}

static void unknown_socket(const struct file_facts *f, struct obstacles *list)
{
	int domain = option(f->ours, SOL_SOCKET, SO_DOMAIN), type = option(f->ours, SOL_SOCKET, SO_TYPE);
	int protocol = option(f->ours, SOL_SOCKET, SO_PROTOCOL);
	bool used = protocol == IPPROTO_TCP && tcp_in_use(f->ours);

	for (size_t i = 0; i < ARRAY_SIZE(by_socket); i++) {
		if ((by_socket[i].domain != domain) ||
		    (by_socket[i].type != ANY && by_socket[i].type != type) ||
		    (by_socket[i].protocol != ANY && by_socket[i].protocol != protocol) ||
		    (by_socket[i].used != ANY && by_socket[i].used != used))
			continue;
		obstacle(list, by_socket[i].name, AT_FD(f->pid, f->fd), by_socket[i].remedy,
			 "%s %s", f->link, by_socket[i].cause);
		return;
	}
	obstacle(list, "fd.socket", AT_FD(f->pid, f->fd), CLOSE_IT,
		 "%s is a socket that ckpt does not save: family %d, type %d, protocol %d",
		 f->link, domain, type, protocol);
}

static void unknown_type(const struct file_facts *f, struct obstacles *list)
{
	size_t i = 0;

	while (!by_type[i].is(f))
		i++;
	if (S_ISCHR(f->st.st_mode) && by_type[i].is == is_anything)
		obstacle(list, "fd.device", AT_FD(f->pid, f->fd), CLOSE_IT,
			 "%s is device %u:%u, whose state ckpt does not know how to save",
			 f->link, major(f->st.st_rdev), minor(f->st.st_rdev));
	else
		obstacle(list, by_type[i].name, AT_FD(f->pid, f->fd), by_type[i].remedy,
			 "%s %s", f->link, by_type[i].cause);
}

void file_unknown(const struct file_facts *f, struct obstacles *list)
{
	const struct sort *s = sort_by_name(f);

	if (s)
		obstacle(list, s->name, AT_FD(f->pid, f->fd), s->remedy, "%s %s", f->link, s->cause);
	else if (S_ISSOCK(f->st.st_mode) && !(f->flags & O_PATH))
		unknown_socket(f, list);
	else
		unknown_type(f, list);
}
