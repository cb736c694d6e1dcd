/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The calls that a thread is in, outermost first. A call left by longjmp or an exception never returns: its frame is
 * recognised as stale, since every live frame lies above (or, for a tail call, at) the stack pointer of a later entry.
 */
#pragma once
#include "emit.h"

#define MAX_DEPTH 8
#define STALE_WITHIN (16 << 20) /* further away is another stack: a signal handler's or a coroutine's */

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

/* A value of zeros to start from: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread_calls);
} no_calls SEC(".maps");

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
