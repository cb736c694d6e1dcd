/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * One entry and one return program for any library call. Which call it is comes as the attach cookie, which arguments to
 * keep from that call's plan. A call becomes an event when it returns.
 *
 * Why a stack of frames per thread and not one slot: runtime calls nest driver calls, and callbacks nest further ones.
 * Why the stack pointer is kept: a call left by longjmp or an exception never returns; its frame is recognised as stale
 * since every live frame lies above (or, for a tail call, at) the stack pointer of a later entry.
 */
#include "filter.h"
#include "emit.h"

#define MAX_DEPTH 8
#define STALE_WITHIN (16 << 20) /* further away is another stack: a signal handler's or a coroutine's */
#define STACK_BUDGET 256 /* stacks a CPU takes at most in a second */

struct frame {
	__u64 start;
	__u64 sp;
	__u64 pointer;
	__u64 kept[WT_KEPT_WORDS];
	__u32 op;
	__u32 flags;
};

struct thread_calls {
	__u32 depth;
	__u32 pid;
	struct frame frames[MAX_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct thread_calls);
} thread_calls SEC(".maps");

/* Values of zeros to start from: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread_calls);
} no_calls SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wt_lost_total);
} no_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WT_CALL_IDS);
	__type(key, __u32);
	__type(value, struct wt_call_plan);
} plans SEC(".maps");

/* Totals of the calls whose events were lost, so that totals stay exact. */
struct lost_key {
	__u32 pid;
	__u32 op;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct lost_key);
	__type(value, struct wt_lost_total);
} lost_calls SEC(".maps");

/* A running mean of each call, to choose whose stack to take; what is slow is judged elsewhere. */
struct typical {
	__u64 mean;
	__u64 count;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WT_CALL_IDS);
	__type(key, __u32);
	__type(value, struct typical);
} typical_calls SEC(".maps");

struct budget {
	__u64 second;
	__u64 used;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct budget);
} stack_budget SEC(".maps");

static __always_inline void read_arguments(struct pt_regs *ctx, const struct wt_call_plan *plan, __u64 *slots)
{
	slots[0] = ARGUMENT_0(ctx);
	slots[1] = ARGUMENT_1(ctx);
	slots[2] = ARGUMENT_2(ctx);
	slots[3] = ARGUMENT_3(ctx);
	slots[4] = ARGUMENT_4(ctx);
	slots[5] = ARGUMENT_5(ctx);
	slots[6] = ARGUMENT_6(ctx);
	slots[7] = ARGUMENT_7(ctx);
	if (plan->stack)
		bpf_probe_read_user(&slots[REGISTER_ARGUMENTS], (WT_ARGUMENT_WORDS - REGISTER_ARGUMENTS) * 8,
				    (void *)(STACK_POINTER(ctx) + STACK_ARGUMENTS));
	if (plan->memory != WT_NO_SLOT)
		bpf_probe_read_user(&slots[WT_MEMORY_SLOT], WT_MEMORY_WORDS * 8, (void *)slots[plan->memory & 15]);
}

/* A function that ends in a jump to another one shares its stack pointer, and its return is hijacked already. */
static __always_inline bool is_tail_call(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	__u64 back = 0;

	return !READ_RETURN_ADDRESS(&back, ctx) && back == BPF_CORE_READ(task, mm, uprobes_state.xol_area, vaddr);
}

/* Frames of calls that can no longer return are dropped and counted. */
static __always_inline __u32 drop_stale(struct pt_regs *ctx, struct thread_calls *calls)
{
	__u32 depth = calls->depth;
	__u64 sp = STACK_POINTER(ctx);

	for (int i = 0; i < MAX_DEPTH && depth > 0; i++) {
		__u64 top = calls->frames[(depth - 1) & (MAX_DEPTH - 1)].sp;

		if (top > sp || sp - top > STALE_WITHIN || (top == sp && is_tail_call(ctx)))
			break;
		depth--;
		count_loss(WT_LOSS_CALL_ABANDONED);
	}
	return depth;
}

SEC("uprobe")
int call_enter(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid(), cookie;
	__u32 tid = id, pid = id >> 32, op, zero = 0, depth;
	const struct wt_config *config;
	struct thread_calls *calls;
	struct wt_call_plan *plan;
	struct frame *frame;
	__u64 slots[16] = {};

	/* A thread that has made a call before belongs to a tracked process: no second look-up. */
	calls = bpf_map_lookup_elem(&thread_calls, &tid);
	if (!calls || calls->pid != pid) {
		void *none = bpf_map_lookup_elem(&no_calls, &zero);

		config = settings();
		if (!config || !is_tracked(config, pid))
			return 0;
		if (none)
			bpf_map_update_elem(&thread_calls, &tid, none, BPF_ANY);
		calls = bpf_map_lookup_elem(&thread_calls, &tid);
		if (!calls) {
			count_loss(WT_LOSS_THREAD_TABLE_FULL);
			return 0;
		}
		calls->pid = pid;
	}
	cookie = bpf_get_attach_cookie(ctx);
	op = cookie & 0xffff;
	plan = bpf_map_lookup_elem(&plans, &op);
	if (!plan)
		return 0;
	depth = drop_stale(ctx, calls);
	if (depth >= MAX_DEPTH) {
		count_loss(WT_LOSS_CALL_TOO_DEEP);
		return 0;
	}
	read_arguments(ctx, plan, slots);
	frame = &calls->frames[depth & (MAX_DEPTH - 1)];
#pragma unroll
	for (int i = 0; i < WT_KEPT_WORDS; i++) {
		__u32 a = plan->a[i] & 15, b = plan->b[i] & 15;

		frame->kept[i] = b == WT_NO_SLOT ? slots[a] : (__u32)slots[a] | slots[b] << 32;
	}
	frame->pointer = slots[plan->pointer_slot & 15];
	frame->sp = STACK_POINTER(ctx);
	frame->op = op;
	frame->flags = cookie >> 16;
	calls->depth = depth + 1;
	frame->start = bpf_ktime_get_ns(); /* last: our own work is not part of the call */
	return 0;
}

static __always_inline void add_lost(__u32 pid, const struct frame *frame, __u64 duration, bool failed)
{
	struct lost_key key = { .pid = pid, .op = frame->op };
	struct wt_lost_total *total = bpf_map_lookup_elem(&lost_calls, &key);
	__u32 exponent = 0, zero = 0;
	__u64 rest = duration;

	if (!total) {
		void *none = bpf_map_lookup_elem(&no_total, &zero);

		if (none)
			bpf_map_update_elem(&lost_calls, &key, none, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&lost_calls, &key);
		if (!total) {
			count_loss(WT_LOSS_TOTAL_TABLE_FULL);
			return;
		}
	}
	for (int i = 0; i < WT_LOST_EXPONENTS - 1 && rest > 1; i++) {
		rest >>= 1;
		exponent++;
	}
	__sync_fetch_and_add(&total->count, 1);
	__sync_fetch_and_add(&total->sum, duration);
	__sync_fetch_and_add(&total->failed, failed);
	if (exponent < WT_LOST_EXPONENTS)
		__sync_fetch_and_add(&total->log2[exponent], 1);
	if (duration > total->max)
		total->max = duration; /* two CPUs may race here: then the smaller of two maxima can win */
}

/* How many calls the stack of this one would stand for; 0 when it is not worth taking. */
static __always_inline __u32 stack_weight(__u32 op, __u64 duration, __u64 now)
{
	struct typical *typical = bpf_map_lookup_elem(&typical_calls, &op);
	__u32 zero = 0, weight = 0;
	struct budget *budget = bpf_map_lookup_elem(&stack_budget, &zero);
	__u64 count, mean;

	if (!typical || !budget)
		return 0;
	count = typical->count++;
	mean = typical->mean;
	typical->mean = count == 0 ? duration : mean - (mean >> 4) + (duration >> 4);
	if (count < 4 || duration > 1000000 || (duration > 20000 && duration > 4 * mean))
		weight = 1;
	else if ((count & 1023) == 0)
		weight = 1024;
	if (!weight)
		return 0;
	if (budget->second != now >> 30) {
		budget->second = now >> 30;
		budget->used = 0;
	}
	return budget->used++ < STACK_BUDGET ? weight : 0;
}

static __always_inline bool send_stack(struct pt_regs *ctx, const struct wt_config *config, __u32 pid, __u32 tid, __u64 start,
				       __u32 weight)
{
	struct wt_stack *stack = reserve(config, sizeof(*stack), WT_LOSS_RING_FULL_STACK);
	long size;

	if (!stack)
		return false;
	size = bpf_get_stack(ctx, stack->address, sizeof(stack->address), BPF_F_USER_STACK);
	if (size <= 0) {
		bpf_ringbuf_discard(stack, BPF_RB_NO_WAKEUP);
		count_loss(WT_LOSS_STACK_FAILED);
		return false;
	}
	FILL_HEAD(stack, WT_EVENT_STACK, pid, tid);
	stack->start = start;
	stack->frames = size / 8;
	stack->weight = weight;
	SEND(stack);
	return true;
}

SEC("uretprobe")
int call_return(struct pt_regs *ctx)
{
	__u64 now = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid(), sp = STACK_POINTER(ctx), duration, pointer = 0;
	__u32 tid = id, pid = id >> 32, op = bpf_get_attach_cookie(ctx) & 0xffff, depth, weight = 0;
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &tid);
	const struct wt_config *config;
	const struct wt_call_plan *plan;
	struct frame *frame = NULL;
	struct wt_call *call;
	bool failed, has_stack;

	if (!calls) {
		config = settings();
		if (config && is_tracked(config, pid))
			count_loss(WT_LOSS_RETURN_WITHOUT_ENTRY);
		return 0;
	}
	depth = calls->depth;
	for (int i = 0; i < MAX_DEPTH && depth > 0; i++) {
		struct frame *top = &calls->frames[(depth - 1) & (MAX_DEPTH - 1)];

		if (top->sp + RETURN_POPS > sp && top->sp - sp < STALE_WITHIN)
			break; /* an outer call: the one that returns here was never entered */
		depth--;
		if (top->sp + RETURN_POPS == sp && top->op == op) {
			frame = top;
			break;
		}
		count_loss(WT_LOSS_CALL_ABANDONED);
	}
	calls->depth = depth;
	if (!frame) {
		if (depth < MAX_DEPTH) /* else it was counted as too deep */
			count_loss(WT_LOSS_RETURN_WITHOUT_ENTRY);
		return 0;
	}
	config = settings();
	plan = bpf_map_lookup_elem(&plans, &op);
	if (!config || !plan)
		return 0;
	duration = now - frame->start;
	failed = (__s32)RETURNED(ctx) != 0;
	if (plan->pointer_slot != WT_NO_SLOT) {
		pointer = frame->pointer;
		if (plan->pointer_returned && (failed || bpf_probe_read_user(&pointer, 8, (void *)pointer)))
			pointer = 0;
	}
	if (depth == 0)
		weight = stack_weight(op, duration, now);
	has_stack = weight && send_stack(ctx, config, pid, tid, frame->start, weight);
	call = reserve(config, sizeof(*call), WT_LOSS_RING_FULL_CALL);
	if (!call) {
		add_lost(pid, frame, duration, failed);
		return 0;
	}
	FILL_HEAD(call, WT_EVENT_CALL, pid, tid);
	call->start = frame->start;
	call->duration = duration;
	call->ret = RETURNED(ctx);
	call->ptr = pointer;
	__builtin_memcpy(call->kept, frame->kept, sizeof(call->kept));
	call->op = op;
	call->depth = depth;
	call->flags = frame->flags | (has_stack ? WT_CALL_STACK : 0);
	SEND(call);
	return 0;
}

/* A program that takes over within calls: they never return, and the calls of the new one are not nested in them. */
SEC("raw_tp/sched_process_exec")
int forget_calls(__u64 *ctx)
{
	__u32 tid = ctx[1]; /* before the exec: that of a thread other than the first changes */
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &tid);

	if (!calls)
		return 0;
	for (__u32 i = 0; i < MAX_DEPTH && i < calls->depth; i++)
		count_loss(WT_LOSS_CALL_ABANDONED);
	bpf_map_delete_elem(&thread_calls, &tid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
