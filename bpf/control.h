/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The ring of events that user space acts upon at once. */
#pragma once
#include "emit.h"

/* These events are few, and user space acts upon them at once: a ring of their own, with wake-ups. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} control SEC(".maps");

static __always_inline void *reserve_control(__u64 size)
{
	void *room = bpf_ringbuf_reserve(&control, size, 0);

	if (!room)
		count_loss(WT_LOSS_RING_FULL_PROCESS);
	return room;
}
