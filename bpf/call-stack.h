/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Which calls have their stack taken, at their return: the slowest of their own kind, and a sample of the rest. What is
 * slow is judged elsewhere; this only sees to it that what may be judged slow has a stack.
 */
#pragma once
#include "stack.h"
#include "shed.h"

#define TYPICAL_EXPONENTS 40
#define SLOW_ONE_IN 32 /* of calls, as a power of two of their time tells them apart */
#define SAMPLE_ONE_IN 1024
#define ALWAYS_SLOW 1000000 /* ns */
#define NEVER_SLOW 20000
#define SURE_FOR 7 /* calls of a thread: 2,000 threads put 1.7 MB into the rings in between */

/* On each CPU, of each call: how long it took, by powers of two; old ones count for less and less. */
struct typical {
	__u64 slow; /* ns: from here on it is among the slowest */
	__u32 count;
	__u32 owed; /* calls whose sample was refused or left out: the next one stands for them too */
	struct left_out rows;
	__u32 log2[TYPICAL_EXPONENTS];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WT_CALL_IDS);
	__type(key, __u32);
	__type(value, struct typical);
} typical_calls SEC(".maps");

static __always_inline __u32 exponent_of(__u64 value)
{
	__u32 exponent = 0;

	for (__u32 step = 32; step; step >>= 1) {
		if (value >> step) {
			value >>= step;
			exponent += step;
		}
	}
	return exponent < TYPICAL_EXPONENTS ? exponent : TYPICAL_EXPONENTS - 1;
}

/* Where the slowest begin, and half of what has been counted is forgotten now and then. */
static __always_inline void judge(struct typical *typical)
{
	__u32 total = 0, above = 0;
	bool old = typical->count >= 4 * SAMPLE_ONE_IN;

	for (int i = 0; i < TYPICAL_EXPONENTS; i++)
		total += typical->log2[i];
	for (int i = TYPICAL_EXPONENTS - 1; i >= 0; i--) {
		above += typical->log2[i];
		if (above * SLOW_ONE_IN > total) {
			typical->slow = 2ULL << i;
			break;
		}
	}
	/* A loop of its own: of one with branches inside a compiler makes what kernels before 6.8 take for endless. */
	for (int i = 0; old && i < TYPICAL_EXPONENTS; i++)
		typical->log2[i] >>= 1;
	if (old)
		typical->count -= 3 * SAMPLE_ONE_IN; /* by as many as leave the rhythm of samples as it is */
}

/*
 * Counts a call among those of its kind. Returns how many there were before. Not static, so that the kernel's checker looks at it
 * once, and not again for whatever came before: older kernels give up otherwise.
 */
__noinline __u32 count_typical(struct typical *typical, __u64 duration)
{
	__u32 exponent = exponent_of(duration), count;

	if (!typical)
		return 0;
	count = typical->count++;
	if (exponent < TYPICAL_EXPONENTS)
		typical->log2[exponent]++;
	if ((count & 255) == 255 || count == 15 || count == 63)
		judge(typical);
	return count;
}

/* How many calls the stack of this one would stand for; 0 when it is not worth taking. */
static __always_inline __u32 stack_weight(const struct wt_config *config, __u32 op, __u64 duration, __u64 now)
{
	struct typical *typical = bpf_map_lookup_elem(&typical_calls, &op);
	__u32 count, weight = 0;

	if (!typical)
		return 0;
	count = count_typical(typical, duration);
	if (count < 4 || duration > ALWAYS_SLOW || (typical->slow && duration > NEVER_SLOW && duration >= typical->slow))
		weight = 1;
	else if ((count & (SAMPLE_ONE_IN - 1)) == SAMPLE_ONE_IN - 1)
		weight = SAMPLE_ONE_IN;
	if (!weight || !config->stacks)
		return 0;
	if (weight > 1 && !is_kept(config->keep_stack)) {
		count_loss(WT_LOSS_SHED_STACK);
		typical->owed += weight;
		return 0;
	}
	if (!may_take(WT_REASON_CALL, now)) {
		typical->owed += weight > 1 ? weight : 0;
		return 0;
	}
	if (weight > 1) {
		weight += typical->owed;
		typical->owed = 0;
	}
	return weight;
}

/* A stack that should stand for `weight` calls could not be taken. */
static __always_inline void owe_stack(__u32 op, __u32 weight)
{
	struct typical *typical = weight > 1 ? bpf_map_lookup_elem(&typical_calls, &op) : NULL;

	if (typical)
		typical->owed += weight;
}

/*
 * How many calls the row of this one stands for, as a power of two; -1 when it gets none. What may be left out is the usual:
 * not the slowest of their kind, nor the first. Asking the ring costs a call into the kernel: where it has just said that there is
 * room, `sure` many calls go by before it is asked again.
 */
static __always_inline int row_weight(const struct wt_config *config, void *ring, __u32 *sure, __u32 op, __u32 depth,
				      __u64 duration)
{
	__u32 mask = config->keep_call;
	struct typical *typical;

	if (*sure)
		--*sure;
	else if (is_nearly_full(config, ring))
		mask |= WT_FULL_KEEP_CALL;
	else
		*sure = SURE_FOR;
	if (!mask)
		return 0;
	typical = bpf_map_lookup_elem(&typical_calls, &op);
	if (!typical)
		return 0;
	if (depth) /* while all is kept, calls within calls are not counted */
		count_typical(typical, duration);
	if (duration >= typical->slow || duration > ALWAYS_SLOW)
		return 0;
	return weigh(&typical->rows, mask);
}
