/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Processes and threads that come and go, and what they are called. */
#include "filter.h"
#include "control.h"
#include "python-process.h"

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
	if (child_pid != pid)
		inherit_python(pid, child_pid);
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
	__u32 *library;

	if (!config || !(is_tracked(config, pid) || config->watch_exec))
		return 0;
	forget_python(pid);
	library = bpf_map_lookup_elem(&tracked, &pid);
	if (library)
		*library = TRACKED; /* the new program has used none yet */
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
	if (last) {
		bpf_map_delete_elem(&tracked, &pid);
		forget_python(pid);
	}
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

char LICENSE[] SEC("license") = "Dual BSD/GPL";
