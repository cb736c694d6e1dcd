/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Looks at what a process is about to be, for the security watch. From objects of the kernel only: what a pointer of the
 * program shows can change after we looked. Loaded by the watch, not by a recording.
 */
#include "look.h"
#include <bpf/bpf_tracing.h>

#define PART_BYTES 1024
#define S_IFMT 0170000
#define S_IFSOCK 0140000
/* A folder that everybody may write to, but not take away what others have put there: as of temporary files. */
#define SHARED_FOLDER 01002
#define FOLDERS 16
/* elf.h: in which byte of a program's file it says for how many bits it is. */
#define EI_CLASS 4

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

/* Whether a file lies below such a folder, however it was named. */
static __always_inline bool is_in_shared(struct dentry___look *dentry)
{
	for (int i = 0; i < FOLDERS; i++) {
		struct dentry___look *parent = BPF_CORE_READ(dentry, d_parent);

		if (!parent || parent == dentry)
			return false;
		if ((BPF_CORE_READ(parent, d_inode, i_mode) & SHARED_FOLDER) == SHARED_FOLDER)
			return true;
		dentry = parent;
	}
	return false;
}

/* The new program's environment and the first of its arguments, which nobody could change yet. */
static __always_inline void copy_texts(struct look_exec *look, struct mm_struct___look *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end);
	__u32 bytes = ARGUMENT_BYTES;

	look->argument_bytes = 0;
	look->environment_bytes = 0;
	if (start < end) {
		if (end - start < ARGUMENT_BYTES)
			bytes = end - start;
		if (bytes > 0 && bytes <= ARGUMENT_BYTES && !bpf_probe_read_user(look->arguments, bytes, (void *)start))
			look->argument_bytes = bytes;
	}
	start = BPF_CORE_READ(mm, env_start);
	end = BPF_CORE_READ(mm, env_end);
#pragma unroll
	for (int part = 0; part < ENVIRONMENT_BYTES / PART_BYTES; part++) {
		unsigned long from = start + part * PART_BYTES;
		char *to = look->environment + part * PART_BYTES;

		if (from >= end)
			return;
		bytes = PART_BYTES;
		if (end - from < PART_BYTES)
			bytes = end - from;
		if (bytes == 0 || bytes > PART_BYTES || bpf_probe_read_user(to, bytes, (void *)from))
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
	struct look_exec *look;
	char head[8] = {};

	/* One process that begins many is known by itself, not by these. */
	if (!look_has_room(LOOK_EXEC, MOST_EXECS, BPF_CORE_READ(task, real_parent, tgid)))
		return 0;
	look = bpf_ringbuf_reserve(&looks, sizeof(*look), 0);
	if (!look) {
		count_lost_look();
		return 0;
	}
	fill_head(&look->head, LOOK_EXEC);
	name_ancestors(look, task);
	look->head.uid = BPF_CORE_READ(task, cred, uid.val);
	look->euid = BPF_CORE_READ(task, cred, euid.val);
	look->is_in_shared = is_in_shared(BPF_CORE_READ(file, f_path.dentry));
	look->links = BPF_CORE_READ(inode, i_nlink);
	look->mode = BPF_CORE_READ(inode, i_mode);
	look->inode = BPF_CORE_READ(inode, i_ino);
	look->device = BPF_CORE_READ(inode, i_sb, s_dev);
	look->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	bpf_core_read(head, sizeof(head), &bprm->buf);
	look->elf_class = head[0] == 0x7f && head[1] == 'E' && head[2] == 'L' && head[3] == 'F' ? head[EI_CLASS] : 0;
#pragma unroll
	for (int i = 0; i < STANDARD_STREAMS; i++) {
		struct file___look *stream = NULL;

		if (i < streams)
			bpf_probe_read_kernel(&stream, sizeof(stream), table + i);
		look_at_stream(&look->streams[i], stream);
	}
	bpf_probe_read_kernel_str(look->file, NAME_BYTES, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	bpf_probe_read_kernel_str(look->asked, NAME_BYTES, BPF_CORE_READ(bprm, filename));
	copy_texts(look, BPF_CORE_READ(task, mm));
	bpf_ringbuf_submit(look, BPF_RB_FORCE_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
