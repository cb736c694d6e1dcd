/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * One pair of programs, or one for both ends, for any library call. Which call it is comes as the attach cookie, which arguments to
 * keep from that call's plan. A call becomes an event when it returns.
 *
 * Why a stack of frames per thread and not one slot: runtime calls nest driver calls, and callbacks nest further ones.
 */
#include "filter.h"
#include "emit.h"
#include "frames.h"
#include "lost-calls.h"
#include "call-stack.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WT_CALL_IDS);
	__type(key, __u32);
	__type(value, struct wt_call_plan);
} plans SEC(".maps");

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

/* False when the return of this call is of no use. */
static __always_inline bool enter(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid(), cookie, *slots;
	struct thread_calls *calls = calls_of(thread);
	struct wt_call_plan *plan;
	struct frame *frame;
	__u32 op, depth;

	/* A thread that has made a call before belongs to a tracked process: no second look-up. */
	if (!calls) {
		const struct wt_config *config = settings();

		if (!config || !is_tracked(config, thread >> 32))
			return false;
		calls = make_calls(thread);
		if (!calls) {
			count_loss(WT_LOSS_THREAD_TABLE_FULL);
			return false;
		}
	}
	cookie = bpf_get_attach_cookie(ctx);
	op = cookie & 0xffff;
	plan = bpf_map_lookup_elem(&plans, &op);
	if (!plan)
		return false;
	depth = drop_stale(ctx, calls);
	if (depth >= MAX_DEPTH) {
		count_loss(WT_LOSS_CALL_TOO_DEEP);
		return false;
	}
	slots = calls->slots;
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
	return true;
}

/* `entered`: the kernel comes back only from calls that were entered here, the innermost first. */
static __always_inline void leave(struct pt_regs *ctx, bool entered)
{
	__u64 now = bpf_ktime_get_ns(), thread = bpf_get_current_pid_tgid(), sp = STACK_POINTER(ctx), duration, pointer = 0;
	__u32 tid = thread, pid = thread >> 32, op = entered ? 0 : bpf_get_attach_cookie(ctx) & 0xffff, depth, weight = 0;
	struct thread_calls *calls = calls_of(thread);
	const struct wt_config *config;
	const struct wt_call_plan *plan;
	struct frame *frame = NULL;
	struct wt_call *call;
	bool failed, has_stack = false;
	void *ring;
	int row = 0; /* as of row_weight */

	if (!calls) {
		config = settings();
		if (config && is_tracked(config, pid))
			count_loss(WT_LOSS_RETURN_WITHOUT_ENTRY);
		return;
	}
	depth = calls->depth;
	for (int i = 0; i < MAX_DEPTH && depth > 0; i++) {
		struct frame *top = &calls->frames[(depth - 1) & (MAX_DEPTH - 1)];

		if (top->sp + RETURN_POPS > sp && top->sp - sp < STALE_WITHIN)
			break; /* an outer call: the one that returns here was never entered */
		depth--;
		if (top->sp + RETURN_POPS == sp && (entered || top->op == op)) {
			frame = top;
			break;
		}
		count_loss(WT_LOSS_CALL_ABANDONED);
	}
	calls->depth = depth;
	if (!frame) {
		if (depth < MAX_DEPTH) /* else it was counted as too deep */
			count_loss(WT_LOSS_RETURN_WITHOUT_ENTRY);
		return;
	}
	op = frame->op;
	config = settings();
	plan = bpf_map_lookup_elem(&plans, &op);
	if (!config || config->ended || !plan)
		return;
	duration = now - frame->start;
	failed = (__s32)RETURNED(ctx) != 0;
	if (plan->pointer_slot != WT_NO_SLOT) {
		pointer = frame->pointer;
		if (plan->pointer_returned && (failed || bpf_probe_read_user(&pointer, 8, (void *)pointer)))
			pointer = 0;
	}
	if (depth == 0)
		weight = stack_weight(config, op, duration, now);
	if (weight) {
		struct taking taking = { .time = frame->start, .pid = pid, .tid = tid, .op = op, .reason = WT_REASON_CALL, .weight = weight };

		has_stack = TAKE_STACK(ctx, config, &taking, ctx, false);
		if (!has_stack)
			owe_stack(op, weight);
	}
	ring = ring_of(config);
	if ((!failed || (__s32)RETURNED(ctx) == WT_NOT_READY) && !has_stack && plan->pointer_slot == WT_NO_SLOT)
		row = row_weight(config, ring, &calls->sure, op, depth, duration);
	if (row < 0) {
		add_lost(pid, frame, duration, failed);
		return;
	}
	call = reserve_in(ring, sizeof(*call), WT_LOSS_RING_FULL_CALL);
	if (!call) {
		settle(row, false, WT_LOSS_SHED_CALL, WT_LOSS_RING_FULL_CALL);
		add_lost(pid, frame, duration, failed);
		return;
	}
	settle(row, true, WT_LOSS_SHED_CALL, WT_LOSS_RING_FULL_CALL);
	FILL_HEAD(call, WT_EVENT_CALL, pid, tid);
	call->start = frame->start;
	call->duration = duration;
	call->ret = RETURNED(ctx);
	call->ptr = pointer;
	__builtin_memcpy(call->kept, frame->kept, sizeof(call->kept));
	call->op = op;
	call->depth = depth;
	call->flags = frame->flags | (has_stack ? WT_CALL_STACK : 0) | row << WT_CALL_WEIGHT_SHIFT;
	SEND(call);
}

SEC("uprobe")
int call_enter(struct pt_regs *ctx)
{
	enter(ctx);
	return 0;
}

SEC("uretprobe")
int call_return(struct pt_regs *ctx)
{
	leave(ctx, false);
	return 0;
}

/*
 * Both in one, where the kernel has it. At a return the instruction pointer is already where the call came from; `bpf_get_func_ip`
 * is the probed place either way. 1 keeps the kernel from probing the return of this call.
 */
SEC("uprobe")
int call_session(struct pt_regs *ctx)
{
	if (INSTRUCTION_POINTER(ctx) == bpf_get_func_ip(ctx))
		return !enter(ctx);
	leave(ctx, true);
	return 0;
}

/* A program that takes over within calls: they never return, and the calls of the new one are not nested in them. */
SEC("raw_tp/sched_process_exec")
int forget_calls(__u64 *ctx)
{
	__u64 process = bpf_get_current_pid_tgid() >> 32 << 32;
	/* Its id before the exec: that of a thread other than the first changes. */
	struct thread_calls *calls = calls_of(process | (__u32)ctx[1]);

	if (!calls)
		return 0;
	for (__u32 i = 0; i < MAX_DEPTH && i < calls->depth; i++)
		count_loss(WT_LOSS_CALL_ABANDONED);
	calls->depth = 0;
	calls->thread = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
