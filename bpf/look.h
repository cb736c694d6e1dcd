/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the security watch reads of the kernel, and what it sends. */
#pragma once
#include "kernel.h"

#define ENVIRONMENT_BYTES 4096
#define NAME_BYTES 128
#define STANDARD_STREAMS 3
#define ANCESTORS 6

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
};
struct dentry___look {
	struct qstr d_name;
};
struct path___look {
	struct dentry___look *dentry;
};
struct file___look {
	struct path___look f_path;
	struct inode___look *f_inode;
	void *private_data;
	unsigned int f_flags;
};
struct linux_binprm___look {
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
	unsigned long env_start, env_end;
};
struct fdtable___look {
	__u32 max_fds;
	struct file___look **fd;
};
struct files_struct___look {
	struct fdtable___look *fdt;
};
struct task_struct___look {
	struct task_struct___look *real_parent;
	int tgid;
	char comm[16];
	struct mm_struct___look *mm;
	const struct cred___look *cred;
	struct files_struct___look *files;
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
enum { LOOK_EXEC = 1, LOOK_OPEN = 2 };

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
	__u32 environment_bytes;
	char file[NAME_BYTES];
	char asked[NAME_BYTES];
	char environment[ENVIRONMENT_BYTES];
};
struct look_open {
	struct look_head head;
	__u32 flags, device;
	__u64 inode;
	char file[NAME_BYTES];
};

struct file_id {
	__u64 inode;
	__u32 device, unused;
};

