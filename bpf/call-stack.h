/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Whose user stack is taken, at the return of a call: of slow ones and of a sample, within a budget. */
#pragma once
#include "emit.h"

#define STACK_BUDGET 256 /* stacks a CPU takes at most in a second */

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
