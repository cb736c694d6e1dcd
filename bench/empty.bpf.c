/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The least that a tracer of the scheduler can cost: programs at its two tracepoints that do nothing. */
#define SEC(name) __attribute__((section(name), used))

SEC("raw_tp/sched_switch") int on_switch(void *ctx) { return 0; }
SEC("raw_tp/sched_waking") int on_waking(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
