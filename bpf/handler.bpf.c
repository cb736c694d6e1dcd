/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Timers, interrupts and softirqs: that a CPU is in one, and how long it was. */
#include "cpu.h"
#include "filter.h"
#include "emit.h"
#include "task.h"

static __always_inline void enter_handler(struct cpu_state *cpu)
{
	if (!in_handler(cpu))
		cpu->handler_since = bpf_ktime_get_ns();
}

/* What was completed or handed over in the handler is over with it. */
static __always_inline void leave_handler(struct cpu_state *cpu)
{
	if (in_handler(cpu))
		return;
	cpu->handled += bpf_ktime_get_ns() - cpu->handler_since;
	cpu->request = 0;
	cpu->ready = NULL;
}

#define HANDLER(name, tracepoint, field)                                                                               \
	SEC("raw_tp/" tracepoint "_entry")                                                                             \
	int on_##name##_entry(void *ctx)                                                                               \
	{                                                                                                              \
		struct cpu_state *cpu = this_cpu();                                                                    \
                                                                                                                       \
		if (!cpu)                                                                                              \
			return 0;                                                                                      \
		enter_handler(cpu);                                                                                    \
		cpu->field++;                                                                                          \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("raw_tp/" tracepoint "_exit")                                                                              \
	int on_##name##_exit(void *ctx)                                                                                \
	{                                                                                                              \
		struct cpu_state *cpu = this_cpu();                                                                    \
                                                                                                                       \
		if (!cpu || !cpu->field)                                                                               \
			return 0;                                                                                      \
		cpu->field--;                                                                                          \
		leave_handler(cpu);                                                                                    \
		return 0;                                                                                              \
	}

HANDLER(hrtimer, "hrtimer_expire", timer)
HANDLER(timer, "timer_expire", timer)
HANDLER(irq, "irq_handler", irq)
HANDLER(softirq, "softirq", softirq)

/* A socket tells who waits for it that data has come: what is woken until the handler ends is woken by it. */
SEC("raw_tp/sk_data_ready")
int on_data_ready(__u64 *ctx)
{
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		cpu->ready = (struct sock *)ctx[0];
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
