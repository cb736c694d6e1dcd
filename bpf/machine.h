/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What differs between machines: where registers lie, how functions and system calls get their arguments. */
#pragma once

/* arch/x86/include/asm/ptrace.h and arch/arm64/include/uapi/asm/ptrace.h: layouts that programs may rely on. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#define REGISTER_ARGUMENTS 6
#define ARGUMENT_0(r) ((r)->di)
#define ARGUMENT_1(r) ((r)->si)
#define ARGUMENT_2(r) ((r)->dx)
#define ARGUMENT_3(r) ((r)->cx)
#define ARGUMENT_4(r) ((r)->r8)
#define ARGUMENT_5(r) ((r)->r9)
#define ARGUMENT_6(r) 0
#define ARGUMENT_7(r) 0
#define RETURNED(r) ((r)->ax)
#define STACK_POINTER(r) ((r)->sp)
#define INSTRUCTION_POINTER(r) ((r)->ip)
/* Where the first argument that does not fit into registers lies, at the entry of a function. */
#define STACK_ARGUMENTS 8
/* How far a return moves the stack pointer. */
#define RETURN_POPS 8
/* Where a function will return to, at its entry. */
#define READ_RETURN_ADDRESS(to, r) bpf_probe_read_user(to, 8, (void *)STACK_POINTER(r))
#define SYSCALL_NUMBER(r) ((__s32)(r)->orig_ax)
#define SYSCALL_ARGUMENT_0(r) ((r)->di)
#define SYSCALL_ARGUMENT_1(r) ((r)->si)
#define SYSCALL_ARGUMENT_2(r) ((r)->dx)
#define SYSCALL_ARGUMENT_3(r) ((r)->r10)
#define SYSCALL_ARGUMENT_4(r) ((r)->r8)
/* Where its libraries keep what belongs to a thread; of the running one, as of the last switch. */
#define THREAD_POINTER(task) BPF_CORE_READ(task, thread.fsbase)
/* arch/x86/entry/syscalls/syscall_64.tbl */
#define NR_MMAP 9
#define NR_FUTEX 202
#define NR_SPLICE 275
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31], sp, pc, pstate;
};
struct pt_regs {
	__u64 regs[31], sp, pc, pstate, orig_x0;
	__s32 syscallno;
} __attribute__((preserve_access_index));
#define USER(r) ((struct user_pt_regs *)(r))
#define REGISTER_ARGUMENTS 8
#define ARGUMENT_0(r) (USER(r)->regs[0])
#define ARGUMENT_1(r) (USER(r)->regs[1])
#define ARGUMENT_2(r) (USER(r)->regs[2])
#define ARGUMENT_3(r) (USER(r)->regs[3])
#define ARGUMENT_4(r) (USER(r)->regs[4])
#define ARGUMENT_5(r) (USER(r)->regs[5])
#define ARGUMENT_6(r) (USER(r)->regs[6])
#define ARGUMENT_7(r) (USER(r)->regs[7])
#define RETURNED(r) (USER(r)->regs[0])
#define STACK_POINTER(r) (USER(r)->sp)
#define INSTRUCTION_POINTER(r) (USER(r)->pc)
#define STACK_ARGUMENTS 0
#define RETURN_POPS 0
#define READ_RETURN_ADDRESS(to, r) (*(to) = USER(r)->regs[30], 0)
#define SYSCALL_NUMBER(r) ((r)->syscallno)
#define SYSCALL_ARGUMENT_0(r) ((r)->orig_x0)
#define SYSCALL_ARGUMENT_1(r) ((r)->regs[1])
#define SYSCALL_ARGUMENT_2(r) ((r)->regs[2])
#define SYSCALL_ARGUMENT_3(r) ((r)->regs[3])
#define SYSCALL_ARGUMENT_4(r) ((r)->regs[4])
#define THREAD_POINTER(task) BPF_CORE_READ(task, thread.uw.tp_value)
/* include/uapi/asm-generic/unistd.h */
#define NR_MMAP 222
#define NR_FUTEX 98
#define NR_SPLICE 76
#else
#error "no register layout for this architecture"
#endif
