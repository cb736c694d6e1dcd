/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What the running kernel can tell, and the cheapest way it has to read a member: a load through a pointer of known type,
 * or a copy by a helper, which costs 25 ns a member. Where the address is bad, both give 0.
 */
#pragma once
#include "kernel.h"
#include "events.gen.h"

const volatile struct wt_abilities abilities = {};

extern void *bpf_rdonly_cast(const void *pointer, __u32 type) __ksym __weak;

/* Of a pointer whose type the kernel's checker does not know. */
#define READ(pointer, member)                                                                                          \
	({                                                                                                             \
		typeof(pointer) of_ = (pointer);                                                                       \
		typeof(of_->member) value_;                                                                            \
		if (abilities.typed_reads) {                                                                           \
			of_ = bpf_rdonly_cast(of_, bpf_core_type_id_kernel(typeof(*of_)));                             \
			value_ = of_->member;                                                                          \
		} else {                                                                                               \
			value_ = BPF_CORE_READ(of_, member);                                                           \
		}                                                                                                      \
		value_;                                                                                                \
	})
