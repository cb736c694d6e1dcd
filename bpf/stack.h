/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Taking the stack of the current thread: a copy of its memory, from which user space unwinds code without frame pointers,
 * its Python frames, and what the kernel tells; where there is no copy, what frame pointers tell. Dear, so only where it matters and within a budget.
 */
#pragma once
#include "emit.h"
#include "registers.h"
#include "python.h"

#define STACK_PIECES 5 /* the first ends with its page: 16 KiB at least */
#define LARGEST_STACK (64 << 20)
#define STACK_RATE 256 /* stacks that a CPU takes in a second, for each reason */
#define STACK_BURST 128
#define STACK_INTERVAL (1000000000 / STACK_RATE)

/* By reason: when the next stack would be due if they came evenly. */
struct budget {
	__u64 due[2];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct budget);
} stack_budget SEC(".maps");

static __always_inline bool may_take(__u32 reason, __u64 now)
{
	__u32 zero = 0;
	struct budget *budget = bpf_map_lookup_elem(&stack_budget, &zero);
	__u64 due;

	if (!budget)
		return false;
	due = budget->due[reason & 1];
	if (due > now + STACK_BURST * (__u64)STACK_INTERVAL)
		return false;
	budget->due[reason & 1] = (due > now ? due : now) + STACK_INTERVAL;
	return true;
}

/* Whose stack, and of what. */
struct taking {
	__u64 time;
	__u32 pid, tid;
	__u32 reason, weight;
	__u32 op; /* of a call, else 0 */
};

/* Stacks are large: where the reader is behind, the room is for what cannot be done without. */
static __always_inline bool has_room(const struct wt_config *config)
{
	void *ring = ring_of(config);

	if (ring && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 2)
		return true;
	count_loss(WT_LOSS_RING_FULL_STACK);
	return false;
}

/*
 * Where the stack that begins here ends: the first thread's where the kernel put its arguments; of other threads glibc keeps
 * its own data, to which the thread pointer leads, above it. Unknown stacks have no end.
 */
static __always_inline __u64 end_of_stack(__u64 at)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	__u64 first = BPF_CORE_READ(task, mm, start_stack), own = THREAD_POINTER(task);

	if (first > at && first - at < LARGEST_STACK)
		return first;
	if (own > at && own - at < LARGEST_STACK)
		return own;
	return ~0ULL;
}

/* The next piece of a stack's memory, in the ring; false where the stack ends. */
#define SEND_PIECE(config, taking, user, from, length, number)                                                         \
	({                                                                                                             \
		struct wt_stack_memory *piece_ = reserve(config, sizeof(*piece_), WT_LOSS_RING_FULL_STACK);            \
		bool read_ = piece_ && !bpf_probe_read_user(piece_->data, length, (void *)(from));                     \
		if (piece_ && !read_)                                                                                  \
			bpf_ringbuf_discard(piece_, BPF_RB_NO_WAKEUP);                                                 \
		if (read_) {                                                                                           \
			FILL_HEAD(piece_, WT_EVENT_STACK_MEMORY, (taking)->pid, (taking)->tid);                        \
			piece_->time = (taking)->time;                                                                 \
			piece_->at = (from);                                                                           \
			piece_->size = (length);                                                                       \
			piece_->piece = (number);                                                                      \
			FILL_REGISTERS(piece_->registers, user);                                                       \
			SEND(piece_);                                                                                  \
		}                                                                                                      \
		read_;                                                                                                 \
	})

static __always_inline __u32 send_memory(const struct wt_config *config, const struct taking *taking, struct pt_regs *user)
{
	__u64 at = STACK_POINTER(user), end = end_of_stack(at);
	__u32 first = WT_STACK_PIECE - (at & (WT_STACK_PIECE - 1)), count = 1;

	if (!SEND_PIECE(config, taking, user, at, first, 0))
		return 0;
	at += first;
	for (; count < STACK_PIECES && at < end; count++, at += WT_STACK_PIECE)
		if (!SEND_PIECE(config, taking, user, at, WT_STACK_PIECE, count))
			break;
	return count;
}

/* kernel/events/uprobes.c: the calls whose return is probed have another return address on the stack than their own. */
static __always_inline void read_hijacked(struct wt_stack *stack, struct task_struct *task)
{
	struct return_instance *instance = BPF_CORE_READ(task, utask, return_instances);

	stack->trampoline = instance ? BPF_CORE_READ(task, mm, uprobes_state.xol_area, vaddr) : 0;
	for (int i = 0; i < WT_HIJACKED_RETURNS; i++) {
		stack->hijacked_at[i] = instance ? BPF_CORE_READ(instance, stack) : 0;
		stack->hijacked_to[i] = instance ? BPF_CORE_READ(instance, orig_ret_vaddr) : 0;
		if (instance)
			instance = BPF_CORE_READ(instance, next);
	}
}

/* `ctx` is the program's own; `user` the registers with which the thread left user space. False when nothing was sent. */
#define TAKE_STACK(ctx, config, taking, user, with_kernel)                                                             \
	({                                                                                                             \
		bool room_ = has_room(config);                                                                         \
		__u32 pieces_ = room_ ? send_memory(config, taking, user) : 0;                                         \
		__u32 python_ = room_ ? send_python_stack(config, (taking)->pid, (taking)->tid, (taking)->time) : 0;   \
		struct wt_stack *stack_ = room_ ? reserve(config, sizeof(*stack_), WT_LOSS_RING_FULL_STACK) : NULL;    \
		if (stack_) {                                                                                          \
			long users_ = pieces_ ? 0 : bpf_get_stack(ctx, stack_->address, sizeof(stack_->address),       \
								  BPF_F_USER_STACK);                           \
			long kernels_ = with_kernel ? bpf_get_stack(ctx, stack_->kernel, sizeof(stack_->kernel), 0) : 0; \
			FILL_HEAD(stack_, WT_EVENT_STACK, (taking)->pid, (taking)->tid);                               \
			stack_->time = (taking)->time;                                                                 \
			stack_->reason = (taking)->reason;                                                             \
			stack_->weight = (taking)->weight;                                                             \
			stack_->op = (taking)->op;                                                                     \
			stack_->unused = 0;                                                                            \
			stack_->user_frames = users_ > 0 ? (__u64)users_ / 8 : 0;                                          \
			stack_->kernel_frames = kernels_ > 0 ? (__u64)kernels_ / 8 : 0;                                       \
			stack_->python = python_;                                                                      \
			stack_->pieces = pieces_;                                                                      \
			read_hijacked(stack_, (void *)bpf_get_current_task_btf());                                     \
			SEND(stack_);                                                                                  \
		}                                                                                                      \
		stack_ != NULL;                                                                                        \
	})
