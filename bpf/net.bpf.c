/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Packets that the kernel drops, and questions to name servers with their answers, for the network watch. Whether a drop is
 * harmless is decided outside: here a table says of which reasons more than a count is wanted. Loaded by the watch only.
 */
#include "net.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "fair.h"
#include "typed.h"

#define REASONS 512
#define PLACES 4096
#define RING_BYTES (1 << 20)
/* A second that are sent, some of them kept for others than who floods: a flood at one place hides nothing of other places, and one of
 * questions no answers. */
#define MOST_DROPS_OF_A_PLACE 200
#define MOST_QUERIES 2000
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define IPPROTO_UDP 17
#define NAME_SERVER_PORT 53

struct place {
	__u64 location;
	__u32 reason, unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} net_events SEC(".maps");
/* By reason: 1 where packets are wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, REASONS);
	__type(key, __u32);
	__type(value, __u8);
} wanted_drops SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PLACES);
	__type(key, struct place);
	__type(value, struct fair_limit);
} drop_limits SEC(".maps");
/* The rate limits of questions and of answers; what was left out, of drops, of questions and of answers. */
enum { UNSENT_DROPS, UNSENT_QUESTIONS, UNSENT_ANSWERS, UNSENT_KINDS };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, UNSENT_KINDS);
	__type(key, __u32);
	__type(value, struct fair_limit);
} net_limits SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, UNSENT_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} net_unsent SEC(".maps");

static __always_inline void count_unsent(__u32 which)
{
	__u64 *unsent = bpf_map_lookup_elem(&net_unsent, &which);

	if (unsent)
		__sync_fetch_and_add(unsent, 1);
}

static __always_inline bool has_room(__u32 which, struct fair_limit *limit, __u64 now, __u64 most, __u32 source, __u32 user)
{
	if (fair_room(limit, now, most, source, user))
		return true;
	count_unsent(which);
	return false;
}

/* Inode of the network namespace, 0 when it is not known. */
static __always_inline __u32 namespace_of(struct sk_buff___net *skb)
{
	struct net_device___net *dev = BPF_CORE_READ(skb, dev);
	struct sock___net *sk = BPF_CORE_READ(skb, sk);
	__u32 namespace = dev ? BPF_CORE_READ(dev, nd_net.net, ns.inum) : 0;

	return namespace || !sk ? namespace : BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* Where a packet comes from, as far as the end of its address tells. */
static __always_inline __u32 source_of(struct sk_buff___net *skb)
{
	unsigned char *header = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__u32 at = BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6) ? 20 : 12, end = 0;

	bpf_probe_read_kernel(&end, sizeof(end), header + at);
	return end;
}

static __always_inline struct net_event *new_event(__u32 which, __u32 kind, struct sk_buff___net *skb, __u64 now)
{
	struct net_event *event = bpf_ringbuf_reserve(&net_events, sizeof(*event), 0);
	struct net_device___net *dev = BPF_CORE_READ(skb, dev);
	struct sock___net *sk = BPF_CORE_READ(skb, sk);

	if (!event) {
		count_unsent(which);
		return NULL;
	}
	event->kind = kind;
	event->time = now;
	event->location = 0;
	event->reason = 0;
	event->unused = 0;
	event->length = BPF_CORE_READ(skb, len);
	event->interface = dev ? BPF_CORE_READ(dev, ifindex) : 0;
	event->namespace = namespace_of(skb);
	/* A packet that is passed on has no socket here: whoever was interrupted for it did not send it. */
	event->pid = sk ? bpf_get_current_pid_tgid() >> 32 : 0;
	event->protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	event->socket_inode = 0;
	event->copied = 0;
	return event;
}

static __always_inline void copy_headers(struct net_event *event, struct sk_buff___net *skb, __u32 bytes)
{
	unsigned char *head = BPF_CORE_READ(skb, head);

	if (!bpf_probe_read_kernel(event->bytes, bytes, head + BPF_CORE_READ(skb, network_header)))
		event->copied = bytes;
}

static __always_inline int on_drop(struct sk_buff___net *skb, __u64 location, __u32 reason, struct sock___net *receiver)
{
	struct place place = { .location = location, .reason = reason };
	struct sock___net *sk;
	struct net_event *event;
	struct fair_limit *limit, first;
	__u64 now;
	__u8 *wanted;

	wanted = bpf_map_lookup_elem(&wanted_drops, &place.reason);
	if (!wanted || !*wanted)
		return 0;
	limit = bpf_map_lookup_elem(&drop_limits, &place);
	if (!limit) {
		/* Not by a constant of its own: the only ones here are what the kernel can do. */
		__builtin_memset(&first, 0, sizeof(first));
		bpf_map_update_elem(&drop_limits, &place, &first, BPF_NOEXIST);
		limit = bpf_map_lookup_elem(&drop_limits, &place);
	}
	now = bpf_ktime_get_ns();
	if (limit && !has_room(UNSENT_DROPS, limit, now, MOST_DROPS_OF_A_PLACE, source_of(skb) ^ (__u32)location ^ reason,
			       ~namespace_of(skb) ^ (__u32)location ^ reason))
		return 0;
	event = new_event(UNSENT_DROPS, NET_DROP, skb, now);
	if (!event)
		return 0;
	event->location = place.location;
	event->reason = place.reason;
	sk = BPF_CORE_READ(skb, sk);
	if (!sk)
		sk = receiver;
	if (sk)
		event->socket_inode = BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
	copy_headers(event, skb, HEADER_BYTES);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* Arguments: include/trace/events/skb.h (packet, place, reason). */
SEC("raw_tp/kfree_skb")
int on_net_drop(__u64 *ctx)
{
	return on_drop((void *)ctx[0], ctx[1], ctx[2], NULL);
}

/* From 6.11 on also the socket that would have received it. */
SEC("raw_tp/kfree_skb")
int on_net_drop_before(__u64 *ctx)
{
	return on_drop((void *)ctx[0], ctx[1], ctx[2], (void *)ctx[3]);
}

/* A question to a name server or its answer, over UDP and IPv4. Every packet of this host passes here: no copy before it is one. */
static __always_inline int on_packet(struct sk_buff___net *skb, bool is_sent)
{
	unsigned char *header, first;
	struct udphdr___net *ports;
	struct net_event *event;
	struct fair_limit *limit;
	__be16 from, to;
	__u32 which, source, user;
	__u64 now;

	if (READ(skb, protocol) != bpf_htons(ETH_P_IP))
		return 0;
	header = READ(skb, head) + READ(skb, network_header);
	if (READ((struct iphdr___net *)header, protocol) != IPPROTO_UDP)
		return 0;
	/* Without options: 20 bytes of IP, then the ports. */
	ports = (void *)(header + 20);
	from = READ(ports, source);
	to = READ(ports, dest);
	if (from != bpf_htons(NAME_SERVER_PORT) && to != bpf_htons(NAME_SERVER_PORT))
		return 0;
	if (bpf_probe_read_kernel(&first, 1, header) || first != 0x45)
		return 0;
	now = bpf_ktime_get_ns();
	which = to == bpf_htons(NAME_SERVER_PORT) ? UNSENT_QUESTIONS : UNSENT_ANSWERS;
	limit = bpf_map_lookup_elem(&net_limits, &which);
	/* Who sends is the one that runs. */
	source = (is_sent ? bpf_get_current_pid_tgid() >> 32 : to) ^ which << 24;
	user = (is_sent ? (__u32)bpf_get_current_uid_gid() : namespace_of(skb)) ^ which << 28;
	if (!limit || !has_room(which, limit, now, MOST_QUERIES, source, user))
		return 0;
	/* The asker sends the question, and hears the answer. */
	event = new_event(which, which == UNSENT_QUESTIONS && is_sent ? NET_QUERY : NET_REPLY, skb, now);
	if (!event)
		return 0;
	event->reason = is_sent;
	copy_headers(event, skb, QUERY_BYTES);
	if (!event->copied)
		copy_headers(event, skb, HEADER_BYTES);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("raw_tp/net_dev_queue")
int on_net_send(__u64 *ctx)
{
	return on_packet((void *)ctx[0], true);
}

SEC("raw_tp/netif_receive_skb")
int on_net_receive(__u64 *ctx)
{
	return on_packet((void *)ctx[0], false);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
