/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_diag.c - what sock_diag(7) knows of a listening TCP socket. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "cleanup.h"
#include "fault.h"
#include "tcp.h"

struct search {
	uint64_t ino;
	bool found;
	struct tcp_listener *ret;
};

/* inet_diag_msg_common_fill in net/ipv4: of a listener, rqueue is what waits
 * in the accept queue, and wqueue the backlog. */
static int take(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct inet_diag_msg *m = nlmsg_data(h);
	struct search *s = arg;

	if (nlmsg_datalen(h) < (int)sizeof(*m) || m->idiag_inode != s->ino || m->idiag_state != TCP_LISTEN)
		return NL_OK;
	s->found = true;
	*s->ret = (struct tcp_listener){
		.backlog = m->idiag_wqueue,
		.waiting = m->idiag_rqueue,
		.keyed = nlmsg_find_attr(h, sizeof(*m), INET_DIAG_MD5SIG),
	};
	return NL_OK;
}

static void free_socket(struct nl_sock **sk)
{
	nl_socket_free(*sk);
}

/* libnl has no words for most of what socket(2) says. */
static int why_not(void)
{
	autoclose fd = FAULTY(FAULT_OPEN, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));

	return fd < 0 ? -errno : -EPROTONOSUPPORT;
}

int tcp_diag_listener(int family, uint64_t ino, struct tcp_listener *ret)
{
	auto_(free_socket) struct nl_sock *sk = nl_socket_alloc();
	struct inet_diag_req_v2 req = {
		.sdiag_family = family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = 1 << TCP_LISTEN,
		/* Keys come only with this (inet_sk_diag_fill). */
		.idiag_ext = 1 << (INET_DIAG_INFO - 1),
	};
	struct search search = { .ino = ino, .ret = ret };
	int r;

	if (!sk)
		return -ENOMEM;
	if (FAULTY(FAULT_OPEN, nl_connect(sk, NETLINK_SOCK_DIAG)) < 0)
		return why_not();
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take, &search);
	r = nl_send_simple(sk, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req));
	if (r >= 0)
		r = nl_recvmsgs_default(sk);
	if (r < 0)
		return r == -NLE_NOMEM ? -ENOMEM : -EPROTONOSUPPORT;
	return search.found ? 0 : -ENOENT;
}
