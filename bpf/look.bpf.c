/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Looks at what a process is about to be, and at files that few should open, for the security watch. From objects of the
 * kernel only: what a pointer of the program shows can change after we looked. Loaded by the watch, not by a recording.
 */
#include "look.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define ENVIRONMENT_PART 1024
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define SENSITIVE_FILES 1024
#define RING_BYTES (4 << 20)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} looks SEC(".maps");
/* Files that few should open, and the index of each. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SENSITIVE_FILES);
	__type(key, struct file_id);
	__type(value, __u32);
} sensitive SEC(".maps");
/* Looks that found no room; and ourselves, who are not looked at. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} look_state SEC(".maps");

static __always_inline __u64 *state_of(__u32 index)
{
	return bpf_map_lookup_elem(&look_state, &index);
}

static __always_inline void count_lost(void)
{
	__u64 *lost = state_of(0);

	if (lost)
		__sync_fetch_and_add(lost, 1);
}

static __always_inline void fill_head(struct look_head *head, __u32 kind)
{
	__u64 id = bpf_get_current_pid_tgid();

	head->kind = kind;
	head->uid = bpf_get_current_uid_gid();
	head->time = bpf_ktime_get_ns();
	head->tid = id;
	head->pid = id >> 32;
	bpf_get_current_comm(head->comm, sizeof(head->comm));
}

static __always_inline void look_at_stream(struct stream *stream, struct file___look *file)
{
	struct socket___look *socket;
	struct sock___look *sk;

	__builtin_memset(stream, 0, sizeof(*stream));
	if (!file)
		return;
	stream->mode = BPF_CORE_READ(file, f_inode, i_mode);
	if ((stream->mode & S_IFMT) != S_IFSOCK)
		return;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	stream->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	stream->address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	stream->port = BPF_CORE_READ(sk, __sk_common.skc_dport);
}

/* Parents, nearest first; those behind process 1 are 0. */
static __always_inline void name_ancestors(struct look_exec *look, struct task_struct___look *task)
{
#pragma unroll
	for (int i = 0; i < ANCESTORS; i++) {
		task = BPF_CORE_READ(task, real_parent);
		look->ancestors[i].pid = BPF_CORE_READ(task, tgid);
		BPF_CORE_READ_INTO(&look->ancestors[i].comm, task, comm);
	}
}

/* The new program's environment, which nobody could change yet. */
static __always_inline void copy_environment(struct look_exec *look, struct mm_struct___look *mm)
{
	unsigned long start = BPF_CORE_READ(mm, env_start), end = BPF_CORE_READ(mm, env_end);

	look->environment_bytes = 0;
#pragma unroll
	for (int part = 0; part < ENVIRONMENT_BYTES / ENVIRONMENT_PART; part++) {
		unsigned long from = start + part * ENVIRONMENT_PART;
		char *to = look->environment + part * ENVIRONMENT_PART;
		__u32 bytes = ENVIRONMENT_PART;

		if (from >= end)
			return;
		if (end - from < ENVIRONMENT_PART)
			bytes = end - from;
		if (bytes == 0 || bytes > ENVIRONMENT_PART || bpf_probe_read_user(to, bytes, (void *)from))
			return;
		look->environment_bytes += bytes;
	}
}

SEC("raw_tp/sched_process_exec")
int look_at_exec(__u64 *ctx)
{
	struct task_struct___look *task = (void *)ctx[0];
	struct linux_binprm___look *bprm = (void *)ctx[2];
	struct file___look *file = BPF_CORE_READ(bprm, file);
	struct inode___look *inode = BPF_CORE_READ(file, f_inode);
	struct file___look **table = BPF_CORE_READ(task, files, fdt, fd);
	__u32 streams = BPF_CORE_READ(task, files, fdt, max_fds);
	struct look_exec *look = bpf_ringbuf_reserve(&looks, sizeof(*look), 0);

	if (!look) {
		count_lost();
		return 0;
	}
	fill_head(&look->head, LOOK_EXEC);
	name_ancestors(look, task);
	look->head.uid = BPF_CORE_READ(task, cred, uid.val);
	look->euid = BPF_CORE_READ(task, cred, euid.val);
	look->links = BPF_CORE_READ(inode, i_nlink);
	look->mode = BPF_CORE_READ(inode, i_mode);
	look->inode = BPF_CORE_READ(inode, i_ino);
	look->device = BPF_CORE_READ(inode, i_sb, s_dev);
	look->magic = BPF_CORE_READ(inode, i_sb, s_magic);
#pragma unroll
	for (int i = 0; i < STANDARD_STREAMS; i++) {
		struct file___look *stream = NULL;

		if (i < streams)
			bpf_probe_read_kernel(&stream, sizeof(stream), table + i);
		look_at_stream(&look->streams[i], stream);
	}
	bpf_probe_read_kernel_str(look->file, NAME_BYTES, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	bpf_probe_read_kernel_str(look->asked, NAME_BYTES, BPF_CORE_READ(bprm, filename));
	copy_environment(look, BPF_CORE_READ(task, mm));
	bpf_ringbuf_submit(look, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* The file behind a descriptor that was just given out: whatever name or link led to it. */
static __always_inline int look_at_descriptor(long fd)
{
	struct task_struct___look *task = (void *)bpf_get_current_task();
	struct file___look **table, *file = NULL;
	struct file_id id = {};
	struct inode___look *inode;
	struct look_open *look;
	__u64 *self;

	if (fd < 0)
		return 0;
	table = BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	if (!file)
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	id.inode = BPF_CORE_READ(inode, i_ino);
	id.device = BPF_CORE_READ(inode, i_sb, s_dev);
	if (!bpf_map_lookup_elem(&sensitive, &id))
		return 0;
	self = state_of(1);
	if (self && *self == bpf_get_current_pid_tgid() >> 32)
		return 0;
	look = bpf_ringbuf_reserve(&looks, sizeof(*look), 0);
	if (!look) {
		count_lost();
		return 0;
	}
	fill_head(&look->head, LOOK_OPEN);
	look->flags = BPF_CORE_READ(file, f_flags);
	look->inode = id.inode;
	look->device = id.device;
	bpf_probe_read_kernel_str(look->file, NAME_BYTES, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	bpf_ringbuf_submit(look, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* include/trace/events/syscalls.h: the number, then what is returned. */
struct syscall_exit {
	__u64 unused;
	long number, returned;
};

SEC("tracepoint/syscalls/sys_exit_openat")
int look_at_openat(struct syscall_exit *ctx)
{
	return look_at_descriptor(ctx->returned);
}

SEC("tracepoint/syscalls/sys_exit_openat2")
int look_at_openat2(struct syscall_exit *ctx)
{
	return look_at_descriptor(ctx->returned);
}

SEC("tracepoint/syscalls/sys_exit_open")
int look_at_open(struct syscall_exit *ctx)
{
	return look_at_descriptor(ctx->returned);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
