/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* An interval off the CPU that has ended, or ends with the recording: what it waited in, and sending it. */
#pragma once
#include "emit.h"
#include "shed.h"
#include "task.h"
#include "waiting.h"

/* ns; of tasks that are not tracked, the file is looked up for longer waits only: it must cost little against the wait. */
#define DESCRIBED_WAIT 20000

struct closed {
	__u64 on, position;
	__u32 pid, tid;
	struct waited_file file;
};

/* What a record of the flight recorder and an event tell alike. */
#define FILL_INTERVAL(to, notes, closed)                                                                               \
	do {                                                                                                           \
		(to)->on = (closed)->on;                                                                               \
		(to)->off = (notes)->off;                                                                              \
		(to)->wake = (notes)->wake;                                                                            \
		(to)->waker = (notes)->waker;                                                                          \
		(to)->arg0 = (notes)->arg0;                                                                            \
		(to)->waker_arg0 = (notes)->waker_arg0;                                                                \
		(to)->waker_pid = (notes)->waker_pid;                                                                  \
		(to)->waker_tid = (notes)->waker_tid;                                                                  \
		(to)->waker_syscall = (notes)->waker_syscall;                                                          \
		(to)->syscall = (notes)->syscall;                                                                      \
		(to)->state = (notes)->state;                                                                          \
		(to)->cpu_off = (notes)->cpu_off;                                                                      \
		(to)->waker_context = (notes)->wake ? (notes)->waker_context : WT_WAKER_NONE;                          \
		(to)->file_inode = (closed)->file.inode;                                                               \
		(to)->file_type = (closed)->file.type;                                                                 \
	} while (0)

/*
 * Of waits that may be left out. There is but one mask besides 0, so one that is kept stands for itself, the first on its CPU,
 * or for as many as that mask says.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct left_out);
} short_waits SEC(".maps");

/* Whether a wait may be left out: short, and with nothing to tell but that it was. */
static __always_inline bool may_be_shed(const struct task_notes *notes, const struct closed *closed)
{
	return !notes->flags && closed->on - notes->off < WT_SHORT_WAIT;
}

static __always_inline void send_interval(const struct wt_config *config, const struct task_notes *notes,
					  const struct closed *closed)
{
	void *ring = ring_of(config);
	struct wt_off_cpu *event;
	__u32 mask = 0, zero = 0;
	int weight = 0; /* as of weigh */

	if (may_be_shed(notes, closed))
		mask = config->keep_wait | (is_nearly_full(config, ring) ? WT_FULL_KEEP_WAIT : 0);
	if (mask)
		weight = weigh(bpf_map_lookup_elem(&short_waits, &zero), mask);
	if (weight < 0)
		return;
	event = reserve_in(ring, sizeof(*event), WT_LOSS_RING_FULL_OFF_CPU);
	if (!event) {
		settle(weight, false, WT_LOSS_SHED_WAIT, WT_LOSS_RING_FULL_OFF_CPU);
		return;
	}
	settle(weight, true, WT_LOSS_SHED_WAIT, WT_LOSS_RING_FULL_OFF_CPU);
	FILL_HEAD(event, WT_EVENT_OFF_CPU, closed->pid, closed->tid);
	FILL_INTERVAL(event, notes, closed);
	event->position = closed->position;
	event->arg1 = notes->arg1;
	event->file_offset = notes->fault_offset;
	event->lock = notes->lock;
	event->irq_time = notes->handled;
	event->stolen_time = notes->stolen;
	event->file_device = closed->file.device;
	event->faults = notes->faults;
	event->owner = notes->owner;
	event->flags = notes->flags | (weight ? WT_OFF_CPU_SAMPLED : 0);
	__builtin_memcpy(event->waker_comm, notes->waker_comm, sizeof(event->waker_comm));
	SEND(event);
}

/* The system call that a task is in as it leaves the CPU, or left it. */
static __always_inline void note_call(struct task_notes *notes, struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	notes->syscall = -1;
	notes->arg0 = notes->arg1 = 0;
	if (task->flags & PF_KTHREAD || SYSCALL_NUMBER(regs) < 0)
		return;
	notes->syscall = SYSCALL_NUMBER(regs);
	notes->arg0 = SYSCALL_ARGUMENT_0(regs);
	notes->arg1 = SYSCALL_ARGUMENT_1(regs);
}

/* The file that a task waited for, as it comes back. */
static __always_inline void describe(const struct task_notes *notes, struct task_struct *task, struct closed *closed,
				     bool recorded)
{
	struct file *file;

	if (!notes->off || !notes->state || (!recorded && closed->on - notes->off < DESCRIBED_WAIT))
		return;
	if (notes->ready_inode) {
		closed->file.inode = notes->ready_inode;
		closed->file.type = WT_FILE_INET;
	} else if (notes->fault_inode && notes->syscall < 0 && (notes->flags & WT_OFF_CPU_IOWAIT)) {
		closed->file.inode = notes->fault_inode;
		closed->file.device = notes->fault_device;
		closed->file.type = WT_FILE_REGULAR;
	} else if (notes->syscall >= 0 && takes_descriptor(notes->syscall)) {
		file = file_of(task, notes->arg0);
		if (file)
			describe_file(&closed->file, file);
	}
}
