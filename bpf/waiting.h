/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What a task waits in: read from the task, its saved registers, its memory and its files. */
#pragma once
#include "typed.h"

#define S_IFMT 0170000 /* include/uapi/linux/stat.h */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
/* include/uapi/linux/futex.h */
#define FUTEX_WAIT 0
#define FUTEX_LOCK_PI 6
#define FUTEX_WAIT_BITSET 9
#define FUTEX_LOCK_PI2 13
#define FUTEX_COMMAND 0x7f
#define FUTEX_TID_MASK 0x3fffffff
/* glibc's mutex: 2 means locked with others waiting; the owner's thread id lies 8 bytes behind (pthread_mutex_t.__data). */
#define MUTEX_CONTENDED 2
#define MUTEX_OWNER 8

/* System calls whose first argument is a file descriptor, by number: filled by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u8);
} descriptor_calls SEC(".maps");

struct waited_file {
	__u64 inode;
	__u32 type, device;
};

static __always_inline __u32 state_of(struct task_struct *task)
{
	struct task_struct___old_state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

static __always_inline __u32 socket_type(__u32 family)
{
	return family == AF_UNIX			    ? WT_FILE_UNIX :
	       family == AF_INET || family == AF_INET6 ? WT_FILE_INET :
							     WT_FILE_SOCKET;
}

static __always_inline struct file *file_of(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = READ(READ(task, files), fdt);
	struct file **slots = READ(table, fd);

	/* What the pointer points to is a pointer, which has no type to read through: this struct begins with one. */
	return descriptor < READ(table, max_fds) ? READ((struct poll_table_entry *)&slots[descriptor], filp) : NULL;
}

static __always_inline void describe_file(struct waited_file *waited, struct file *file)
{
	struct inode *inode = READ(file, f_inode);
	struct socket *socket;

	waited->inode = READ(inode, i_ino);
	waited->device = READ(READ(inode, i_sb), s_dev);
	switch (READ(inode, i_mode) & S_IFMT) {
	case 0010000:
		waited->type = WT_FILE_PIPE;
		break;
	case 0020000:
		waited->type = WT_FILE_CHARACTER;
		waited->device = READ(inode, i_rdev);
		break;
	case 0040000:
		waited->type = WT_FILE_DIRECTORY;
		break;
	case 0060000:
		waited->type = WT_FILE_BLOCK;
		waited->device = READ(inode, i_rdev);
		break;
	case 0100000:
		waited->type = WT_FILE_REGULAR;
		break;
	case 0140000:
		socket = READ(file, private_data);
		waited->type = socket_type(READ(READ(socket, sk), __sk_common.skc_family));
		break;
	default:
		waited->type = WT_FILE_ANONYMOUS;
	}
}

static __always_inline bool takes_descriptor(__s32 syscall)
{
	__u32 key = syscall;
	__u8 *takes = bpf_map_lookup_elem(&descriptor_calls, &key);

	return takes && *takes;
}

/*
 * Who holds the lock that the running task is about to wait for. Only glibc's mutexes and those with priority inheritance
 * tell; the reader checks that it is a thread.
 */
static __always_inline __u32 owner_of_lock(struct pt_regs *regs)
{
	__u32 operation = SYSCALL_ARGUMENT_1(regs) & FUTEX_COMMAND, owner = 0;
	unsigned long word = SYSCALL_ARGUMENT_0(regs);

	if (operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2) {
		bpf_probe_read_user(&owner, sizeof(owner), (void *)word);
		return owner & FUTEX_TID_MASK;
	}
	if ((operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) && SYSCALL_ARGUMENT_2(regs) == MUTEX_CONTENDED)
		bpf_probe_read_user(&owner, sizeof(owner), (void *)(word + MUTEX_OWNER));
	return owner;
}
