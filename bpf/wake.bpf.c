/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Who wakes whom, noted with the task that is woken. A task that still runs may be woken too: that matters only when it
 * turns out that it was about to leave.
 */
#include "filter.h"
#include "emit.h"
#include "task.h"
#include "cpu.h"
#include "waiting.h"

static __always_inline void note_task(struct task_notes *notes, struct cpu_state *cpu, struct task_struct *waker)
{
	notes->waker_tid = waker->pid;
	notes->waker_pid = waker->tgid;
	/* Of a task that is not recorded the name is found in its waker's own record. */
	if (notes->tracking & 1)
		__builtin_memcpy(notes->waker_comm, waker->comm, sizeof(notes->waker_comm));
	/*
	 * The last record of this CPU is of the task that was switched in on it. That of a task that was not seen to be is
	 * written as it leaves: it is the next one.
	 */
	if (!notes->waker)
		notes->waker = POSITION(cpu->switches + (cpu->tid != waker->pid), bpf_get_smp_processor_id());
	if (!(waker->flags & PF_KTHREAD)) {
		struct pt_regs *regs = (void *)bpf_task_pt_regs(waker);

		notes->waker_syscall = SYSCALL_NUMBER(regs) < 0 ? -1 : SYSCALL_NUMBER(regs);
		if (notes->waker_syscall >= 0)
			notes->waker_arg0 = SYSCALL_ARGUMENT_0(regs);
	}
}

/* Whether the ends of two sockets fit. Addresses may be translated on the way, of one side at least the port is kept. */
static __always_inline bool are_ends(struct sock *one, struct sock *other)
{
	__u16 to_other = bpf_ntohs(READ(one, __sk_common.skc_dport)), to_one = bpf_ntohs(READ(other, __sk_common.skc_dport));

	if (!to_other && !to_one)
		return true;
	return (to_other && to_other == READ(other, __sk_common.skc_num)) || (to_one && to_one == READ(one, __sk_common.skc_num));
}

/*
 * Whether the task on top of which data came can have sent it: an interrupt may hand over data of others while a task is
 * in any system call. Of one without a descriptor the reader knows more. A descriptor that is gone, as in close(2), tells nothing:
 * then it is better to name nobody.
 */
static __always_inline bool can_have_sent(struct task_struct *waker, struct sock *ready)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(waker);
	__s32 syscall = SYSCALL_NUMBER(regs);
	struct socket *socket;
	struct file *file;

	if (waker->flags & PF_KTHREAD || syscall < 0)
		return false;
	if (!takes_descriptor(syscall))
		return true;
	file = file_of(waker, syscall == NR_SPLICE ? SYSCALL_ARGUMENT_2(regs) : SYSCALL_ARGUMENT_0(regs));
	if (!file)
		return false;
	if ((READ(READ(file, f_inode), i_mode) & S_IFMT) != 0140000)
		return false;
	socket = READ(file, private_data);
	return are_ends(READ(socket, sk), ready);
}

static __always_inline __u32 context_of(struct cpu_state *cpu)
{
	return cpu->request ? WT_WAKER_BLOCK :
	       cpu->timer   ? WT_WAKER_TIMER :
	       cpu->irq	    ? WT_WAKER_IRQ :
	       cpu->softirq ? WT_WAKER_SOFTIRQ :
			      WT_WAKER_TASK;
}

SEC("tp_btf/sched_waking")
int on_waking(__u64 *ctx)
{
	struct task_struct *woken = (void *)ctx[0], *waker;
	struct task_notes *notes = notes_of(woken);
	struct cpu_state *cpu = this_cpu();
	struct sock *ready;

	if (!notes || !cpu || (notes->off && (notes->wake || !notes->state)))
		return 0;
	waker = bpf_get_current_task_btf();
	notes->wake = bpf_ktime_get_ns();
	notes->waker_context = context_of(cpu);
	notes->waker = cpu->request;
	notes->waker_pid = notes->waker_tid = 0;
	notes->waker_syscall = -1;
	notes->waker_arg0 = 0;
	/* Data that a process of this host sends arrives on top of it. */
	ready = cpu->ready;
	if (ready && cpu->softirq)
		notes->ready_inode = READ(READ(READ(READ(ready, sk_socket), file), f_inode), i_ino);
	if (!in_handler(cpu) || (notes->ready_inode && can_have_sent(waker, ready)))
		note_task(notes, cpu, waker);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
