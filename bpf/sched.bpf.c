/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * One event for each interval in which a tracked thread was off the CPU, written when it runs again; and who ran
 * meanwhile. Time on a CPU is the complement, so the parts of a window add up by construction.
 *
 * Why sched_waking and not sched_wakeup: with a wake-up across CPUs, `current` at sched_wakeup is often not the waker.
 * Why not the `preempt` argument of sched_switch: it is false for involuntary switches under PREEMPT_NONE; the task's
 * state tells.
 */
#include "filter.h"
#include "emit.h"
#include "waiting.h"
#include "handlers.h"

#define RUN_SLICE_MIN 1000 /* ns; shorter turns of others explain nothing */

struct interval {
	__u64 off, wake, arg0, arg1, inode;
	__u32 state, flags, file_type, file_device, cpu_off, counted;
	__s32 syscall, waker_syscall;
	__u32 waker_pid, waker_tid, waker_context, pid;
	char waker_comm[16];
};

/* The open interval of each tracked thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct interval);
} intervals SEC(".maps");

/* Tracked threads that are ready to run and wait for a CPU. While there is one, run slices are sent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __s64);
} ready SEC(".maps");

static __always_inline void count_ready(struct interval *interval, bool is_ready)
{
	__u32 zero = 0;
	__s64 *waiting = bpf_map_lookup_elem(&ready, &zero);

	if (!waiting || interval->counted == is_ready)
		return;
	interval->counted = is_ready;
	__sync_fetch_and_add(waiting, is_ready ? 1 : -1);
}

/*
 * The kernel now and then runs no program at a switch (seen at switches away from a kworker). Then the run time that a task
 * has gathered since it was picked says when it began.
 */
static __always_inline __u64 ran_since_picked(struct task_struct *task)
{
	return BPF_CORE_READ(task, se.sum_exec_runtime) - BPF_CORE_READ(task, se.prev_sum_exec_runtime);
}

static __always_inline void send_run_slice(const struct wt_config *config, struct task_struct *task, __u64 since, __u64 now)
{
	__u32 zero = 0, tid = BPF_CORE_READ(task, pid);
	__s64 *waiting = bpf_map_lookup_elem(&ready, &zero);
	struct wt_run_slice *slice;

	if (!waiting || *waiting <= 0 || tid == 0 || now - since < RUN_SLICE_MIN)
		return;
	slice = reserve(config, sizeof(*slice), WT_LOSS_RING_FULL_RUN_SLICE);
	if (!slice)
		return;
	FILL_HEAD(slice, WT_EVENT_RUN_SLICE, BPF_CORE_READ(task, tgid), tid);
	slice->start = since;
	slice->end = now;
	BPF_CORE_READ_STR_INTO(&slice->comm, task, comm);
	SEND(slice);
}

static __always_inline void forget(__u32 tid)
{
	struct interval *interval = bpf_map_lookup_elem(&intervals, &tid);

	if (!interval)
		return;
	count_ready(interval, false);
	bpf_map_delete_elem(&intervals, &tid);
}

/* Sends the interval that ends at `on`, and opens the next one. */
static __always_inline void send_interval(const struct wt_config *config, struct interval *interval, __u32 pid, __u32 tid,
					  __u64 on)
{
	struct wt_off_cpu *event = reserve(config, sizeof(*event), WT_LOSS_RING_FULL_OFF_CPU);

	if (event) {
		FILL_HEAD(event, WT_EVENT_OFF_CPU, pid, tid);
		event->off = interval->off;
		event->wake = interval->wake;
		event->on = on;
		event->arg0 = interval->arg0;
		event->arg1 = interval->arg1;
		event->file_inode = interval->inode;
		event->state = interval->state;
		event->flags = interval->flags;
		event->syscall = interval->syscall;
		event->file_type = interval->file_type;
		event->file_device = interval->file_device;
		event->cpu_off = interval->cpu_off;
		event->waker_pid = interval->waker_pid;
		event->waker_tid = interval->waker_tid;
		event->waker_context = interval->wake ? interval->waker_context : WT_WAKER_NONE;
		event->waker_syscall = interval->waker_syscall;
		__builtin_memcpy(event->waker_comm, interval->waker_comm, sizeof(event->waker_comm));
		SEND(event);
	}
	interval->off = 0;
	interval->wake = 0;
}

/* A thread leaves that was never seen to enter. */
static __always_inline void close_late(const struct wt_config *config, struct interval *interval, struct task_struct *task,
				       __u32 pid, __u32 tid, __u64 now)
{
	__u64 ran = ran_since_picked(task);
	__u64 earliest = interval->wake > interval->off ? interval->wake : interval->off;

	count_ready(interval, false);
	if (earliest + ran > now) {
		count_loss(WT_LOSS_INTERVAL_MISSED);
		interval->off = 0;
		interval->wake = 0;
		return;
	}
	send_interval(config, interval, pid, tid, now - ran);
}

static __always_inline void leave(const struct wt_config *config, struct task_struct *task, __u32 pid, __u32 tid, __u64 now)
{
	struct interval *interval = bpf_map_lookup_elem(&intervals, &tid);
	__u32 state = state_of(task);
	__u64 early_wake = 0;

	if (!interval) {
		struct interval none = {};

		bpf_map_update_elem(&intervals, &tid, &none, BPF_NOEXIST);
		interval = bpf_map_lookup_elem(&intervals, &tid);
		if (!interval) {
			count_loss(WT_LOSS_THREAD_TABLE_FULL);
			return;
		}
	}
	if (interval->off)
		close_late(config, interval, task, pid, tid, now);
	/* Another CPU may be waking it at this very moment: then its waker is already noted. */
	if (state & TASK_WAKING)
		early_wake = interval->wake;
	interval->pid = pid;
	interval->off = now;
	interval->wake = early_wake > now ? early_wake : early_wake ? now : 0;
	if (!early_wake)
		interval->waker_context = WT_WAKER_NONE;
	interval->state = state & TASK_WAKING ? 1 : state & TASK_STATES;
	interval->cpu_off = bpf_get_smp_processor_id();
	interval->flags = (BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait) ? WT_OFF_CPU_IOWAIT : 0) |
			  (is_throttled(task) ? WT_OFF_CPU_THROTTLED : 0);
	describe_wait(interval, task, interval->state != 0);
	count_ready(interval, interval->state == 0);
}

static __always_inline void enter(const struct wt_config *config, __u32 pid, __u32 tid, __u64 now)
{
	struct interval *interval = bpf_map_lookup_elem(&intervals, &tid);

	if (!interval)
		return;
	count_ready(interval, false);
	if (interval->off)
		send_interval(config, interval, pid, tid, now);
}

SEC("raw_tp/sched_switch")
int on_switch(__u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	__u64 now = bpf_ktime_get_ns();
	const struct wt_config *config = settings();
	struct cpu_state *cpu = this_cpu();
	__u32 prev_pid = BPF_CORE_READ(prev, tgid), prev_tid = BPF_CORE_READ(prev, pid), next_pid = BPF_CORE_READ(next, tgid);

	if (!config || !cpu)
		return 0;
	/* Nothing is switched inside a handler: whatever exit was not seen, no handler is open now. */
	cpu->timer = cpu->irq = cpu->softirq = 0;
	/* Before the counter goes down for `next`: this turn is the end of what it waited for. */
	if (cpu->since)
		send_run_slice(config, prev, cpu->tid == prev_tid ? cpu->since : now - ran_since_picked(prev), now);
	cpu->since = now;
	cpu->tid = BPF_CORE_READ(next, pid);
	/* Of a process that has ended nothing is tracked any more: its threads are forgotten all the same. */
	if (state_of(prev) & TASK_ENDED)
		forget(prev_tid);
	else if (is_tracked(config, prev_pid))
		leave(config, prev, prev_pid, prev_tid, now);
	if (is_tracked(config, next_pid))
		enter(config, next_pid, cpu->tid, now);
	return 0;
}

SEC("raw_tp/sched_waking")
int on_waking(__u64 *ctx)
{
	struct task_struct *woken = (void *)ctx[0];
	const struct wt_config *config = settings();
	__u32 pid = BPF_CORE_READ(woken, tgid), tid;
	struct interval *interval;
	struct cpu_state *cpu;

	if (!config || !is_tracked(config, pid))
		return 0;
	tid = BPF_CORE_READ(woken, pid);
	interval = bpf_map_lookup_elem(&intervals, &tid);
	cpu = this_cpu();
	if (!interval || !cpu || (interval->off && (interval->wake || !interval->state)))
		return 0;
	interval->wake = bpf_ktime_get_ns();
	note_waker(interval, cpu->timer ? WT_WAKER_TIMER :
			     cpu->irq	? WT_WAKER_IRQ :
			     cpu->softirq ? WT_WAKER_SOFTIRQ :
					    WT_WAKER_TASK);
	if (interval->off)
		count_ready(interval, true);
	return 0;
}

/* A thread that executes a program takes the id of its process; nothing is known by its old one any more. */
SEC("raw_tp/sched_process_exec")
int forget_interval(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 old = ctx[1];

	if (old != BPF_CORE_READ(task, pid))
		forget(old);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
