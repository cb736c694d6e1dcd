/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The flight recorder: for each CPU the last switches, of all tasks, in memory that user space maps. A record names the
 * one before it of the same task and the last one of its waker, so that a reader follows causes without an index. Old
 * records are overwritten; nothing here wakes or waits for a reader.
 */
#pragma once
#include "cpu.h"
#include "events.gen.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the loader sets it */
	__type(key, __u32);
	__type(value, struct wt_history);
} history SEC(".maps");

/* The next record of this CPU, to be filled; its position is set last, by publish(). */
static __always_inline struct wt_history *next_record(const struct wt_config *config, struct cpu_state *cpu, __u32 id)
{
	__u64 number = ++cpu->switches;
	__u32 slot = id * config->history_slots + (number & (config->history_slots - 1));
	struct wt_history *record = bpf_map_lookup_elem(&history, &slot);

	if (record)
		*(volatile __u64 *)&record->position = 0;
	return record;
}

static __always_inline void publish(struct wt_history *record, __u64 position)
{
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&record->position = position;
}
