/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Requests to block devices, from being queued over being issued to being completed. The last ones of each CPU are kept in
 * memory that user space maps; who is woken by a completion remembers which request it was.
 */
#include "filter.h"
#include "emit.h"
#include "cpu.h"

#define REQUEST_OP 0xff /* include/linux/blk_types.h: REQ_OP_MASK */

struct queued {
	__u64 time;
	__u32 pid, tid;
	char comm[16];
};

/* Parts of requests that were given to the block layer, by their address. The oldest give way: some are merged into others. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct queued);
} bios SEC(".maps");

struct issued {
	__u64 time, queued;
	__u32 pid, tid, bytes, unused;
	char comm[16];
};

/* Requests that their device works on. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct issued);
} requests SEC(".maps");

/* Completed ones: the last of each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the loader sets it */
	__type(key, __u32);
	__type(value, struct wt_block_request);
} completed SEC(".maps");

SEC("raw_tp/block_bio_queue")
int on_bio_queue(__u64 *ctx)
{
	__u64 key = ctx[0], id = bpf_get_current_pid_tgid();
	struct queued queued = { .time = bpf_ktime_get_ns(), .pid = id >> 32, .tid = id };

	bpf_get_current_comm(queued.comm, sizeof(queued.comm));
	bpf_map_update_elem(&bios, &key, &queued, BPF_ANY);
	return 0;
}

SEC("raw_tp/block_rq_issue")
int on_issue(__u64 *ctx)
{
	struct request *request = (void *)ctx[0];
	__u64 key = ctx[0], bio = (__u64)BPF_CORE_READ(request, bio);
	struct queued *queued = bpf_map_lookup_elem(&bios, &bio);
	struct issued issued = { .time = bpf_ktime_get_ns(), .bytes = BPF_CORE_READ(request, __data_len) };

	if (queued) {
		issued.queued = queued->time;
		issued.pid = queued->pid;
		issued.tid = queued->tid;
		__builtin_memcpy(issued.comm, queued->comm, sizeof(issued.comm));
		bpf_map_delete_elem(&bios, &bio);
	}
	if (bpf_map_update_elem(&requests, &key, &issued, BPF_ANY))
		count_loss(WT_LOSS_BLOCK_TABLE_FULL);
	return 0;
}

static __always_inline __u32 device_of(struct request *request)
{
	struct gendisk *disk = BPF_CORE_READ(request, q, disk);

	return disk ? BPF_CORE_READ(disk, major) << 20 | BPF_CORE_READ(disk, first_minor) : 0;
}

/* Whoever is woken from here until the handler ends is woken by this request. */
SEC("raw_tp/block_rq_complete")
int on_complete(__u64 *ctx)
{
	struct request *request = (void *)ctx[0];
	__u64 key = ctx[0];
	const struct wt_config *config = settings();
	struct issued *issued = bpf_map_lookup_elem(&requests, &key);
	struct cpu_state *cpu = this_cpu();
	__u32 id = bpf_get_smp_processor_id(), slot;
	struct wt_block_request *done;

	if (!config || !cpu)
		return 0;
	cpu->requests++;
	slot = id * config->request_slots + (cpu->requests & (config->request_slots - 1));
	done = bpf_map_lookup_elem(&completed, &slot);
	if (!done)
		return 0;
	*(volatile __u64 *)&done->position = 0;
	done->completed = bpf_ktime_get_ns();
	done->issued = issued ? issued->time : BPF_CORE_READ(request, io_start_time_ns);
	/* Begun before it was watched, or made by the block layer for itself: when is not known. */
	if (!done->issued)
		done->issued = done->completed;
	done->queued = issued && issued->queued ? issued->queued : done->issued;
	done->sector = BPF_CORE_READ(request, __sector);
	done->bytes = issued ? issued->bytes : (__u32)ctx[2];
	done->device = device_of(request);
	done->op = BPF_CORE_READ(request, cmd_flags) & REQUEST_OP;
	done->error = (__u8)ctx[1];
	done->pid = issued ? issued->pid : 0;
	done->tid = issued ? issued->tid : 0;
	if (issued) {
		__builtin_memcpy(done->comm, issued->comm, sizeof(done->comm));
		bpf_map_delete_elem(&requests, &key);
	}
	cpu->request = POSITION(cpu->requests, id);
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&done->position = cpu->request;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
