/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_listen.c - a listening TCP socket, IPv4 or IPv6. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "kinds.h"
#include "tcp.h"

#ifndef TCP_AO_INFO
#define TCP_AO_INFO 40		/* since Linux 6.7 */
#endif

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

static bool tcp_listen_is(const struct file_facts *f)
{
	int domain;

	if (!S_ISSOCK(f->st.st_mode) || (f->flags & O_PATH))
		return false;
	domain = option(f->ours, SO_DOMAIN);
	return (domain == AF_INET || domain == AF_INET6) && option(f->ours, SO_TYPE) == SOCK_STREAM &&
	       option(f->ours, SO_PROTOCOL) == IPPROTO_TCP && option(f->ours, SO_ACCEPTCONN) == 1;
}

/* SO_GET_FILTER gives the number of instructions; EACCES for an eBPF program. */
static bool has_filter(int fd)
{
	socklen_t len = 0;

	return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &len) < 0 ? errno == EACCES : len > 0;
}

static bool has_ao_keys(int fd)
{
	uint64_t info[8] = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_AO_INFO, info, &len) == 0;
}

static int tcp_listen_check(const struct file_facts *f, struct obstacles *list)
{
	struct tcp_listener l = { 0 };
	int r = tcp_diag_listener(option(f->ours, SO_DOMAIN), f->st.st_ino, &l);

	if (is_own_error(r))
		return r;
	if (r < 0)
		obstacle(list, "fd.tcp-diag", AT_FD(f->pid, f->fd),
			 "Run ckpt in the network namespace of the socket, on a kernel that has INET_DIAG.",
			 "the kernel does not tell the backlog of %s: %s", f->link, strerror(-r));
	if (l.waiting)
		obstacle(list, "fd.tcp-pending", AT_FD(f->pid, f->fd),
			 "Let the program accept them before the dump.",
			 "%u connections wait to be accepted at %s", l.waiting, f->link);
	if (l.keyed || has_ao_keys(f->ours))
		obstacle(list, "fd.tcp-keys", AT_FD(f->pid, f->fd), "Close it before the dump.",
			 "%s has keys (TCP_MD5SIG, TCP_AO), which the kernel does not give away", f->link);
	if (has_filter(f->ours))
		obstacle(list, "fd.socket-filter", AT_FD(f->pid, f->fd),
			 "Detach the filter (SO_DETACH_FILTER) before the dump.",
			 "%s has a packet filter attached, which ckpt does not save yet", f->link);
	return 0;
}

/* Interfaces are numbered by the machine; names are more like people's own. */
static int save_scope(struct arena *a, const union address *addr, TcpListen *tcp)
{
	char name[IF_NAMESIZE];

	if (addr->any.sa_family != AF_INET6 || !addr->in6.sin6_scope_id)
		return 0;
	if (!if_indextoname(addr->in6.sin6_scope_id, name))
		return -errno;
	tcp->interface = arena_strdup(a, name);
	return tcp->interface ? 0 : -ENOMEM;
}

static int tcp_listen_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	TcpListen *tcp = ARENA_MSG(f->mem, TcpListen, tcp_listen);
	union address addr = { 0 };
	socklen_t len = sizeof(addr);
	struct tcp_listener l;
	int r;

	if (!tcp)
		return fail(at, -ENOMEM, "no memory");
	if (getsockname(f->ours, &addr.any, &len) < 0)
		return fail(at, errno, "the address of the socket");
	tcp->family = addr.any.sa_family;
	r = tcp_diag_listener(addr.any.sa_family, f->st.st_ino, &l);
	if (r < 0)
		return fail(at, r, "the backlog of the socket");
	tcp->backlog = l.backlog;
	r = save_scope(f->mem, &addr, tcp);
	if (r < 0)
		return fail(at, r, "the interface of a link-local address");
	tcp->address.len = len;
	tcp->address.data = arena_memdup(f->mem, &addr, len);
	if (!tcp->address.data)
		return fail(at, -ENOMEM, "no memory");
	r = tcp_options_save(f->mem, f->ours, addr.any.sa_family, &tcp->options, &tcp->n_options);
	if (r < 0)
		return fail(at, r, "options of the socket");
	obj->kind_case = FILE_OBJECT__KIND_TCP_LISTEN;
	obj->tcp_listen = tcp;
	return 0;
}

static int valid(const struct where *at, const TcpListen *tcp, union address *ret)
{
	size_t len = tcp->family == AF_INET ? sizeof(ret->in) :
		     tcp->family == AF_INET6 ? sizeof(ret->in6) : 0;

	if (!len || tcp->address.len != len)
		return fail(at, 0, "an address of family %u in %zu bytes", tcp->family, tcp->address.len);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, tcp->address.data, len);
	if (ret->any.sa_family != tcp->family)
		return fail(at, 0, "an address of family %u in a socket of family %u",
			    ret->any.sa_family, tcp->family);
	if (tcp->backlog > INT_MAX || strlen(tcp->interface) >= IF_NAMESIZE)
		return fail(at, 0, "a backlog of %u, interface \"%.32s\"", tcp->backlog, tcp->interface);
	return tcp_options_valid(at, tcp->options, tcp->n_options);
}

static const char *address_text(const union address *addr, char buf[96])
{
	char host[INET6_ADDRSTRLEN] = "?";
	bool six = addr->any.sa_family == AF_INET6;

	inet_ntop(addr->any.sa_family, six ? (const void *)&addr->in6.sin6_addr : &addr->in.sin_addr,
		  host, sizeof(host));
	snprintf(buf, 96, six ? "[%s]:%u" : "%s:%u", host, ntohs(six ? addr->in6.sin6_port : addr->in.sin_port));
	return buf;
}

static int find_scope(struct opener *o, int fd, const char *interface, union address *addr)
{
	struct ifreq req = { 0 };
	uint64_t at;
	long r;

	if (!interface[0] || addr->any.sa_family != AF_INET6)
		return 0;
	strncpy(req.ifr_name, interface, IF_NAMESIZE - 1);
	opener_reset(o);
	at = opener_push(o, &req, sizeof(req));
	r = at ? opener_call(o, SYS_ioctl, fd, SIOCGIFINDEX, at) : -ENOBUFS;
	if (r >= 0)
		r = opener_pull(o, at, &req, sizeof(req));
	if (r < 0)
		return opener_fail(o, r, "network interface %s", interface);
	addr->in6.sin6_scope_id = req.ifr_ifindex;
	return 0;
}

static int bind_to(struct opener *o, int fd, const TcpListen *tcp, union address *addr)
{
	char text[96];
	uint64_t at;
	long r = tcp_options_set(o, fd, tcp->options, tcp->n_options);

	if (r >= 0)
		r = find_scope(o, fd, tcp->interface, addr);
	if (r < 0)
		return (int)r;
	opener_reset(o);
	at = opener_push(o, addr, tcp->address.len);
	r = at ? opener_call(o, SYS_bind, fd, at, tcp->address.len) : -ENOBUFS;
	return r < 0 ? opener_fail(o, r, "bind to %s", address_text(addr, text)) : 0;
}

/* A socket with its options, bound, not yet listening. It has its owner by then:
 * only sockets of one user share a port (inet_csk_bind_conflict) and take
 * connections in turn (inet_reuseport_add_sock). */
static int make_bound(struct opener *o, const FileObject *obj)
{
	const TcpListen *tcp = obj->tcp_listen;
	union address addr;
	long fd, r = valid(opener_where(o), tcp, &addr);

	if (r < 0)
		return (int)r;
	fd = opener_call(o, SYS_socket, tcp->family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return opener_fail(o, fd, "socket");
	r = opener_call(o, SYS_fchown, fd, obj->uid, obj->gid);
	if (r < 0)
		return fd_give_up(o, (int)fd, r, "give the socket to user %u, group %u", obj->uid, obj->gid);
	r = bind_to(o, (int)fd, tcp, &addr);
	if (r < 0)
		opener_call(o, SYS_close, fd);
	return r < 0 ? (int)r : (int)fd;
}

/* listen(2) cuts the backlog silently. */
static void warn_of_backlog(const struct where *at, uint32_t backlog)
{
	struct arena *a = arena_new();
	uint64_t most;

	if (a && proc_read_u64(a, AT_FDCWD, "/proc/sys/net/core/somaxconn", 10, &most) == 0 && backlog > most)
		say(SAY_WARN, at, "the backlog of %u is cut to net.core.somaxconn, which is %" PRIu64,
		    backlog, most);
	arena_free(a);
}

/* Binding for a moment tells whether the address is there, free and allowed. */
static int tcp_listen_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	auto_(opener_freep) struct opener *self = opener_self(at);
	int fd;

	(void)desc;
	if (!self)
		return fail(at, -ENOMEM, "no memory");
	fd = make_bound(self, obj);
	if (fd < 0)
		return fd;
	close(fd);
	warn_of_backlog(at, obj->tcp_listen->backlog);
	return 0;
}

static int tcp_listen_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	int fd = make_bound(o, obj);
	long r;

	(void)desc;
	(void)peer;
	if (fd < 0)
		return fd;
	r = opener_call(o, SYS_listen, fd, obj->tcp_listen->backlog);
	return r < 0 ? fd_give_up(o, fd, r, "listen") : fd;
}

const struct file_kind tcp_listen_kind = {
	.name		= "tcp-listen",
	.tag		= FILE_OBJECT__KIND_TCP_LISTEN,
	.is		= tcp_listen_is,
	.check		= tcp_listen_check,
	.dump		= tcp_listen_dump,
	.ready		= tcp_listen_ready,
	.open		= tcp_listen_open,
	.own_inode	= true,
};
