/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What is left out when the reader falls behind. Of what how much, is decided elsewhere (src/catalogue/shedding.ts); here it
 * is left out before it costs room or reading. Chance decides, so that what is kept stands for all.
 */
#pragma once
#include "emit.h"

/* Whether one is kept of which one in `mask` + 1 is, a power of two. */
static __always_inline bool is_kept(__u32 mask)
{
	return !mask || !(bpf_get_prandom_u32() & mask);
}

/*
 * Whether what is left of a ring belongs to what may not be lost. It says so whatever the reader does: one that is stopped
 * decides nothing.
 */
static __always_inline bool is_nearly_full(const struct wt_config *config, void *ring)
{
	return ring && config->full_bytes && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > config->full_bytes;
}
