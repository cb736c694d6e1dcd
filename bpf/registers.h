/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The registers of a thread in user space, as DWARF numbers them (psABI of x86-64, table 3.36; AADWARF64, section 4.1). */
#pragma once
#include "kernel.h"

#if defined(__TARGET_ARCH_x86)
#define FILL_REGISTERS(to, r)                                                                                          \
	do {                                                                                                           \
		(to)[0] = (r)->ax;                                                                                     \
		(to)[1] = (r)->dx;                                                                                     \
		(to)[2] = (r)->cx;                                                                                     \
		(to)[3] = (r)->bx;                                                                                     \
		(to)[4] = (r)->si;                                                                                     \
		(to)[5] = (r)->di;                                                                                     \
		(to)[6] = (r)->bp;                                                                                     \
		(to)[7] = (r)->sp;                                                                                     \
		(to)[8] = (r)->r8;                                                                                     \
		(to)[9] = (r)->r9;                                                                                     \
		(to)[10] = (r)->r10;                                                                                   \
		(to)[11] = (r)->r11;                                                                                   \
		(to)[12] = (r)->r12;                                                                                   \
		(to)[13] = (r)->r13;                                                                                   \
		(to)[14] = (r)->r14;                                                                                   \
		(to)[15] = (r)->r15;                                                                                   \
		(to)[16] = (r)->ip;                                                                                    \
	} while (0)
#elif defined(__TARGET_ARCH_arm64)
/* x19 to x30, then the stack pointer and where it runs: what an unwinder starts from. */
#define FILL_REGISTERS(to, r)                                                                                          \
	do {                                                                                                           \
		_Pragma("unroll") for (int i_ = 0; i_ < 12; i_++)(to)[i_] = USER(r)->regs[19 + i_];                    \
		(to)[12] = USER(r)->sp;                                                                                \
		(to)[13] = USER(r)->pc;                                                                                \
		(to)[14] = (to)[15] = (to)[16] = 0;                                                                    \
	} while (0)
#endif
