/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What a task that leaves the CPU waits in, and who wakes it: read from the task, its saved registers and its files. */
#pragma once
#include "kernel.h"

#define S_IFMT 0170000 /* include/uapi/linux/stat.h */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

/* System calls whose first argument is a file descriptor, by number: filled by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u8);
} descriptor_calls SEC(".maps");

static __always_inline __u32 state_of(struct task_struct *task)
{
	struct task_struct___old_state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

/* Since 6.18 a thread out of quota leaves by itself, with this flag; older kernels do not tell. */
static __always_inline bool is_throttled(struct task_struct *task)
{
	return bpf_core_field_exists(task->throttled) && BPF_CORE_READ(task, throttled);
}

static __always_inline __u32 socket_type(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	switch (BPF_CORE_READ(socket, sk, __sk_common.skc_family)) {
	case AF_UNIX:
		return WT_FILE_UNIX;
	case AF_INET:
	case AF_INET6:
		return WT_FILE_INET;
	}
	return WT_FILE_SOCKET;
}

static __always_inline struct file *file_of(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;

	if (descriptor < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), &slots[descriptor]);
	return file;
}

/* An interval's file fields; the macro's argument is any struct with those members. */
#define DESCRIBE_FILE(interval, file)                                                                                  \
	do {                                                                                                           \
		struct inode *inode = BPF_CORE_READ(file, f_inode);                                                    \
                                                                                                                       \
		(interval)->inode = BPF_CORE_READ(inode, i_ino);                                                       \
		switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {                                                       \
		case 0010000:                                                                                          \
			(interval)->file_type = WT_FILE_PIPE;                                                          \
			break;                                                                                         \
		case 0020000:                                                                                          \
			(interval)->file_type = WT_FILE_CHARACTER;                                                     \
			(interval)->file_device = BPF_CORE_READ(inode, i_rdev);                                        \
			break;                                                                                         \
		case 0040000:                                                                                          \
			(interval)->file_type = WT_FILE_DIRECTORY;                                                     \
			break;                                                                                         \
		case 0060000:                                                                                          \
			(interval)->file_type = WT_FILE_BLOCK;                                                         \
			(interval)->file_device = BPF_CORE_READ(inode, i_rdev);                                        \
			break;                                                                                         \
		case 0100000:                                                                                          \
			(interval)->file_type = WT_FILE_REGULAR;                                                       \
			break;                                                                                         \
		case 0140000:                                                                                          \
			(interval)->file_type = socket_type(file);                                                     \
			break;                                                                                         \
		default:                                                                                               \
			(interval)->file_type = WT_FILE_ANONYMOUS;                                                     \
		}                                                                                                      \
	} while (0)

/*
 * Only the task that runs has its registers at hand, and at sched_switch that is the one that leaves. Kernel threads have
 * no user registers: reading them would give system call 0, which is read(2).
 */
#define describe_wait(interval, task, blocked)                                                                         \
	do {                                                                                                           \
		(interval)->syscall = -1;                                                                              \
		(interval)->arg0 = (interval)->arg1 = (interval)->inode = 0;                                           \
		(interval)->file_type = WT_FILE_NONE;                                                                  \
		(interval)->file_device = 0;                                                                           \
		if (!(BPF_CORE_READ(task, flags) & PF_KTHREAD)) {                                                      \
			struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());                   \
			__s32 number = SYSCALL_NUMBER(regs);                                                           \
			__u32 key = number;                                                                            \
			__u8 *takes_descriptor = bpf_map_lookup_elem(&descriptor_calls, &key);                         \
                                                                                                                       \
			(interval)->syscall = number < 0 ? -1 : number;                                                \
			if (number >= 0) {                                                                             \
				(interval)->arg0 = SYSCALL_ARGUMENT_0(regs);                                           \
				(interval)->arg1 = SYSCALL_ARGUMENT_1(regs);                                           \
			}                                                                                              \
			if ((blocked) && takes_descriptor && *takes_descriptor) {                                      \
				struct file *file = file_of(task, (interval)->arg0);                                   \
                                                                                                                       \
				if (file)                                                                              \
					DESCRIBE_FILE(interval, file);                                                 \
			}                                                                                              \
		}                                                                                                      \
	} while (0)

/* Who wakes: `current`, unless a handler runs on top of it. */
#define note_waker(interval, context)                                                                                  \
	do {                                                                                                           \
		struct task_struct *waker = (void *)bpf_get_current_task_btf();                                        \
		struct pt_regs *regs;                                                                                  \
                                                                                                                       \
		(interval)->waker_context = (context);                                                                 \
		(interval)->waker_pid = (interval)->waker_tid = 0;                                                     \
		(interval)->waker_syscall = -1;                                                                        \
		if ((interval)->waker_context == WT_WAKER_TASK) {                                                      \
			__u64 id = bpf_get_current_pid_tgid();                                                         \
                                                                                                                       \
			(interval)->waker_tid = id;                                                                    \
			(interval)->waker_pid = id >> 32;                                                              \
			bpf_get_current_comm((interval)->waker_comm, sizeof((interval)->waker_comm));                  \
			if (!(BPF_CORE_READ(waker, flags) & PF_KTHREAD)) {                                             \
				regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());                           \
				(interval)->waker_syscall = SYSCALL_NUMBER(regs) < 0 ? -1 : SYSCALL_NUMBER(regs);      \
			}                                                                                              \
		}                                                                                                      \
	} while (0)
