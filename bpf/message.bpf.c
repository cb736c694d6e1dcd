/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Moments that matter to somebody who waits: signals that are sent to tracked threads, processes that the kernel ends to
 * free memory, segments that TCP sends again.
 */
#include "filter.h"
#include "emit.h"
#include "task.h"

static __always_inline struct wt_moment *new_moment(const struct wt_config *config, __u32 kind, __u32 pid, __u32 tid)
{
	struct wt_moment *event = reserve(config, sizeof(*event), WT_LOSS_RING_FULL_SCOPE);

	if (!event)
		return NULL;
	FILL_HEAD(event, WT_EVENT_MOMENT, pid, tid);
	event->time = bpf_ktime_get_ns();
	event->kind = kind;
	return event;
}

/* Somebody did it in a system call, or the kernel in the name of whoever ran. */
static __always_inline void send_with_author(struct wt_moment *event)
{
	__u64 id = bpf_get_current_pid_tgid();

	event->by_pid = id >> 32;
	event->by_tid = id;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	SEND(event);
}

/* Arguments: include/trace/events/signal.h (number, info, task, whole group, result). */
SEC("raw_tp/signal_generate")
int on_signal(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[2];
	const struct wt_config *config = settings();
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct wt_moment *event;

	if (!config || !is_tracked(config, pid))
		return 0;
	event = new_moment(config, WT_MOMENT_SIGNAL, pid, BPF_CORE_READ(task, pid));
	if (!event)
		return 0;
	event->value = ctx[0];
	event->detail = ctx[4];
	send_with_author(event);
	return 0;
}

/* The kernel ends a process to free memory. */
SEC("raw_tp/mark_victim")
int on_victim(__u64 *ctx)
{
	struct task_struct *victim = (void *)ctx[0];
	const struct wt_config *config = settings();
	__u32 pid = BPF_CORE_READ(victim, tgid);
	struct wt_moment *event;

	if (!config || !is_tracked(config, pid))
		return 0;
	event = new_moment(config, WT_MOMENT_OOM_KILL, pid, BPF_CORE_READ(victim, pid));
	if (!event)
		return 0;
	event->value = BPF_CORE_READ(victim, mm, hiwater_rss);
	event->detail = ctx[1];
	send_with_author(event);
	return 0;
}

/* Of all sockets: a timer sends again, and whoever runs then has nothing to do with it. Inode and ports say whose it is. */
SEC("raw_tp/tcp_retransmit_skb")
int on_retransmit(__u64 *ctx)
{
	struct sock *socket = (void *)ctx[0];
	const struct wt_config *config = settings();
	struct wt_moment *event = config ? new_moment(config, WT_MOMENT_TCP_RETRANSMIT, 0, 0) : NULL;

	if (!event)
		return 0;
	event->value = BPF_CORE_READ(socket, sk_socket, file, f_inode, i_ino);
	event->detail = (__u32)BPF_CORE_READ(socket, __sk_common.skc_num) << 16 |
			bpf_ntohs(BPF_CORE_READ(socket, __sk_common.skc_dport));
	event->by_pid = 0;
	event->by_tid = 0;
	event->comm[0] = 0;
	SEND(event);
	return 0;
}

/* Packets that were dropped, by the kernel's own reason; the last counter is for reasons beyond them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WT_DROP_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

SEC("raw_tp/kfree_skb")
int on_drop(__u64 *ctx)
{
	__u32 reason = ctx[2];
	__u64 *count;

	if (reason >= WT_DROP_REASONS)
		reason = WT_DROP_REASONS - 1;
	count = bpf_map_lookup_elem(&drops, &reason);
	if (count)
		++*count;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
