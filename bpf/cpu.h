/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * In what each CPU is: the task that runs, or a handler on top of it. Timers and interrupts wake tasks, and whoever is
 * `current` then had nothing to do with it; the time that they take is missing from its turn.
 */
#pragma once
#include "kernel.h"

struct cpu_state {
	__u64 since; /* when the task that runs now was switched in */
	__u64 idle_since; /* when it became idle; 0 when it is not */
	__u64 switches; /* to tasks; the number of its last record in the history */
	__u64 requests; /* completed; the number of its last block request */
	__u64 handler_since; /* when the outermost handler began */
	__u64 stolen; /* ns that the hypervisor had taken from it when this turn began */
	__u64 handled; /* ns in handlers in this turn */
	__u64 request; /* position of the block request whose completion is being handled */
	struct sock *ready; /* socket whose data is being handed over */
	__u32 tid; /* that task */
	__u32 timer, irq, softirq; /* how deep in which handler this CPU is */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_state);
} cpus SEC(".maps");

static __always_inline struct cpu_state *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cpus, &zero);
}

static __always_inline bool in_handler(struct cpu_state *cpu)
{
	return cpu->timer || cpu->irq || cpu->softirq;
}

/* What a CPU remembers of the handlers in a turn ends with it: nothing is switched inside a handler. */
static __always_inline void begin_turn(struct cpu_state *cpu, __u32 tid, __u64 now)
{
	cpu->timer = cpu->irq = cpu->softirq = 0;
	cpu->request = 0;
	cpu->ready = NULL;
	cpu->handled = 0;
	cpu->since = now;
	cpu->tid = tid;
}

/* Positions in per-CPU memory rings: the number of the record on its CPU, and the CPU. */
#define POSITION(number, cpu) ((number) << 10 | (cpu))
