/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Tasks that are there already, tasks that are born, and tasks that still wait at the end: so that an interval is known
 * from its beginning, whenever that was, and to its end.
 */
#include "filter.h"
#include "emit.h"
#include "interval.h"

/* At the start, before and after the scheduler is watched: whoever does not run now is off the CPU from now on. */
SEC("iter/task")
int note_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_notes *notes;

	if (!task || !(notes = make_notes(task)) || notes->off || task->on_cpu)
		return 0;
	notes->wake = 0;
	notes->state = state_of(task) & TASK_STATES;
	notes->flags = (task->flags & PF_KTHREAD ? WT_OFF_CPU_KERNEL_THREAD : 0) |
		       (BPF_CORE_READ_BITFIELD(task, in_iowait) ? WT_OFF_CPU_IOWAIT : 0);
	note_call(notes, task);
	notes->runtime = task->se.sum_exec_runtime;
	notes->off = bpf_ktime_get_ns();
	return 0;
}

/* At the end: the intervals of tracked threads that have not ended. */
SEC("iter/task")
int send_open(struct bpf_iter__task *ctx)
{
	const struct wt_config *config = settings();
	struct task_struct *task = ctx->task;
	struct task_notes *notes, copy;
	struct closed closed = {};

	if (!task || !config || !(notes = notes_of(task)))
		return 0;
	closed.pid = task->tgid;
	closed.tid = task->pid;
	if (!notes->off || !is_recorded(config, notes, closed.pid))
		return 0;
	copy = *notes;
	copy.flags |= WT_OFF_CPU_OPEN;
	closed.on = bpf_ktime_get_ns();
	describe(&copy, task, &closed, true);
	if (copy.off)
		send_interval(config, &copy, &closed);
	return 0;
}

/* A task is ready from its birth on, and its parent is who made it so. */
SEC("tp_btf/sched_process_fork")
int on_birth(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	struct task_notes *own = notes_of(parent), *notes = make_notes(child);

	if (!notes)
		return 0;
	/* One before it may have had this place whose end was not seen. */
	clear_notes(notes);
	notes->off = bpf_ktime_get_ns();
	notes->flags = WT_OFF_CPU_BORN | (child->flags & PF_KTHREAD ? WT_OFF_CPU_KERNEL_THREAD : 0);
	notes->cpu_off = bpf_get_smp_processor_id();
	notes->waker_pid = parent->tgid;
	notes->waker_tid = parent->pid;
	notes->waker = own ? own->last : 0;
	notes->waker_syscall = notes->syscall = -1;
	return 0;
}

/* The last that is heard of a task: nobody can wake it any more. */
SEC("tp_btf/sched_process_free")
int on_free(__u64 *ctx)
{
	drop_notes((struct task_struct *)ctx[0]);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
