/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The few kernel types we read. Only the members we use are named: libbpf finds their true offsets in the running
 * kernel's BTF (CO-RE), so order and padding here mean nothing.
 */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1 << 10 };
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };
#define BPF_F_USER_STACK (1ULL << 8)
#define BPF_RB_NO_WAKEUP 1
#define BPF_RB_AVAIL_DATA 0
#define BPF_RB_RING_SIZE 1
#define BPF_RB_FORCE_WAKEUP 2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	const unsigned char *name;
};
struct hlist_node {
	struct hlist_node *next;
};
struct hlist_head {
	struct hlist_node *first;
};
struct dentry {
	struct qstr d_name;
	union {
		struct hlist_node d_alias;
	} d_u;
};
struct path {
	struct dentry *dentry;
};
struct super_block {
	__u32 s_dev;
};
struct inode {
	__u16 i_mode;
	__u32 i_rdev;
	struct super_block *i_sb;
	unsigned long i_ino;
	struct hlist_head i_dentry;
};
struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};
struct fdtable {
	__u32 max_fds;
	struct file **fd;
};
struct poll_table_entry {
	struct file *filp;
};
struct files_struct {
	struct fdtable *fdt;
};
struct sock_common {
	__u16 skc_family;
	volatile unsigned char skc_state;
	__be16 skc_dport;
	__u16 skc_num;
};
struct socket;
struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
};
struct socket {
	struct file *file;
	struct sock *sk;
};
typedef struct {
	int counter;
} atomic_t;
struct signal_struct {
	atomic_t live;
};
/* kernel/events/uprobes.c: return probes send a function back to the start of this page. */
struct xol_area {
	unsigned long vaddr;
};
struct uprobes_state {
	struct xol_area *xol_area;
};
struct return_instance {
	unsigned long stack;
	unsigned long orig_ret_vaddr;
	struct return_instance *next;
};
struct uprobe_task {
	struct return_instance *return_instances;
};
struct address_space {
	struct inode *host;
};
struct mm_struct {
	unsigned long hiwater_rss;
	unsigned long start_stack;
	struct uprobes_state uprobes_state;
};
struct rq {
	__u64 prev_steal_time_rq;
};
struct cfs_rq {
	struct rq *rq;
	int throttle_count;
};
struct sched_entity {
	struct cfs_rq *cfs_rq;
	__u64 sum_exec_runtime;
	__u64 prev_sum_exec_runtime;
};
struct thread_struct {
#if defined(__TARGET_ARCH_x86)
	unsigned long fsbase;
#else
	struct {
		unsigned long tp_value;
	} uw;
#endif
};
struct task_struct {
	struct sched_entity se;
	struct mm_struct *mm;
	int pid;
	int tgid;
	__u32 on_cpu; /* an int, in 7.2 a byte: of what is unsigned the loader sees to the size */
	int prio;
	__u64 start_time;
	__u64 self_exec_id;
	struct task_struct *group_leader;
	__u32 flags;
	__u32 __state;
	unsigned long min_flt;
	int exit_code;
	unsigned int in_iowait : 1;
	bool throttled;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct uprobe_task *utask;
	struct thread_struct thread;
};
struct gendisk {
	int major, first_minor;
};
struct request_queue {
	struct gendisk *disk;
};
struct bio;
struct request {
	struct request_queue *q;
	struct bio *bio;
	__u32 cmd_flags;
	unsigned int __data_len;
	__u64 __sector;
	__u64 io_start_time_ns;
};
struct bpf_iter__task {
	struct task_struct *task;
};
/* In 7.2 what was `d_u` has no name. */
struct dentry___nameless {
	struct hlist_node d_alias;
};
/* Before 5.14 the state was a long named `state`. */
struct task_struct___old_state {
	long state;
};

#pragma clang attribute pop

#include "machine.h"

/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000
#define MAX_RT_PRIO 100 /* include/linux/sched/prio.h */
#define TASK_STATES 0xff
#define TASK_ENDED 0xb0 /* EXIT_DEAD, EXIT_ZOMBIE, TASK_DEAD */
#define TASK_WAKING 0x200

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
