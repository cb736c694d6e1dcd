/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What is kept of every task while it lives: the interval off the CPU that it is in, and what it does in the kernel. Made
 * at the start for all tasks and at fork for new ones, so that the scheduler's hot path allocates nothing; it goes away
 * with its task. Found by the thread id in a table, which takes 2 ns where the storage of a task takes 30; that storage
 * is for tasks whose place in the table is taken.
 */
#pragma once
#include "filter.h"
#include "emit.h"

struct task_notes {
	__u64 task; /* whose they are; 0 in a free place of the table */
	__u64 off; /* when it left the CPU; 0 while it runs */
	__u64 wake; /* when it was woken since then */
	__u64 on; /* when it was last switched in */
	__u64 runtime; /* its run time until it was last switched in or out, in ns */
	__u64 early_wake; /* the last time it was woken in the turn before */
	__u64 last; /* position of its last record in the history */
	__u64 waker; /* position of its waker's last record, or of the block request that woke it */
	__u64 waker_arg0;
	__u64 arg0, arg1; /* of the system call it is in */
	__u64 ready_inode; /* of the socket that woke it */
	__u64 handled; /* ns that handlers took from the turn before */
	__u64 stolen; /* ns that the hypervisor took from it */
	__u64 faults_before; /* minor faults until it was switched in */
	__u64 fault_inode, fault_offset; /* file it met a page fault in */
	__u64 lock; /* kernel lock that it waits for */
	__u64 scope_since; /* when the outermost scope began */
	__u32 fault_device;
	__u32 faults; /* minor faults in the turn before */
	__u32 owner;
	__u32 activity; /* bits of off_cpu.flags that hold until it is switched in again */
	__u32 scopes; /* bits of off_cpu.flags that hold until they end */
	__u32 scope_detail;
	__u32 flags;
	__u32 state;
	__u32 cpu_off;
	__u32 waker_pid, waker_tid, waker_context;
	__s32 waker_syscall, syscall; /* numbers, -1 for none */
	__u32 place; /* of the wait that it is in, among `wait_places` */
	__u32 tracking; /* epoch of `tracking` << 1 | whether it is tracked */
	char waker_comm[16];
};

#define NOTES 32768 /* the kernel's own default for the highest process id */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NOTES);
	__type(key, __u32);
	__type(value, struct task_notes);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_notes);
} crowded_tasks SEC(".maps");

/* Its place in the table, whoever has it. */
static __always_inline struct task_notes *place_of(struct task_struct *task)
{
	__u32 slot = task->pid & (NOTES - 1);

	return bpf_map_lookup_elem(&tasks, &slot);
}

static __always_inline struct task_notes *notes_of(struct task_struct *task)
{
	struct task_notes *notes = place_of(task);

	if (notes && notes->task == (__u64)task)
		return notes;
	return bpf_task_storage_get(&crowded_tasks, task, NULL, 0);
}

static __always_inline struct task_notes *make_notes(struct task_struct *task)
{
	struct task_notes *notes = place_of(task);
	__u64 owner = notes ? __sync_val_compare_and_swap(&notes->task, 0, (__u64)task) : 0;

	if (notes && (!owner || owner == (__u64)task))
		return notes;
	notes = bpf_task_storage_get(&crowded_tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!notes)
		count_loss(WT_LOSS_THREAD_TABLE_FULL);
	return notes;
}

static __always_inline void clear_notes(struct task_notes *notes)
{
	__builtin_memset((void *)notes + sizeof(notes->task), 0, sizeof(*notes) - sizeof(notes->task));
}

/* The place is empty again, and only then free. */
static __always_inline void drop_notes(struct task_struct *task)
{
	struct task_notes *notes = place_of(task);

	if (!notes || notes->task != (__u64)task)
		return;
	clear_notes(notes);
	__sync_val_compare_and_swap(&notes->task, (__u64)task, 0);
}

/* Whether its process is tracked, remembered in the task. */
static __always_inline bool is_recorded(const struct wt_config *config, struct task_notes *notes, __u32 pid)
{
	__u32 zero = 0;
	__u32 *epoch = bpf_map_lookup_elem(&tracking, &zero);

	if (!epoch)
		return false;
	if (notes->tracking >> 1 != *epoch)
		notes->tracking = *epoch << 1 | is_tracked(config, pid);
	return notes->tracking & 1;
}
