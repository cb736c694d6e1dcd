/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the network watch reads of the kernel, and what it sends. */
#pragma once
#include "kernel.h"

#define HEADER_BYTES 64
#define QUERY_BYTES 128

/* Members that nothing else here reads; libbpf leaves out what follows the three underscores when it looks for a type. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common___net {
	unsigned int inum;
};
struct net___net {
	struct ns_common___net ns;
};
typedef struct {
	struct net___net *net;
} possible_net_t___net;
struct net_device___net {
	int ifindex;
	possible_net_t___net nd_net;
};
struct file___net {
	struct inode *f_inode;
};
struct socket___net {
	struct file___net *file;
};
struct sock_common___net {
	possible_net_t___net skc_net;
};
struct sock___net {
	struct sock_common___net __sk_common;
	struct socket___net *sk_socket;
};
struct iphdr___net {
	__u8 protocol;
};
struct udphdr___net {
	__be16 source, dest;
};
struct sk_buff___net {
	struct net_device___net *dev;
	struct sock___net *sk;
	unsigned int len;
	__be16 protocol;
	__u16 transport_header, network_header;
	unsigned char *head;
};
#pragma clang attribute pop

enum { NET_DROP = 1, NET_QUERY = 2, NET_REPLY = 3 };

/* src/capture/live/net-events.ts reads these. */
struct net_event {
	__u32 kind, namespace;
	__u64 time, location, socket_inode;
	__u32 reason, length, interface, pid;
	__u16 protocol, copied;
	__u32 unused;
	unsigned char bytes[QUERY_BYTES];
};
