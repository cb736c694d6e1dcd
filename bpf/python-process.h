/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Which processes run a Python that we can read, and the numbers that tell their programs and code objects apart. */
#pragma once
#include "emit.h"

/* By process id. Written by user space, which has proven it; a child has what its parent has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WT_PYTHON_PROCESSES);
	__type(key, __u32);
	__type(value, struct wt_python_process);
} pythons SEC(".maps");

/* The last number that a code object or a forked process was given. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} code_ids SEC(".maps");

static __always_inline __u64 last_id(void)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&code_ids, &zero);

	return last ? *last : 0;
}

static __always_inline __u64 new_id(void)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&code_ids, &zero);

	return last ? __sync_fetch_and_add(last, 1) + 1 : 0;
}

/*
 * A life of its own: what a child compiles may lie where what its parent, or another child, compiles does, and look the same.
 * User space gives lives below WT_PYTHON_FORKED.
 */
static __always_inline void inherit_python(__u32 parent, __u32 child)
{
	const struct wt_python_process *process = bpf_map_lookup_elem(&pythons, &parent);
	struct wt_python_process own;

	if (!process)
		return;
	own = *process;
	own.life = WT_PYTHON_FORKED | new_id();
	if (bpf_map_update_elem(&pythons, &child, &own, BPF_ANY))
		count_loss(WT_LOSS_PYTHON_TABLE_FULL);
}

/* The process has ended, or executes another program. */
static __always_inline void forget_python(__u32 pid)
{
	bpf_map_delete_elem(&pythons, &pid);
}
