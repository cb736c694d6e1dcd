/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Totals of the calls whose events found no room: so totals stay exact whatever happens to the rows. */
#pragma once
#include "frames.h"

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

/* A value of zeros to start from: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wt_lost_total);
} no_total SEC(".maps");

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
