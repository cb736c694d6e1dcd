/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What is kept of a switch to a task: a record in the flight recorder, and an event where its thread is tracked. */
#pragma once
#include "history.h"
#include "interval.h"

static __always_inline void record_switch(const struct wt_config *config, struct cpu_state *cpu, struct task_notes *notes,
					  struct task_struct *task, struct closed *closed, bool recorded)
{
	struct wt_history *record = next_record(config, cpu, &closed->position);

	if (!record)
		return;
	FILL_INTERVAL(record, notes, closed);
	record->earlier = notes->last;
	record->idle_since = cpu->idle_since;
	record->pid = closed->pid;
	record->tid = closed->tid;
	record->flags = notes->flags | (recorded ? WT_OFF_CPU_SENT : 0);
	__builtin_memcpy(record->comm, task->comm, sizeof(record->comm));
	publish(record, closed->position);
	notes->last = closed->position;
}

/* Of a task about which nothing is known, only that it runs: some kernels hide some tasks from programs. */
static __always_inline void record_turn(const struct wt_config *config, struct cpu_state *cpu, struct task_struct *task,
					__u64 now)
{
	__u64 position;
	struct wt_history *record = next_record(config, cpu, &position);

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->on = now;
	record->idle_since = cpu->idle_since;
	record->pid = task->tgid;
	record->tid = task->pid;
	__builtin_memcpy(record->comm, task->comm, sizeof(record->comm));
	publish(record, position);
}

/* The interval ends: it is remembered, and sent when its thread is tracked. */
static __always_inline void close_interval(const struct wt_config *config, struct cpu_state *cpu,
					   struct task_notes *notes, struct task_struct *task, __u64 on)
{
	struct closed closed = { .on = on, .pid = task->tgid, .tid = task->pid };
	bool recorded = is_recorded(config, notes, closed.pid);

	if (notes->state && !notes->wake && notes->early_wake)
		notes->wake = notes->off;
	describe(notes, task, &closed, recorded);
	record_switch(config, cpu, notes, task, &closed, recorded);
	if (notes->off && recorded)
		send_interval(config, notes, &closed);
}
