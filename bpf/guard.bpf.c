/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Looks at what is done to guarded files, for the security watch: those that few should open, logs, places from which programs
 * are started, our own. At the end of a system call and only when it succeeded: then the kernel has an object for what was
 * opened, and its arguments are those that it went by. A name that is taken away leaves no object: there the path counts.
 * Loaded by the watch, not by a recording.
 */
#include "guard-path.h"

/* include/trace/events/syscalls.h: the number, then what is returned. */
struct syscall_exit {
	__u64 unused;
	long number, returned;
};

static __always_inline struct pt_regs *registers(void)
{
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

/* How it was opened says the file; whether it was to be emptied, which the file does not keep, say the arguments. */
static __always_inline int look_at_opened(struct file___look *file, __u32 asked)
{
	__u32 flags, wanted = GUARD_SECRET;

	if (!file)
		return 0;
	flags = READ(file, f_flags) | (asked & O_TRUNC);
	if (flags & O_ACCMODE)
		wanted |= GUARD_START | GUARD_OWN;
	if (flags & O_TRUNC)
		wanted |= GUARD_LOG;
	return look_at_file(file, FILE_OPENED, flags, wanted);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int guard_openat(struct syscall_exit *ctx)
{
	return look_at_opened(file_behind(ctx->returned), SYSCALL_ARGUMENT_2(registers()));
}

SEC("tracepoint/syscalls/sys_exit_open")
int guard_open(struct syscall_exit *ctx)
{
	return look_at_opened(file_behind(ctx->returned), SYSCALL_ARGUMENT_1(registers()));
}

/*
 * Its flags lie in the program's memory, where they may be others by now (struct open_how of linux/openat2.h): what can be
 * written and is empty may have been emptied.
 */
SEC("tracepoint/syscalls/sys_exit_openat2")
int guard_openat2(struct syscall_exit *ctx)
{
	struct file___look *file = file_behind(ctx->returned);
	__u32 asked = 0;

	if (file && (READ(file, f_flags) & O_ACCMODE) && READ(READ(file, f_inode), i_size) == 0)
		asked = O_TRUNC;
	return look_at_opened(file, asked);
}

SEC("tracepoint/syscalls/sys_exit_creat")
int guard_creat(struct syscall_exit *ctx)
{
	return look_at_opened(file_behind(ctx->returned), O_TRUNC);
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

/* A name that is made: of a file that is elsewhere too, of a link, of a pipe, of a folder. */
static __always_inline int look_at_made(long returned, long folder_fd, __u64 path)
{
	return look_at_path(returned, folder_fd, path, FILE_PLACED, GUARD_START | GUARD_OWN);
}

SEC("tracepoint/syscalls/sys_exit_link")
int guard_link(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, AT_FDCWD, SYSCALL_ARGUMENT_1(regs));
}

SEC("tracepoint/syscalls/sys_exit_linkat")
int guard_linkat(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, SYSCALL_ARGUMENT_2(regs), SYSCALL_ARGUMENT_3(regs));
}

SEC("tracepoint/syscalls/sys_exit_symlink")
int guard_symlink(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, AT_FDCWD, SYSCALL_ARGUMENT_1(regs));
}

SEC("tracepoint/syscalls/sys_exit_symlinkat")
int guard_symlinkat(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs));
}

SEC("tracepoint/syscalls/sys_exit_mknod")
int guard_mknod(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, AT_FDCWD, SYSCALL_ARGUMENT_0(regs));
}

SEC("tracepoint/syscalls/sys_exit_mknodat")
int guard_mknodat(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, SYSCALL_ARGUMENT_0(regs), SYSCALL_ARGUMENT_1(regs));
}

SEC("tracepoint/syscalls/sys_exit_mkdir")
int guard_mkdir(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, AT_FDCWD, SYSCALL_ARGUMENT_0(regs));
}

SEC("tracepoint/syscalls/sys_exit_mkdirat")
int guard_mkdirat(struct syscall_exit *ctx)
{
	struct pt_regs *regs = registers();

	return look_at_made(ctx->returned, SYSCALL_ARGUMENT_0(regs), SYSCALL_ARGUMENT_1(regs));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
