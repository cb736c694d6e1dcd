/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What is left out when the reader falls behind. Of what how much, is decided elsewhere (src/catalogue/shedding.ts); here it
 * is left out before it costs room or reading. Chance decides which, so that what is kept stands for all; how many it stands
 * for is counted, so that it stands for exactly all.
 */
#pragma once
#include "emit.h"

/* Whether one is kept of which one in `mask` + 1 is, a power of two. */
static __always_inline bool is_kept(__u32 mask)
{
	return !mask || !(bpf_get_prandom_u32() & mask);
}

/* On one CPU, of one kind: how many were left out for which nothing that was kept stands yet. */
struct left_out {
	__u32 owed;
	__u32 due; /* the one with which it comes to so many is kept */
};

/*
 * Of what is left out but for one in `mask` + 1: log2 of how many this one stands for, itself and others that came before it;
 * -1 when it is left out. At any time what was kept stands for all that came but for those owed, whatever the masks were. With
 * one mask, one of each block of `mask` + 1 is kept, any of them, and stands for as many. Each step is atomic, as in
 * `count_losses`. Not static: the kernel's checker looks at it once.
 */
__noinline int weigh(struct left_out *left, __u32 mask)
{
	__u32 owed, exponent = 0;

	if (!left)
		return 0;
	owed = __sync_fetch_and_add(&left->owed, 1) + 1;
	if (owed < left->due && owed <= 2 * mask)
		return -1;
	left->due = mask + 1 + (bpf_get_prandom_u32() & mask);
	owed = __sync_lock_test_and_set(&left->owed, 0);
	if (!owed)
		return -1; /* one that came in between stands for this one too */
	for (__u32 step = 1 << (WT_CALL_WEIGHT_BITS - 1); step; step >>= 1)
		if (owed >> (exponent + step))
			exponent += step;
	__sync_fetch_and_add(&left->owed, owed - (1U << exponent));
	return exponent;
}

/*
 * One that `weigh` kept has its row, or for want of room it has none: then nothing stands for those that it stood for, and
 * they are lost with it. `room`: whether it was reserved; where not, it was counted as `lost` already. Behind the question whether
 * there is room, not before it: kernels before 6.4 forget the answer when it is asked twice.
 */
static __always_inline void settle(int exponent, bool room, __u32 shed, __u32 lost)
{
	if (exponent > 0)
		count_losses(room ? shed : lost, (1U << exponent) - 1);
}

/*
 * Whether what is left of a ring belongs to what may not be lost. It says so whatever the reader does: one that is stopped
 * decides nothing.
 */
static __always_inline bool is_nearly_full(const struct wt_config *config, void *ring)
{
	return ring && config->full_bytes && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > config->full_bytes;
}
