/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * In what each CPU is: the task that runs, or a handler on top of it. Timers and interrupts wake tasks, and whoever is
 * `current` then had nothing to do with it.
 */
#pragma once
#include "kernel.h"

struct cpu_state {
	__u64 since; /* when the task that runs now was switched in */
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

#define HANDLER(name, tracepoint, field, step)                                                                         \
	SEC("raw_tp/" tracepoint)                                                                                      \
	int name(void *ctx)                                                                                            \
	{                                                                                                              \
		struct cpu_state *cpu = this_cpu();                                                                    \
                                                                                                                       \
		if (cpu && (step > 0 || cpu->field > 0))                                                               \
			cpu->field += step;                                                                            \
		return 0;                                                                                              \
	}

/* Whoever is `current` while a handler runs did not wake anybody. */
HANDLER(on_hrtimer_entry, "hrtimer_expire_entry", timer, 1)
HANDLER(on_hrtimer_exit, "hrtimer_expire_exit", timer, -1)
HANDLER(on_timer_entry, "timer_expire_entry", timer, 1)
HANDLER(on_timer_exit, "timer_expire_exit", timer, -1)
HANDLER(on_irq_entry, "irq_handler_entry", irq, 1)
HANDLER(on_irq_exit, "irq_handler_exit", irq, -1)
HANDLER(on_softirq_entry, "softirq_entry", softirq, 1)
HANDLER(on_softirq_exit, "softirq_exit", softirq, -1)
