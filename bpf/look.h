/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the security watch reads of the kernel, what it sends, and the one way to send it. */
#pragma once
#include "fair.h"
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define ENVIRONMENT_BYTES 4096
#define ARGUMENT_BYTES 512
#define NAME_BYTES 128
#define STANDARD_STREAMS 3
#define ANCESTORS 6
#define LOOK_RING_BYTES (4 << 20)
/* A second that are sent, some of them kept for others than who floods. */
#define MOST_EXECS 1000
#define MOST_FILES 500

/* Members that nothing else here reads; libbpf leaves out what follows the three underscores when it looks for a type. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct super_block___look {
	__u32 s_dev;
	unsigned long s_magic;
};
struct inode___look {
	__u16 i_mode;
	unsigned int i_nlink;
	unsigned long i_ino;
	struct super_block___look *i_sb;
	long long i_size;
};
struct dentry___look {
	struct dentry___look *d_parent;
	struct qstr d_name;
	struct inode___look *d_inode;
};
struct vfsmount___look {
	struct dentry___look *mnt_root;
};
struct path___look {
	struct vfsmount___look *mnt;
	struct dentry___look *dentry;
};
struct file___look {
	struct path___look f_path;
	struct inode___look *f_inode;
	void *private_data;
	unsigned int f_flags;
	unsigned int f_mode;
};
struct linux_binprm___look {
	char buf[8];
	struct file___look *file;
	const char *filename;
};
typedef struct {
	__u32 val;
} kuid_t___look;
struct cred___look {
	kuid_t___look uid;
	kuid_t___look euid;
};
struct mm_struct___look {
	unsigned long arg_start, arg_end, env_start, env_end;
};
struct fdtable___look {
	__u32 max_fds;
	struct file___look **fd;
};
struct files_struct___look {
	struct fdtable___look *fdt;
};
struct fs_struct___look {
	struct path___look pwd;
};
struct task_struct___look {
	struct task_struct___look *real_parent;
	int tgid;
	char comm[16];
	struct mm_struct___look *mm;
	const struct cred___look *cred;
	struct files_struct___look *files;
	struct fs_struct___look *fs;
};
struct sock_common___look {
	__u16 skc_family;
	__be32 skc_daddr;
	__be16 skc_dport;
};
struct sock___look {
	struct sock_common___look __sk_common;
};
struct socket___look {
	struct sock___look *sk;
};
#pragma clang attribute pop

/* Kinds of looks; src/capture/live/looks.ts reads them. */
enum { LOOK_EXEC = 1, LOOK_FILE = 2 };

struct look_head {
	__u32 kind, uid;
	__u64 time;
	__u32 tid, pid;
	char comm[16];
};
struct stream {
	__u16 mode, family;
	__be16 port;
	__u16 unused;
	__be32 address;
};
struct ancestor {
	__u32 pid, unused;
	char comm[16];
};
struct look_exec {
	struct look_head head;
	struct ancestor ancestors[ANCESTORS];
	__u32 euid, links, mode, device;
	__u64 inode, magic;
	struct stream streams[STANDARD_STREAMS];
	__u32 environment_bytes, argument_bytes, is_in_shared, elf_class;
	char file[NAME_BYTES];
	char asked[NAME_BYTES];
	char arguments[ARGUMENT_BYTES];
	char environment[ENVIRONMENT_BYTES];
};
/* What was done to a guarded file, and why it is guarded; of a path, the folder and the name. */
struct look_file {
	struct look_head head;
	__u32 action, guards, flags, device;
	__u64 inode, folder_inode;
	__u32 folder_device, is_new;
	char name[NAME_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LOOK_RING_BYTES);
} looks SEC(".maps");
/* Looks that found no room; and ourselves, who are not looked at. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} look_state SEC(".maps");

/* By kind of look. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOOK_FILE + 1);
	__type(key, __u32);
	__type(value, struct fair_limit);
} look_limits SEC(".maps");

static __always_inline __u64 *look_state_of(__u32 index)
{
	return bpf_map_lookup_elem(&look_state, &index);
}

static __always_inline void count_lost_look(void)
{
	__u64 *lost = look_state_of(0);

	if (lost)
		__sync_fetch_and_add(lost, 1);
}

/* Whether one more look is sent; who caused it is counted where none is. */
static __always_inline bool look_has_room(__u32 kind, __u32 most, __u32 pid)
{
	struct fair_limit *limit = bpf_map_lookup_elem(&look_limits, &kind);
	__u32 uid = bpf_get_current_uid_gid();
	__u64 now = bpf_ktime_get_ns();

	/* A process has fewer bits than this, and of users few have as many. */
	if (!limit || fair_room(limit, now, most, pid ^ (kind << 24), uid ^ (kind << 28)))
		return true;
	fair_hold_back(pid, uid, now);
	count_lost_look();
	return false;
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
