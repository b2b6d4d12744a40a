/* SPDX-License-Identifier: Apache-2.0 */
/* obst_vsock.c - obstacle: a socket of the family that virtual machines use. */
/* zdtm: obstacle=fd.vsock */
#include <linux/vm_sockets.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sockaddr_vm addr = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY };
	struct sockaddr_vm now;
	socklen_t len = sizeof(addr);
	long fd;

	test_init(argc, argv);
	fd = need(socket(AF_VSOCK, SOCK_STREAM, 0), "no vsock");
	need(bind(fd, (struct sockaddr *)&addr, len), "cannot bind");
	must(getsockname(fd, (struct sockaddr *)&addr, &len));
	must(listen(fd, 1));
	test_daemon();
	test_waitsig();
	must(getsockname(fd, (struct sockaddr *)&now, &len));
	check(now.svm_port == addr.svm_port, "the port changed");
	pass();
}
