/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Which processes run a Python that we can read. */
#pragma once
#include "kernel.h"
#include "events.gen.h"

/* By process id. Written by user space, which has proven it; a child has what its parent has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct wt_python_process);
} pythons SEC(".maps");

static __always_inline void inherit_python(__u32 parent, __u32 child)
{
	struct wt_python_process *process = bpf_map_lookup_elem(&pythons, &parent);

	if (process)
		bpf_map_update_elem(&pythons, &child, process, BPF_ANY);
}
