/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The least that timing a call can cost: programs at its entry and its return that do nothing. */
#define SEC(name) __attribute__((section(name), used))

SEC("uprobe") int on_entry(void *ctx) { return 0; }
SEC("uprobe") int on_return(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
