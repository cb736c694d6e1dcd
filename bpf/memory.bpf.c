/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What a task does in the kernel that explains its waits: page faults on files, reclaim, compaction, writeback, locks. Most
 * of it only sets a note with the task, which its next interval off the CPU carries.
 */
#include "filter.h"
#include "emit.h"
#include "task.h"

#define PAGE_SHIFT 12 /* pages of 4 KiB: of other sizes the offset is too small by their ratio */

static __always_inline struct task_notes *own_notes(void)
{
	return notes_of(bpf_get_current_task_btf());
}

/* Which file, before it is known whether the page is there. A fault that does not wait leaves nothing behind. */
SEC("raw_tp/mm_filemap_fault")
int on_file_fault(__u64 *ctx)
{
	struct address_space *mapping = (void *)ctx[0];
	struct task_notes *notes = own_notes();
	struct inode *inode;

	if (!notes)
		return 0;
	inode = BPF_CORE_READ(mapping, host);
	notes->fault_inode = BPF_CORE_READ(inode, i_ino);
	notes->fault_device = BPF_CORE_READ(inode, i_sb, s_dev);
	notes->fault_offset = ctx[1] << PAGE_SHIFT;
	return 0;
}

static __always_inline void enter_scope(__u32 bit, __u32 detail)
{
	struct task_notes *notes = own_notes();

	if (!notes || notes->scopes)
		return;
	notes->scopes = bit;
	notes->scope_detail = detail;
	notes->scope_since = bpf_ktime_get_ns();
}

static __always_inline void leave_scope(__u32 bit, __u32 kind, __u64 value)
{
	struct task_notes *notes = own_notes();
	const struct wt_config *config = settings();
	__u64 id = bpf_get_current_pid_tgid();
	struct wt_scope *event;

	if (!notes || !config || notes->scopes != bit)
		return;
	notes->scopes = 0;
	if (!is_recorded(config, notes, id >> 32))
		return;
	event = reserve(config, sizeof(*event), WT_LOSS_RING_FULL_SCOPE);
	if (!event)
		return;
	FILL_HEAD(event, WT_EVENT_SCOPE, id >> 32, id);
	event->start = notes->scope_since;
	event->end = bpf_ktime_get_ns();
	event->kind = kind;
	event->detail = notes->scope_detail;
	event->value = value;
	SEND(event);
}

#define SCOPE(name, begin, end, bit, kind, detail, value)                                                              \
	SEC("raw_tp/" begin)                                                                                           \
	int on_##name##_begin(__u64 *ctx)                                                                              \
	{                                                                                                              \
		enter_scope(bit, detail);                                                                              \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("raw_tp/" end)                                                                                             \
	int on_##name##_end(__u64 *ctx)                                                                                \
	{                                                                                                              \
		leave_scope(bit, kind, value);                                                                         \
		return 0;                                                                                              \
	}

/* Arguments: include/trace/events/vmscan.h (order; pages reclaimed) and compaction.h. */
SCOPE(reclaim, "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end", WT_OFF_CPU_RECLAIM,
      WT_SCOPE_DIRECT_RECLAIM, ctx[0], ctx[0])
SCOPE(memcg_reclaim, "mm_vmscan_memcg_reclaim_begin", "mm_vmscan_memcg_reclaim_end", WT_OFF_CPU_RECLAIM,
      WT_SCOPE_MEMCG_RECLAIM, ctx[0], ctx[0])
SCOPE(compaction, "mm_compaction_begin", "mm_compaction_end", WT_OFF_CPU_COMPACTION, WT_SCOPE_COMPACTION, 0, 0)

/* Sets a bit that the next interval off the CPU carries and that ends with it. */
static __always_inline void note_activity(__u32 bit)
{
	struct task_notes *notes = own_notes();

	if (notes)
		notes->activity |= bit;
}

/* Told before the pause that slows down a writer, and also where there is none: its length in jiffies is the argument. */
SEC("raw_tp/balance_dirty_pages")
int on_dirty_throttle(__u64 *ctx)
{
	if ((__s64)ctx[6] > 0)
		note_activity(WT_OFF_CPU_DIRTY_THROTTLE);
	return 0;
}

SEC("raw_tp/folio_wait_writeback")
int on_wait_writeback(void *ctx)
{
	note_activity(WT_OFF_CPU_WRITEBACK);
	return 0;
}

#define LCB_F_SPIN 1 /* include/trace/events/lock.h */
#define LCB_F_MUTEX 32

/* Spinning is time on a CPU; a mutex tells that it spins before it sleeps, and then tells again. */
SEC("raw_tp/contention_begin")
int on_contention_begin(__u64 *ctx)
{
	struct task_notes *notes;

	if ((__u32)ctx[1] & LCB_F_SPIN)
		return 0;
	notes = own_notes();
	if (!notes)
		return 0;
	notes->lock = ctx[0];
	notes->activity |= WT_OFF_CPU_KERNEL_LOCK;
	return 0;
}

SEC("raw_tp/contention_end")
int on_contention_end(__u64 *ctx)
{
	struct task_notes *notes = own_notes();

	if (!notes || notes->lock != ctx[0])
		return 0;
	notes->lock = 0;
	notes->activity &= ~WT_OFF_CPU_KERNEL_LOCK;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
