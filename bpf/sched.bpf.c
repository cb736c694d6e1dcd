/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * One record for each switch to a task, with the interval off the CPU that it ended. Records of all tasks go into the
 * flight recorder; those of tracked threads are sent besides. Time on a CPU is the complement, so the parts of a window add
 * up by construction.
 *
 * Why sched_waking and not sched_wakeup: with a wake-up across CPUs, `current` at sched_wakeup is often not the waker.
 * Why not the `preempt` argument of sched_switch: it is false for involuntary switches under PREEMPT_NONE; the task's
 * state tells. Why the file is read when the task comes back: it is the same then, and by then it is known whether the
 * interval was long enough to be worth it.
 */
#include "filter.h"
#include "emit.h"
#include "task.h"
#include "record.h"
#include "wait-stack.h"

/*
 * A kernel may run no program at some switches (one was seen that does not while a thread of process 1 is current). Then
 * the run time that a task has gathered since it was picked says when it began.
 */
static __always_inline __u64 ran_since_picked(struct task_struct *task)
{
	return task->se.sum_exec_runtime - task->se.prev_sum_exec_runtime;
}

/* A wait is over, and what was noted of it. */
static __always_inline void forget_wait(struct task_notes *notes)
{
	notes->wake = 0;
	notes->ready_inode = 0;
	notes->fault_inode = 0;
	notes->fault_offset = 0;
	notes->activity = 0;
	notes->waker = 0;
}

/* A task enters that was never seen to leave: since then it has gathered no run time. */
static __always_inline void infer_leave(struct task_notes *notes, struct task_struct *task, __u64 now)
{
	__u64 off = notes->on + task->se.sum_exec_runtime - notes->runtime;

	if (!notes->on || off > now)
		return;
	notes->off = off;
	notes->flags = WT_OFF_CPU_INFERRED | (task->flags & PF_KTHREAD ? WT_OFF_CPU_KERNEL_THREAD : 0);
	/* Woken, it was asleep; in which way is not known. */
	notes->state = notes->wake ? 1 : 0;
	if (notes->wake && notes->wake < off)
		notes->wake = off;
	notes->early_wake = 0;
	notes->handled = notes->stolen = notes->faults = notes->owner = 0;
	notes->arg0 = notes->arg1 = 0;
	notes->syscall = -1;
}

/*
 * What the hypervisor has taken from this CPU, by the scheduler's account: kernel/sched/core.c, update_rq_clock_task. Its
 * queue is found through a task that runs on it, since not every kernel tells where its queues are.
 */
static __always_inline __u64 stolen_until_now(struct task_struct *task)
{
	struct cfs_rq *group = NULL;
	struct rq *queue = NULL;

	if (!bpf_core_field_exists(task->se.cfs_rq) || !bpf_core_field_exists(group->rq) ||
	    !bpf_core_field_exists(queue->prev_steal_time_rq))
		return 0;
	group = task->se.cfs_rq;
	queue = group ? group->rq : NULL;
	return queue ? queue->prev_steal_time_rq : 0;
}

/*
 * A task leaves that was never seen to enter: it began to run when it had gathered no run time yet, since it was seen to
 * leave or else since it was picked, which can be later: it may be picked again while it runs.
 */
static __always_inline void close_late(const struct wt_config *config, struct cpu_state *cpu, struct task_notes *notes,
				       struct task_struct *task, __u64 now)
{
	/* What it has begun to do in its turn belongs to the wait that it is about to begin. */
	__u32 begun = notes->activity & ~notes->flags;
	__u64 on = now - (notes->off ? task->se.sum_exec_runtime - notes->runtime : ran_since_picked(task));

	if (on < cpu->since || on > now)
		on = cpu->since;
	if (notes->off && (on < notes->off || on < notes->wake)) {
		if (is_recorded(config, notes, task->tgid))
			count_loss(WT_LOSS_INTERVAL_MISSED);
		notes->off = 0;
	} else if (!notes->off) {
		infer_leave(notes, task, on);
	}
	notes->flags |= WT_OFF_CPU_INFERRED;
	close_interval(config, cpu, notes, task, on);
	forget_wait(notes);
	notes->activity = begun;
}

/*
 * Whether a task that leaves is out of CPU quota. Before 6.18 it is its group on this CPU that is, and the task stays ready;
 * where the task itself can be, it may be only preempted while its group is out of quota.
 */
static __always_inline bool is_throttled(struct task_struct *task, __u32 state)
{
	struct cfs_rq *group = NULL;

	if (abilities.throttled)
		return task->throttled;
	if (state || task->prio < MAX_RT_PRIO || !bpf_core_field_exists(task->se.cfs_rq) || !bpf_core_field_exists(group->throttle_count))
		return false;
	group = task->se.cfs_rq;
	return group && group->throttle_count;
}

static __always_inline void leave(void *ctx, const struct wt_config *config, struct cpu_state *cpu, struct task_struct *task,
				  __u32 state, __u64 now, __u64 stolen)
{
	struct task_notes *notes = notes_of(task);
	__u32 flags;

	if (!notes && !(notes = make_notes(task)))
		return;
	if (notes->off || cpu->tid != task->pid)
		close_late(config, cpu, notes, task, now);
	notes->stolen = cpu->tid == task->pid ? stolen - cpu->stolen : 0;
	/* Another CPU may be waking it at this very moment: then its waker is already noted. */
	notes->early_wake = notes->wake;
	notes->wake = 0;
	notes->off = now;
	notes->runtime = task->se.sum_exec_runtime;
	notes->state = state & TASK_STATES;
	notes->cpu_off = bpf_get_smp_processor_id();
	notes->handled = cpu->handled;
	notes->faults = task->min_flt - notes->faults_before;
	flags = notes->activity | notes->scopes;
	if (BPF_CORE_READ_BITFIELD(task, in_iowait))
		flags |= WT_OFF_CPU_IOWAIT;
	if (is_throttled(task, notes->state))
		flags |= WT_OFF_CPU_THROTTLED;
	if (task->flags & PF_KTHREAD)
		flags |= WT_OFF_CPU_KERNEL_THREAD;
	notes->flags = flags;
	note_call(notes, task);
	notes->owner = 0;
	if (notes->state && notes->syscall == NR_FUTEX)
		notes->owner = owner_of_lock((void *)bpf_task_pt_regs(task));
	if (config->stacks && !(task->flags & PF_KTHREAD) && is_recorded(config, notes, task->tgid))
		note_wait_place(ctx, config, notes, task, now);
}

static __always_inline void enter(const struct wt_config *config, struct cpu_state *cpu, struct task_struct *task, __u64 now)
{
	struct task_notes *notes = notes_of(task);

	if (!notes) {
		record_turn(config, cpu, task, now);
		return;
	}
	if (!notes->off)
		infer_leave(notes, task, now);
	close_interval(config, cpu, notes, task, now);
	if (notes->off && notes->tracking & 1)
		count_wait(notes, now);
	notes->on = now;
	notes->runtime = task->se.sum_exec_runtime;
	notes->off = 0;
	forget_wait(notes);
	notes->faults_before = task->min_flt;
}

/* A task leaves for ever: it waited for nothing. But nothing later would tell of the wait before this turn. */
static __always_inline void leave_for_ever(const struct wt_config *config, struct cpu_state *cpu, struct task_struct *task,
					   __u64 now)
{
	struct task_notes *notes = notes_of(task);

	if (notes && (notes->off || cpu->tid != task->pid))
		close_late(config, cpu, notes, task, now);
	if (notes)
		notes->off = 0;
}

SEC("tp_btf/sched_switch")
int on_switch(__u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	__u64 now = bpf_ktime_get_ns(), stolen = stolen_until_now(prev);
	const struct wt_config *config = settings();
	struct cpu_state *cpu = this_cpu();
	__u32 state;

	if (!config || !cpu)
		return 0;
	if (abilities.prev_state) {
		state = ctx[3];
	} else {
		state = state_of(prev);
		/* Being woken at this moment, it shows that only: what it slept in was most likely this. */
		if (state & TASK_WAKING)
			state = 1;
	}
	if (prev->pid && state & TASK_ENDED)
		leave_for_ever(config, cpu, prev, now);
	else if (prev->pid)
		leave(ctx, config, cpu, prev, state, now, stolen);
	begin_turn(cpu, next->pid, now);
	cpu->stolen = stolen;
	if (next->pid)
		enter(config, cpu, next, now);
	cpu->idle_since = next->pid ? 0 : now;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
