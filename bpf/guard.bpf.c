/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Looks at what is done to guarded files, for the security watch: those that few should open, logs, places from which programs
 * are started, our own. At the end of a system call and only when it succeeded: then the kernel has an object for what was
 * opened, and its arguments are those that it went by. A name that is taken away leaves no object: there the path counts.
 * Loaded by the watch, not by a recording.
 */
#include "guard.h"

/* include/trace/events/syscalls.h: the number, then what is returned. */
struct syscall_exit {
	__u64 unused;
	long number, returned;
};

static __always_inline struct pt_regs *registers(void)
{
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

static __always_inline int look_at_opened(long fd, __u32 asked)
{
	__u32 wanted = GUARD_SECRET;

	if (fd < 0)
		return 0;
	if (asked & O_ACCMODE)
		wanted |= GUARD_START | GUARD_OWN;
	if (asked & O_TRUNC)
		wanted |= GUARD_LOG;
	return look_at_file(file_behind(fd), FILE_OPENED, asked, wanted);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int guard_openat(struct syscall_exit *ctx)
{
	return look_at_opened(ctx->returned, SYSCALL_ARGUMENT_2(registers()));
}

SEC("tracepoint/syscalls/sys_exit_open")
int guard_open(struct syscall_exit *ctx)
{
	return look_at_opened(ctx->returned, SYSCALL_ARGUMENT_1(registers()));
}

/* Its flags begin what the third argument points to (struct open_how of linux/openat2.h). */
SEC("tracepoint/syscalls/sys_exit_openat2")
int guard_openat2(struct syscall_exit *ctx)
{
	__u64 asked = 0;

	bpf_probe_read_user(&asked, sizeof(asked), (void *)SYSCALL_ARGUMENT_2(registers()));
	return look_at_opened(ctx->returned, asked);
}

SEC("tracepoint/syscalls/sys_exit_creat")
int guard_creat(struct syscall_exit *ctx)
{
	return look_at_opened(ctx->returned, O_TRUNC | 1);
}

SEC("tracepoint/syscalls/sys_exit_ftruncate")
int guard_ftruncate(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	if (ctx->returned < 0 || SYSCALL_ARGUMENT_1(regs) != 0)
		return 0;
	return look_at_file(file_behind((int)SYSCALL_ARGUMENT_0(regs)), FILE_CUT, 0, GUARD_LOG | GUARD_OWN);
}

SEC("tracepoint/syscalls/sys_exit_truncate")
int guard_truncate(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	if (SYSCALL_ARGUMENT_1(regs) != 0)
		return 0;
	return look_at_path(ctx->returned, AT_FDCWD, SYSCALL_ARGUMENT_0(regs), FILE_CUT, GUARD_LOG | GUARD_OWN);
}

SEC("tracepoint/syscalls/sys_exit_unlink")
int guard_unlink(struct syscall_exit *ctx)
{
	__u64 path = SYSCALL_ARGUMENT_0(registers());

	return look_at_path(ctx->returned, AT_FDCWD, path, FILE_REMOVED, GUARD_LOG | GUARD_OWN);
}

SEC("tracepoint/syscalls/sys_exit_unlinkat")
int guard_unlinkat(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();
	__u64 path = SYSCALL_ARGUMENT_1(regs);

	return look_at_path(ctx->returned, SYSCALL_ARGUMENT_0(regs), path, FILE_REMOVED, GUARD_LOG | GUARD_OWN);
}

/* What is moved away matters for our own files only: logs are moved by whoever rotates them. */
static __always_inline int look_at_moved(long returned, long from_fd, __u64 from, long to_fd, __u64 to)
{
	look_at_path(returned, from_fd, from, FILE_MOVED, GUARD_OWN);
	return look_at_path(returned, to_fd, to, FILE_PLACED, GUARD_START | GUARD_OWN);
}

SEC("tracepoint/syscalls/sys_exit_rename")
int guard_rename(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_moved(ctx->returned, AT_FDCWD, SYSCALL_ARGUMENT_0(regs), AT_FDCWD, SYSCALL_ARGUMENT_1(regs));
}

static __always_inline int look_at_renameat(long returned)
{
	struct pt_regs *regs = registers();

	return look_at_moved(returned, SYSCALL_ARGUMENT_0(regs), SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs),
			     SYSCALL_ARGUMENT_3(regs));
}

SEC("tracepoint/syscalls/sys_exit_renameat")
int guard_renameat(struct syscall_exit *ctx)
{
	return look_at_renameat(ctx->returned);
}

SEC("tracepoint/syscalls/sys_exit_renameat2")
int guard_renameat2(struct syscall_exit *ctx)
{
	return look_at_renameat(ctx->returned);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
