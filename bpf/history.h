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

/* The next record of this CPU, to be filled, and its position, which publish() sets last. */
static __always_inline struct wt_history *next_record(const struct wt_config *config, struct cpu_state *cpu, __u64 *position)
{
	__u32 id = bpf_get_smp_processor_id(), slot;
	struct wt_history *record;

	cpu->switches++;
	slot = id * config->history_slots + (cpu->switches & (config->history_slots - 1));
	record = bpf_map_lookup_elem(&history, &slot);
	*position = POSITION(cpu->switches, id);
	if (record)
		*(volatile __u64 *)&record->position = 0;
	return record;
}

static __always_inline void publish(struct wt_history *record, __u64 position)
{
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&record->position = position;
}
