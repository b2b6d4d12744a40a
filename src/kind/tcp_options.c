/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_options.c - the options of a TCP socket that are saved, and in which order set. */
#include <errno.h>
#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "tcp.h"

/* Younger than the headers of some systems. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IPV6_AUTOFLOWLABEL
#define IPV6_AUTOFLOWLABEL 70
#endif
#define LARGEST 64

struct option {
	const char *label;
	int level, name;
	unsigned size;		/* of the value; 0: it has as many bytes as it has */
	int lock;		/* a buffer size: its bit in SO_BUF_LOCK */
};

#define ROW(label_, level_, name_, size_, ...) \
	{ .label = (label_), .level = (level_), .name = (name_), .size = (size_), ##__VA_ARGS__ }
#define SOCK(name, ...) ROW(#name, SOL_SOCKET, name, sizeof(int), ##__VA_ARGS__)
#define SOCK_SIZED(name, size) ROW(#name, SOL_SOCKET, name, size)
#define IP4(name) ROW(#name, IPPROTO_IP, name, sizeof(int))
#define IP6(name) ROW(#name, IPPROTO_IPV6, name, sizeof(int))
#define TCP(name) ROW(#name, IPPROTO_TCP, name, sizeof(int))

/* In the order of setting. IP_TOS changes the priority, so that comes later. */
static const struct option table[] = {
	SOCK(SO_REUSEADDR),
	SOCK(SO_REUSEPORT),
	SOCK(SO_SNDBUF, .lock = 1),
	SOCK(SO_RCVBUF, .lock = 2),
	SOCK(SO_KEEPALIVE),
	SOCK(SO_OOBINLINE),
	SOCK(SO_DONTROUTE),
	SOCK(SO_BROADCAST),
	SOCK(SO_RCVLOWAT),
	SOCK(SO_TIMESTAMP_OLD),
	SOCK(SO_TIMESTAMPNS_OLD),
	SOCK(SO_TIMESTAMP_NEW),
	SOCK(SO_TIMESTAMPNS_NEW),
	SOCK_SIZED(SO_TIMESTAMPING_OLD, 8),
	SOCK(SO_BUSY_POLL),
	SOCK(SO_PREFER_BUSY_POLL),
	SOCK(SO_BUSY_POLL_BUDGET),
	SOCK(SO_ZEROCOPY),
	SOCK_SIZED(SO_MAX_PACING_RATE, 8),
	SOCK_SIZED(SO_LINGER, sizeof(struct linger)),
	SOCK_SIZED(SO_RCVTIMEO_OLD, sizeof(struct timeval)),
	SOCK_SIZED(SO_SNDTIMEO_OLD, sizeof(struct timeval)),
	SOCK(SO_MARK),
	SOCK_SIZED(SO_BINDTODEVICE, 0),
	IP4(IP_TOS),
	IP4(IP_TTL),
	IP4(IP_MINTTL),
	IP4(IP_MTU_DISCOVER),
	IP4(IP_FREEBIND),
	IP4(IP_TRANSPARENT),
	IP4(IP_BIND_ADDRESS_NO_PORT),
	IP4(IP_LOCAL_PORT_RANGE),
	IP4(IP_RECVERR),
	IP4(IP_PKTINFO),
	IP4(IP_RECVTTL),
	IP4(IP_RECVTOS),
	ROW("IP_OPTIONS", IPPROTO_IP, IP_OPTIONS, 0),
	IP6(IPV6_V6ONLY),
	IP6(IPV6_TCLASS),
	IP6(IPV6_UNICAST_HOPS),
	IP6(IPV6_MINHOPCOUNT),
	IP6(IPV6_MTU_DISCOVER),
	IP6(IPV6_FREEBIND),
	IP6(IPV6_TRANSPARENT),
	IP6(IPV6_RECVERR),
	IP6(IPV6_RECVPKTINFO),
	IP6(IPV6_RECVHOPLIMIT),
	IP6(IPV6_RECVTCLASS),
	IP6(IPV6_AUTOFLOWLABEL),
	IP6(IPV6_DONTFRAG),
	SOCK(SO_PRIORITY),
	ROW("TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, 0),
	TCP(TCP_NODELAY),
	TCP(TCP_CORK),
	TCP(TCP_MAXSEG),
	TCP(TCP_KEEPIDLE),
	TCP(TCP_KEEPINTVL),
	TCP(TCP_KEEPCNT),
	TCP(TCP_SYNCNT),
	TCP(TCP_LINGER2),
	TCP(TCP_DEFER_ACCEPT),
	TCP(TCP_WINDOW_CLAMP),
	TCP(TCP_USER_TIMEOUT),
	TCP(TCP_THIN_LINEAR_TIMEOUTS),
	TCP(TCP_NOTSENT_LOWAT),
	TCP(TCP_SAVE_SYN),
	TCP(TCP_INQ),
	TCP(TCP_TX_DELAY),
	TCP(TCP_FASTOPEN),
	TCP(TCP_FASTOPEN_CONNECT),
	TCP(TCP_FASTOPEN_NO_COOKIE),
	ROW("TCP_FASTOPEN_KEY", IPPROTO_TCP, TCP_FASTOPEN_KEY, 0),
};

/* Length of the value, or -errno: an option that this kernel or this family
 * does not have. IPv6 sockets have those of IPv4 as well. */
static int get(const struct option *opt, int fd, uint8_t value[LARGEST])
{
	socklen_t len = opt->size ? opt->size : LARGEST;

	memset(value, 0, LARGEST);
	return getsockopt(fd, opt->level, opt->name, value, &len) < 0 ? -errno : (int)len;
}

/* A buffer size that nobody fixed is the kernel's to choose. */
static bool is_chosen_by_kernel(const struct option *opt, int fd)
{
	int locks = 0;
	socklen_t len = sizeof(locks);

	if (!opt->lock || getsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &locks, &len) < 0)
		return false;
	return !(locks & opt->lock);
}

static SocketOption *saved(struct arena *a, const struct option *opt, const uint8_t *value, size_t len)
{
	SocketOption *so = ARENA_MSG(a, SocketOption, socket_option);

	if (!so)
		return NULL;
	so->level = opt->level;
	so->name = opt->name;
	so->value.len = len;
	so->value.data = arena_memdup(a, value, MAX(len, (size_t)1));
	return so->value.data ? so : NULL;
}

int tcp_options_save(struct arena *a, int fd, int family, SocketOption ***ret, size_t *ret_n)
{
	autoclose fresh = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fresh < 0)
		return -errno;
	*ret = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct option *opt = &table[i];
		uint8_t value[LARGEST], usual[LARGEST];
		SocketOption **slot;
		int len = get(opt, fd, value);

		if (is_own_error(len))
			return len;
		if (len < 0 || is_chosen_by_kernel(opt, fd))
			continue;
		if (!opt->lock && get(opt, fresh, usual) == len && !memcmp(value, usual, len))
			continue;
		slot = ARENA_ADD(a, *ret, *ret_n);
		if (slot)
			*slot = saved(a, opt, value, len);
		if (!slot || !*slot)
			return -ENOMEM;
	}
	return 0;
}

static const struct option *option_of(const SocketOption *so)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].level == so->level && table[i].name == so->name)
			return &table[i];
	return NULL;
}

int tcp_options_valid(const struct where *at, SocketOption *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct option *opt = option_of(list[i]);

		if (!opt)
			return fail(at, 0, "socket option %d of level %d is not known",
				    list[i]->name, list[i]->level);
		if (opt->size ? list[i]->value.len != opt->size : list[i]->value.len > LARGEST)
			return fail(at, 0, "%s of %zu bytes", opt->label, list[i]->value.len);
	}
	return 0;
}

static int set(struct opener *o, int fd, const struct option *opt, int name, const void *value, size_t len)
{
	uint64_t at;

	opener_reset(o);
	at = opener_push(o, value, len);
	if (!at)
		return -ENOBUFS;
	return (int)opener_call(o, SYS_setsockopt, fd, opt->level, name, at, len);
}

static int get_int(struct opener *o, int fd, const struct option *opt, int *ret)
{
	uint32_t len = sizeof(*ret);
	uint64_t value, at;
	long r;

	opener_reset(o);
	value = opener_push(o, NULL, sizeof(*ret));
	at = opener_push(o, &len, sizeof(len));
	if (!value || !at)
		return -ENOBUFS;
	r = opener_call(o, SYS_getsockopt, fd, opt->level, opt->name, value, at);
	return r < 0 ? (int)r : opener_pull(o, value, ret, sizeof(*ret));
}

/* socket(7): the kernel doubles what it is told, and without CAP_NET_ADMIN
 * cuts it at net.core.{r,w}mem_max; setting also locks, as it was. */
static int set_buffer(struct opener *o, int fd, const struct option *opt, const SocketOption *so)
{
	int want, half, got = 0, r;

	memcpy(&want, so->value.data, sizeof(want));
	half = want / 2;
	r = set(o, fd, opt, opt->name == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE, &half, sizeof(half));
	if (r == -EPERM)
		r = set(o, fd, opt, opt->name, &half, sizeof(half));
	if (r >= 0)
		r = get_int(o, fd, opt, &got);
	if (r >= 0 && got < half * 2)
		r = -EPERM;
	return r;
}

static int set_one(struct opener *o, int fd, const struct option *opt, const SocketOption *so)
{
	int r = opt->lock ? set_buffer(o, fd, opt, so) :
		set(o, fd, opt, opt->name, so->value.data, so->value.len);

	return r < 0 ? opener_fail(o, r, "set %s", opt->label) : 0;
}

/* In the order of the table, whatever the order in the image. */
int tcp_options_set(struct opener *o, int fd, SocketOption *const *list, size_t n)
{
	for (size_t row = 0; row < ARRAY_SIZE(table); row++)
		for (size_t i = 0; i < n; i++) {
			bool here = option_of(list[i]) == &table[row];
			int r = here ? set_one(o, fd, &table[row], list[i]) : 0;

			if (r < 0)
				return r;
		}
	return 0;
}
