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
	__u64 thread; /* whose, as bpf_get_current_pid_tgid() gives it; 0 in a free place */
	__u32 depth;
	__u32 sure; /* for so many calls it need not ask whether its ring is nearly full */
	__u64 slots[WT_NO_SLOT + 1]; /* of the call that is being entered, as its plan numbers them; the last is never written */
	struct frame frames[MAX_DEPTH];
};

/* Found by the thread id, in the first of a few places that is its own: a hash table costs some 15 ns a look-up more. */
#define THREAD_PLACES 16384
#define PLACES_TRIED 8
#define PLACE_STEP 2053 /* spreads them over the table, away from the ids of threads made together */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, THREAD_PLACES);
	__type(key, __u32);
	__type(value, struct thread_calls);
} thread_calls SEC(".maps");

static __always_inline struct thread_calls *place_of_calls(__u64 thread, __u32 attempt)
{
	__u32 place = ((__u32)thread + attempt * PLACE_STEP) & (THREAD_PLACES - 1);

	return bpf_map_lookup_elem(&thread_calls, &place);
}

/* Those of a thread; NULL where it has made none. */
static __always_inline struct thread_calls *calls_of(__u64 thread)
{
	for (__u32 i = 0; i < PLACES_TRIED; i++) {
		struct thread_calls *calls = place_of_calls(thread, i);

		if (calls && calls->thread == thread)
			return calls;
	}
	return NULL;
}

/* A place for a thread that has none. One that had the same id in another process is no more. */
static __always_inline struct thread_calls *make_calls(__u64 thread)
{
	for (__u32 i = 0; i < PLACES_TRIED; i++) {
		struct thread_calls *calls = place_of_calls(thread, i);
		__u64 owner = calls ? calls->thread : 0;

		if (!calls || (owner && (__u32)owner != (__u32)thread))
			continue;
		if (__sync_val_compare_and_swap(&calls->thread, owner, thread) == owner) {
			calls->depth = 0;
			return calls;
		}
	}
	return NULL;
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
