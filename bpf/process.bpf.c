/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Processes and threads that come and go, and code that is mapped. A tracked process that maps a CUDA library whose
 * probes are not attached yet can be stopped here until they are, so that not even its first call is missed.
 */
#include "filter.h"
#include "emit.h"
#include "waiting.h"

/* include/uapi/asm-generic/mman-common.h, mman.h */
#define PROT_EXEC 4
#define MAP_DENYWRITE 0x800
#define SIGSTOP 19

/* Library files whose probes are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wt_file_key);
	__type(value, __u32);
} attached SEC(".maps");

/* These events are few, and user space acts upon them at once: a ring of their own, with wake-ups. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} control SEC(".maps");

static __always_inline void *reserve_control(__u64 size)
{
	void *room = bpf_ringbuf_reserve(&control, size, 0);

	if (!room)
		count_loss(WT_LOSS_RING_FULL_PROCESS);
	return room;
}

SEC("raw_tp/sched_process_fork")
int on_fork(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	__u32 pid = BPF_CORE_READ(parent, tgid), child_pid = BPF_CORE_READ(child, tgid), value = TRACKED;
	const struct wt_config *config = settings();
	struct wt_process_fork *event;

	if (!config || !(is_tracked(config, pid) || (config->adopt && pid == config->observer && child_pid != pid)))
		return 0;
	if (child_pid != pid && bpf_map_update_elem(&tracked, &child_pid, &value, BPF_ANY))
		count_loss(WT_LOSS_PROCESS_TABLE_FULL);
	event = reserve_control(sizeof(*event));
	if (!event)
		return 0;
	FILL_HEAD(event, WT_EVENT_PROCESS_FORK, pid, BPF_CORE_READ(parent, pid));
	event->time = bpf_ktime_get_ns();
	event->child_pid = child_pid;
	event->child_tid = BPF_CORE_READ(child, pid);
	BPF_CORE_READ_STR_INTO(&event->comm, child, comm);
	SEND_URGENTLY(event);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 pid = BPF_CORE_READ(task, tgid);
	const struct wt_config *config = settings();
	struct wt_process_exec *event;

	if (!config || !(is_tracked(config, pid) || config->watch_exec))
		return 0;
	event = reserve_control(sizeof(*event));
	if (!event)
		return 0;
	FILL_HEAD(event, WT_EVENT_PROCESS_EXEC, pid, BPF_CORE_READ(task, pid));
	event->time = bpf_ktime_get_ns();
	BPF_CORE_READ_STR_INTO(&event->comm, task, comm);
	SEND_URGENTLY(event);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 pid = BPF_CORE_READ(task, tgid);
	const struct wt_config *config = settings();
	struct wt_process_exit *event;
	bool last;

	if (!config || !is_tracked(config, pid))
		return 0;
	last = BPF_CORE_READ(task, signal, live.counter) == 0;
	if (last)
		bpf_map_delete_elem(&tracked, &pid);
	event = reserve_control(sizeof(*event));
	if (!event)
		return 0;
	FILL_HEAD(event, WT_EVENT_PROCESS_EXIT, pid, BPF_CORE_READ(task, pid));
	event->time = bpf_ktime_get_ns();
	event->code = BPF_CORE_READ(task, exit_code);
	event->last = last;
	SEND_URGENTLY(event);
	return 0;
}

SEC("raw_tp/task_rename")
int on_rename(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	const char *name = (void *)ctx[1];
	__u32 pid = BPF_CORE_READ(task, tgid);
	const struct wt_config *config = settings();
	struct wt_thread_name *event;

	if (!config || !is_tracked(config, pid))
		return 0;
	event = reserve_control(sizeof(*event));
	if (!event)
		return 0;
	FILL_HEAD(event, WT_EVENT_THREAD_NAME, pid, BPF_CORE_READ(task, pid));
	event->time = bpf_ktime_get_ns();
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), name);
	SEND_URGENTLY(event);
	return 0;
}

static __always_inline bool is_cuda(const char *name)
{
	return name[0] == 'l' && name[1] == 'i' && name[2] == 'b' && name[3] == 'c' && name[4] == 'u' && name[5] == 'd' &&
	       name[6] == 'a' && (name[7] == '.' || name[7] == '-' || name[7] == 'r');
}

/* Stopped once even if the probes are in place: user space reads what the process has mapped, to name its functions. */
static __always_inline bool is_first_library(__u32 pid)
{
	__u32 *seen = bpf_map_lookup_elem(&tracked, &pid);

	if (!seen || *seen != TRACKED)
		return false;
	*seen = TRACKED_WITH_LIBRARY;
	return true;
}

/*
 * A place is looked for in the address space; the arguments of mmap(2) are in the saved registers. Loaders reserve room for
 * a whole library this way, with MAP_DENYWRITE, and map the parts of it there after that: so the code may not be mapped
 * yet. Not the tracepoint of the system call: while one of those is in use, every system call of every program is slower.
 */
SEC("raw_tp/vm_unmapped_area")
int on_mmap(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	const struct wt_config *config;
	struct wt_library_mapped *event;
	struct wt_file_key key = {};
	struct file *file;
	bool ours, cuda;

	if (SYSCALL_NUMBER(regs) != NR_MMAP || (__s32)SYSCALL_ARGUMENT_4(regs) < 0)
		return 0;
	if (!(SYSCALL_ARGUMENT_2(regs) & PROT_EXEC) && !(SYSCALL_ARGUMENT_3(regs) & MAP_DENYWRITE))
		return 0;
	config = settings();
	if (!config || id >> 32 == config->observer)
		return 0;
	file = file_of(task, SYSCALL_ARGUMENT_4(regs));
	if (!file)
		return 0;
	ours = is_tracked(config, id >> 32);
	event = reserve_control(sizeof(*event));
	if (!event)
		return 0;
	bpf_probe_read_kernel_str(event->name, sizeof(event->name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	cuda = is_cuda(event->name);
	if (!ours && !(cuda && config->watch_exec)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return 0;
	}
	/* At once: user space would come too late for the first calls of a library that is probed already. */
	if (!ours && config->track_cuda) {
		__u32 pid = id >> 32, value = TRACKED;

		if (bpf_map_update_elem(&tracked, &pid, &value, BPF_ANY))
			count_loss(WT_LOSS_PROCESS_TABLE_FULL);
		track_anew();
	}
	FILL_HEAD(event, WT_EVENT_LIBRARY_MAPPED, id >> 32, id);
	event->time = bpf_ktime_get_ns();
	event->inode = key.inode = BPF_CORE_READ(file, f_inode, i_ino);
	event->device = key.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	event->held = 0;
	if (cuda && ours && config->hold && (is_first_library(id >> 32) || !bpf_map_lookup_elem(&attached, &key)))
		event->held = bpf_send_signal(SIGSTOP) == 0;
	SEND_URGENTLY(event);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
