/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Which waits have their stack taken. It must be taken when the wait begins, since the memory of the thread cannot be read
 * when it comes back; then nobody knows yet how long it will be. What waits at the same place have taken so far tells.
 */
#pragma once
#include "shed.h"
#include "stack.h"
#include "task.h"

#define WAIT_PLACES 16384
/* us */
#define LONG_WAIT 100
#define VERY_LONG_WAIT 10000
/* Of short waits, and of long ones after many at the same place, and after very many. */
#define SHORT_ONE_IN 64
#define MANY 16
#define MANY_ONE_IN 4
#define VERY_MANY 256
#define VERY_MANY_ONE_IN 16

/* Of the waits of one process in one system call on one object, from one depth of a stack. */
struct wait_place {
	__u32 mean; /* us */
	__u32 count;
	__u32 owed; /* waits whose stack was refused or left out: the next one stands for them too */
	__u32 unused;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WAIT_PLACES);
	__type(key, __u32);
	__type(value, struct wait_place);
} wait_places SEC(".maps");

static __always_inline __u32 place_of_wait(const struct task_notes *notes, __u32 pid, __u64 sp)
{
	__u64 hash = (notes->arg0 ^ sp << 7) * 0x9e3779b97f4a7c15ULL;

	hash = (hash ^ ((__u64)pid << 16 | (notes->state ? (__u16)notes->syscall : 0xfffe))) * 0x9e3779b97f4a7c15ULL;
	return hash >> 50;
}

/* How many waits at a place have one stack taken. */
static __always_inline __u32 wait_weight(const struct wait_place *place, __u32 state)
{
	if (place->count < 4)
		return 1;
	if (!state || place->mean < LONG_WAIT)
		return SHORT_ONE_IN;
	if (place->count < MANY || place->mean >= VERY_LONG_WAIT)
		return 1;
	return place->count < VERY_MANY ? MANY_ONE_IN : VERY_MANY_ONE_IN;
}

/*
 * A thread of user space leaves the CPU: its place is noted, and its stack taken where the wait is likely to be long. Where
 * a thread that is ready was sent away says little about why, so of those only a sample is taken.
 */
static __always_inline void note_wait_place(void *ctx, const struct wt_config *config, struct task_notes *notes,
					    struct task_struct *task, __u64 now)
{
	struct pt_regs *user = (void *)bpf_task_pt_regs(task);
	struct taking taking = { .time = now, .pid = task->tgid, .tid = task->pid, .reason = WT_REASON_WAIT };
	__u32 at = place_of_wait(notes, taking.pid, STACK_POINTER(user));
	struct wait_place *place = bpf_map_lookup_elem(&wait_places, &at);

	if (!place)
		return;
	notes->place = at;
	taking.weight = wait_weight(place, notes->state);
	if (place->count % taking.weight)
		return;
	if (taking.weight > 1 && !is_kept(config->keep_stack)) {
		count_loss(WT_LOSS_SHED_STACK);
		place->owed += taking.weight;
		return;
	}
	taking.weight += place->owed;
	place->owed = taking.weight;
	if (!may_take(WT_REASON_WAIT, now) || !TAKE_STACK(ctx, config, &taking, user, true))
		return;
	place->owed = 0;
	notes->flags |= WT_OFF_CPU_STACK;
}

/* It comes back. */
static __always_inline void count_wait(const struct task_notes *notes, __u64 now)
{
	__u32 at = notes->place;
	struct wait_place *place = bpf_map_lookup_elem(&wait_places, &at);
	__u32 took = (now - notes->off) / 1000;

	if (!place)
		return;
	place->mean = place->count ? place->mean - (place->mean >> 3) + (took >> 3) : took;
	place->count++;
}
