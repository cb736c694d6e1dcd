/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The settings of a run, and the only way to say "not this process". We filter on processes and key on threads. */
#pragma once
#include "kernel.h"
#include "events.gen.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wt_config);
} config SEC(".maps");

/* Values of `tracked`. */
#define TRACKED 1
#define TRACKED_WITH_LIBRARY 2

/* Processes whose events are recorded, by thread group id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u32);
} tracked SEC(".maps");

/* Goes up whenever the set of tracked processes changes: what a task remembers of it is looked up again. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} tracking SEC(".maps");

static __always_inline void track_anew(void)
{
	__u32 zero = 0, *epoch = bpf_map_lookup_elem(&tracking, &zero);

	if (epoch)
		__sync_fetch_and_add(epoch, 1);
}

static __always_inline const struct wt_config *settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&config, &zero);
}

static __always_inline bool is_tracked(const struct wt_config *config, __u32 pid)
{
	if (config->track_all)
		return pid != 0 && pid != config->observer;
	return bpf_map_lookup_elem(&tracked, &pid) != NULL;
}
