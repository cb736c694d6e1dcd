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
	record->on = closed->on;
	record->off = notes->off;
	record->wake = notes->wake;
	record->earlier = notes->last;
	record->waker = notes->waker;
	record->idle_since = cpu->idle_since;
	record->arg0 = notes->arg0;
	record->waker_arg0 = notes->waker_arg0;
	record->file_inode = closed->file.inode;
	record->pid = closed->pid;
	record->tid = closed->tid;
	record->waker_pid = notes->waker_pid;
	record->waker_tid = notes->waker_tid;
	record->file_type = closed->file.type;
	record->flags = notes->flags | (recorded ? WT_OFF_CPU_SENT : 0);
	record->state = notes->state;
	record->syscall = notes->syscall;
	record->waker_syscall = notes->waker_syscall;
	record->cpu_off = notes->cpu_off;
	record->waker_context = notes->wake ? notes->waker_context : WT_WAKER_NONE;
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
