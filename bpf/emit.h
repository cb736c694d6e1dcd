/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The only way to send an event, and the only way to count one that could not be sent. Each object declares these maps;
 * the loader makes them one.
 */
#pragma once
#include "kernel.h"
#include "events.gen.h"

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* One ring for a group of CPUs: a ring has one lock, and many CPUs on one lock are slow. The loader fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WT_LOSS_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

/* Atomic: where the kernel is preempted in a probe of a library, another one may count on the same CPU meanwhile. */
static __always_inline void count_losses(__u32 which, __u64 how_many)
{
	__u64 *count = bpf_map_lookup_elem(&losses, &which);

	if (count)
		__sync_fetch_and_add(count, how_many);
}

static __always_inline void count_loss(__u32 which)
{
	count_losses(which, 1);
}

/* The ring of this CPU. */
static __always_inline void *ring_of(const struct wt_config *config)
{
	__u32 shard = bpf_get_smp_processor_id() >> config->shard_shift;

	return bpf_map_lookup_elem(&rings, &shard);
}

/*
 * Room for an event, or NULL after counting it as lost. No wake-up of the reader goes with an event: it drains on a
 * timer, since waking it for each event would make the load that we measure.
 */
static __always_inline void *reserve_in(void *ring, __u64 size, __u32 loss)
{
	void *room = ring ? bpf_ringbuf_reserve(ring, size, 0) : NULL;

	if (!room)
		count_loss(loss);
	return room;
}

static __always_inline void *reserve(const struct wt_config *config, __u64 size, __u32 loss)
{
	return reserve_in(ring_of(config), size, loss);
}

/* The head that all events share. */
#define FILL_HEAD(event, kind, process, thread)                                                                        \
	do {                                                                                                           \
		(event)->type = (kind);                                                                                \
		(event)->cpu = bpf_get_smp_processor_id();                                                             \
		(event)->pid = (process);                                                                              \
		(event)->tid = (thread);                                                                               \
	} while (0)

#define SEND(event) bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP)
/* For events that user space must act upon at once: wakes it unless it is reading already. */
#define SEND_URGENTLY(event) bpf_ringbuf_submit(event, 0)
