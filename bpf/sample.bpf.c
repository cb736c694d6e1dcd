/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Where tracked threads compute: the stack of what runs, at every tick of a clock on each CPU. */
#include "filter.h"
#include "shed.h"
#include "stack.h"

SEC("perf_event")
int on_tick(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	const struct wt_config *config = settings();
	struct taking taking = { .pid = id >> 32, .tid = id, .reason = WT_REASON_SAMPLE, .weight = 1 };
	struct pt_regs *user;
	__u32 mask;

	if (!id || !config || !is_tracked(config, taking.pid) || task->flags & PF_KTHREAD)
		return 0;
	mask = config->keep_sample; /* once: it may change meanwhile */
	if (!is_kept(mask)) {
		count_loss(WT_LOSS_SHED_SAMPLE);
		return 0;
	}
	taking.weight = mask + 1;
	taking.time = bpf_ktime_get_ns();
	user = (void *)bpf_task_pt_regs(task);
	TAKE_STACK(ctx, config, &taking, user, true);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
