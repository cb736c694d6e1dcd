/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Generated from src/catalogue by `npm run generate`. Do not edit. */
#pragma once

#define WT_KEPT_WORDS 6
#define WT_STACK_FRAMES 64
#define WT_KERNEL_FRAMES 24
#define WT_PYTHON_FRAMES 128
#define WT_PYTHON_TABLE_PIECE 1024
#define WT_PYTHON_TABLE_PIECES 32
#define WT_PYTHON_CODES_KEPT 12288
#define WT_PYTHON_PROCESSES 1024
#define WT_PYTHON_FORKED 2147483648
#define WT_STACK_REGISTERS 17
#define WT_STACK_PIECE 4096
#define WT_HIJACKED_RETURNS 8
#define WT_CALL_WEIGHT_SHIFT 8
#define WT_CALL_WEIGHT_BITS 4
#define WT_SHORT_WAIT 20000
#define WT_NOT_READY 600
#define WT_FULL_KEEP_CALL 63
#define WT_FULL_KEEP_WAIT 7
#define WT_CALL_IDS 256
#define WT_DROP_REASONS 256
#define WT_ARGUMENT_WORDS 10
#define WT_MEMORY_SLOT 10
#define WT_MEMORY_WORDS 5
#define WT_NO_SLOT 15

#define WT_CALL_STACK 1
#define WT_CALL_PER_THREAD_STREAM 2
#define WT_OFF_CPU_IOWAIT 1
#define WT_OFF_CPU_THROTTLED 2
#define WT_OFF_CPU_OPEN 4
#define WT_OFF_CPU_BORN 8
#define WT_OFF_CPU_RECLAIM 16
#define WT_OFF_CPU_COMPACTION 32
#define WT_OFF_CPU_DIRTY_THROTTLE 64
#define WT_OFF_CPU_WRITEBACK 128
#define WT_OFF_CPU_KERNEL_LOCK 256
#define WT_OFF_CPU_INFERRED 512
#define WT_OFF_CPU_KERNEL_THREAD 2048
#define WT_OFF_CPU_SENT 4096
#define WT_OFF_CPU_STACK 8192
#define WT_OFF_CPU_SAMPLED 16384
#define WT_WAKER_NONE 0
#define WT_WAKER_TASK 1
#define WT_WAKER_TIMER 2
#define WT_WAKER_IRQ 3
#define WT_WAKER_SOFTIRQ 4
#define WT_WAKER_BLOCK 5
#define WT_FILE_NONE 0
#define WT_FILE_PIPE 1
#define WT_FILE_UNIX 2
#define WT_FILE_INET 3
#define WT_FILE_REGULAR 4
#define WT_FILE_CHARACTER 5
#define WT_FILE_BLOCK 6
#define WT_FILE_DIRECTORY 7
#define WT_FILE_SOCKET 8
#define WT_FILE_ANONYMOUS 9
#define WT_SCOPE_DIRECT_RECLAIM 1
#define WT_SCOPE_MEMCG_RECLAIM 2
#define WT_SCOPE_COMPACTION 3
#define WT_MOMENT_SIGNAL 1
#define WT_MOMENT_OOM_KILL 2
#define WT_MOMENT_TCP_RETRANSMIT 3
#define WT_REASON_CALL 0
#define WT_REASON_WAIT 1
#define WT_REASON_SAMPLE 2
#define WT_HOLD_NO 0
#define WT_HOLD_YES 1
#define WT_HOLD_FAILED 2
#define WT_PYTHON_NONE 0
#define WT_PYTHON_READ 1
#define WT_PYTHON_FAILED 2
#define WT_PLACE_UNKNOWN 2147483647
#define WT_PLACE_ENTRY 2147483648
#define WT_FRAMES_OBJECTS 0
#define WT_FRAMES_MARKED 1
#define WT_FRAMES_SHIMS 2

#define WT_LOSS_RING_FULL_CALL 0
#define WT_LOSS_RING_FULL_OFF_CPU 1
#define WT_LOSS_RING_FULL_STACK 3
#define WT_LOSS_RING_FULL_PROCESS 4
#define WT_LOSS_THREAD_TABLE_FULL 5
#define WT_LOSS_CALL_TOO_DEEP 6
#define WT_LOSS_CALL_ABANDONED 7
#define WT_LOSS_RETURN_WITHOUT_ENTRY 8
#define WT_LOSS_STACK_FAILED 9
#define WT_LOSS_PROCESS_TABLE_FULL 10
#define WT_LOSS_TOTAL_TABLE_FULL 11
#define WT_LOSS_INTERVAL_MISSED 12
#define WT_LOSS_RING_FULL_SCOPE 2
#define WT_LOSS_BLOCK_TABLE_FULL 13
#define WT_LOSS_PYTHON_TABLE_FULL 14
#define WT_LOSS_SHED_SAMPLE 15
#define WT_LOSS_SHED_STACK 16
#define WT_LOSS_SHED_CALL 17
#define WT_LOSS_SHED_WAIT 18
#define WT_LOSS_COUNTERS 19

#define WT_LOST_EXPONENTS 48
/* Times are on CLOCK_MONOTONIC here; user space subtracts the start of the recording. */

/* settings of a run */
struct wt_config {
	__u32 observer; /* our own process (process id (thread group id)) */
	__u32 track_all; /* record every process (0 or 1) */
	__u32 hold; /* stop a tracked process that maps a library until its probes are attached (0 or 1) */
	__u32 watch_exec; /* tell of programs and CUDA libraries of processes that are not tracked (0 or 1) */
	__u32 track_cuda; /* track every process from the moment it maps a CUDA library (0 or 1) */
	__u32 adopt; /* track the processes that our own process makes (0 or 1) */
	__u32 stacks; /* take stacks (0 or 1) */
	__u32 shard_shift; /* CPU number >> this is the number of its ring (number) */
	__u32 history_slots; /* records of the history of each CPU, a power of two (number) */
	__u32 request_slots; /* block requests remembered for each CPU, a power of two (number) */
	__u32 full_bytes; /* bytes waiting in a ring from which on it takes only what may not be lost; 0 for never (number) */
	__u32 keep_sample; /* of samples of what runs one in so many and one is kept: 0 for all (number) */
	__u32 keep_stack; /* the same of stacks of usual calls and short waits (number) */
	__u32 keep_call; /* of usual calls (number) */
	__u32 keep_wait; /* of short waits (number) */
	__u32 ended; /* calls that return from now on are not of this recording: it is being counted up (0 or 1) */
};

/* what the running kernel tells; known before the programs are loaded */
struct wt_abilities {
	__u32 prev_state; /* sched_switch says in which state the task left (5.18) (0 or 1) */
	__u32 typed_reads; /* members of kernel structs can be read without a call (6.2) (0 or 1) */
	__u32 throttled; /* a task says that its CPU quota is used up (6.18) (0 or 1) */
};

/* a switch to a task, and the interval off the CPU that it ended: one record of the flight recorder */
struct wt_history {
	__u64 position; /* number of the switch on its CPU << 10 | CPU; 0 while it is being written (raw register value) */
	__u64 on; /* when it began to run (ns since the recording began) */
	__u64 off; /* when it had left the CPU; 0 when that was not seen (ns since the recording began) */
	__u64 wake; /* when it was woken; 0 when it stayed ready (ns since the recording began) */
	__u64 earlier; /* position of its own record before this one, 0 when there is none (raw register value) */
	__u64 waker; /* position of the last record of its waker, or of the block request that woke it (raw register value) */
	__u64 idle_since; /* when the CPU became idle before this switch; 0 when another task ran until then (ns since the recording began) */
	__u64 arg0; /* first argument of the system call it was in (raw register value) */
	__u64 waker_arg0; /* first argument of the system call that its waker was in (raw register value) */
	__u64 file_inode; /* inode of the file it waited on (raw register value) */
	__u32 pid; /* its process (process id (thread group id)) */
	__u32 tid; /* the task (thread id) */
	__u32 waker_pid; /* process of its waker (process id (thread group id)) */
	__u32 waker_tid; /* its waker (thread id) */
	__u32 file_type; /* what the file is: see file_types (number) */
	__u16 flags; /* as in off_cpu (number) */
	__u16 state; /* task state when it left (number) */
	__u16 syscall; /* number of the system call it was in; 65535 when in none (number) */
	__u16 waker_syscall; /* number of the system call its waker was in; 65535 when in none (number) */
	__u16 cpu_off; /* CPU it left (number) */
	__u16 waker_context; /* in what the waker ran: see waker_contexts (number) */
	char comm[16]; /* its name (thread name, untrusted text) */
};

/* a request to a block device that has completed */
struct wt_block_request {
	__u64 position; /* number of the request on its CPU << 10 | CPU; 0 while it is being written (raw register value) */
	__u64 queued; /* when the first part of it was given to the block layer (ns since the recording began) */
	__u64 issued; /* when it was given to the device (ns since the recording began) */
	__u64 completed; /* when the device had done it (ns since the recording began) */
	__u64 sector; /* first sector, of 512 bytes (raw register value) */
	__u32 bytes; /* size (number) */
	__u32 device; /* major << 20 | minor (number) */
	__u32 op; /* REQ_OP_* of linux/blk_types.h: 0 read, 1 write, 2 flush, 3 discard (number) */
	__u32 pid; /* process that gave it to the block layer; 0 when not seen (process id (thread group id)) */
	__u32 tid; /* its thread (thread id) */
	__u32 error; /* blk_status_t, 0 when it succeeded (number) */
	char comm[16]; /* name of that thread (thread name, untrusted text) */
};

/* identity of a file */
struct wt_file_key {
	__u64 inode; /* inode (raw register value) */
	__u32 device; /* major << 20 | minor (number) */
	__u32 unused; /* always 0 (number) */
};

/* a process that is proven to run a CPython we can read: where that keeps what we need, in bytes */
struct wt_python_process {
	__u64 code_type; /* address of PyCode_Type: what is no code object is not taken for one (address in the traced process) */
	__u32 life; /* names this program in this process; a child has another, with the bit WT_PYTHON_FORKED (number) */
	__u32 version; /* major << 8 | minor (number) */
	__u32 self_before; /* in a thread: from its pthread_self up to its thread pointer (number) */
	__u32 slot; /* from pthread_self to the pointer to the block of thread-specific data (number) */
	__u32 slot_data; /* in that block: the pointer to its thread state (number) */
	__u32 thread_id; /* in a thread state: pthread_self of its thread (number) */
	__u32 thread_frame; /* the pointer to its innermost frame, or to the struct that holds that (number) */
	__u32 indirect; /* 1 where that is the struct (0 or 1) */
	__u32 indirect_frame; /* in that struct: the pointer to the innermost frame (number) */
	__u32 frame_style; /* see python_frame_styles (number) */
	__u32 frame_bytes; /* of a frame: where what is read of it ends (number) */
	__u32 frame_code; /* the pointer to its code object (number) */
	__u32 frame_previous; /* the pointer to the frame around it (number) */
	__u32 frame_instruction; /* where it executes: an address, or in frame objects a number (number) */
	__u32 frame_owner; /* whose it is (number) */
	__u32 frame_entry; /* whether it is the outermost of one native call (number) */
	__u32 number_scale; /* bytes that this number counts (number) */
	__u32 code_first_line; /* in a code object: the line of its definition (number) */
	__u32 code_file; /* pointer to the name of its source (number) */
	__u32 code_name; /* pointer to its name (number) */
	__u32 code_table; /* pointer to its line table (number) */
	__u32 code_bytecode; /* its bytecode, or the pointer to it (number) */
	__u32 code_traceable; /* how many instructions pass until it counts as begun (number) */
	__u32 code_mark; /* what tells it from one that had its address before, as far as its word of 8 bytes goes (number) */
	__u32 code_bytes; /* how much is read of it, from the word of its first line on (number) */
	__u32 text_length; /* in a string: characters (number) */
	__u32 text_state; /* how it is kept (number) */
	__u32 text_ascii; /* characters, where all are ASCII (number) */
	__u32 text_wide; /* characters, where not (number) */
	__u32 bytes_size; /* in a bytes object: bytes (number) */
	__u32 bytes_data; /* the bytes (number) */
};

/* calls whose events were lost, added up */
struct wt_lost_total {
	__u64 count; /* calls (count) */
	__u64 sum; /* time in them (ns) */
	__u64 max; /* the longest (ns) */
	__u64 failed; /* calls that did not return 0 (count) */
	__u64 log2[48]; /* calls by floor(log2(duration)) (count) */
};

/* Keeps a struct in an object's type information, where a test compares it; loaders skip this section. */
#define WT_KEEP(name) const struct wt_##name *wt_keep_##name __attribute__((section("wt_layout"), used));

/* What to keep of one call: see src/catalogue/derive/call-plan.ts. */
struct wt_call_plan {
	__u8 a[WT_KEPT_WORDS];
	__u8 b[WT_KEPT_WORDS];
	__u8 memory;
	__u8 stack;
	__u8 pointer_slot;
	__u8 pointer_returned;
};
#define WT_EVENT_CALL 1

/* a library call that returned */
struct wt_call {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 start; /* when the call was entered (ns since the recording began) */
	__u64 duration; /* from entry to return (ns) */
	__s64 ret; /* return value (return code of the call, 0 is success) */
	__u64 ptr; /* pointer that the call returned, or the one it was given to free; 0 when there is none (address in the traced process) */
	__u64 kept[6]; /* argument words that the catalogue keeps of this call (raw register value) */
	__u16 op; /* which call: an id of the catalogue (number) */
	__u16 depth; /* how many other probed calls of this thread enclose it (number) */
	__u32 flags; /* bit 0: a stack event of this call precedes it; bit 1: per-thread default stream variant; bits 8 to 11: log2 of how many calls it stands for (bit set) */
};
WT_KEEP(call)
#define WT_EVENT_OFF_CPU 2

/* an interval in which a tracked thread was not on a CPU */
struct wt_off_cpu {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 off; /* when it left the CPU (ns since the recording began) */
	__u64 wake; /* when it was woken; 0 when it stayed runnable (ns since the recording began) */
	__u64 on; /* when it ran again; inferred from its run time where the kernel did not tell of the switch (ns since the recording began) */
	__u64 position; /* of its record in the history, 0 when it has none (raw register value) */
	__u64 waker; /* position of the last record of its waker, or of the block request that woke it (raw register value) */
	__u64 arg0; /* first argument of the system call it was in (raw register value) */
	__u64 arg1; /* second argument of the system call it was in (raw register value) */
	__u64 waker_arg0; /* first argument of the system call that its waker was in (raw register value) */
	__u64 file_inode; /* inode of the file that it waited on, 0 when there is none (raw register value) */
	__u64 file_offset; /* byte of the file at which it met a page fault (raw register value) */
	__u64 lock; /* address of the kernel lock that it waited for, else 0 (raw register value) */
	__u64 irq_time; /* what interrupts and timers took from its turn on the CPU before (ns) */
	__u64 stolen_time; /* what the hypervisor took from that turn, as far as the scheduler counts it (ns) */
	__u32 file_type; /* what the file is: see file_types (number) */
	__u32 file_device; /* device of the file system, or number of a device file: major << 20 | minor (number) */
	__u32 faults; /* minor page faults in its turn on the CPU before (number) */
	__u32 owner; /* thread that held the lock it waited for, 0 when that cannot be told (thread id) */
	__u32 waker_pid; /* process that woke it; 0 when no task did (process id (thread group id)) */
	__u32 waker_tid; /* thread that woke it (thread id) */
	__s32 waker_syscall; /* number of the system call the waker was in; -1 when in none (signed number) */
	__s32 syscall; /* number of the system call it was in; -1 when it was in none (signed number) */
	__u16 flags; /* see off_cpu_flags (number) */
	__u16 state; /* task state when it left, masked: 0 runnable, 1 interruptible, 2 uninterruptible, 4 stopped (number) */
	__u16 cpu_off; /* CPU it left (number) */
	__u16 waker_context; /* in what the waker ran: see waker_contexts (number) */
	char waker_comm[16]; /* name of the waker (thread name, untrusted text) */
};
WT_KEEP(off_cpu)
#define WT_EVENT_PROCESS_FORK 4

/* a tracked thread made a thread or a process */
struct wt_process_fork {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* when (ns since the recording began) */
	__u32 child_pid; /* process of the new thread (process id (thread group id)) */
	__u32 child_tid; /* the new thread (thread id) */
	char comm[16]; /* its name (thread name, untrusted text) */
};
WT_KEEP(process_fork)
#define WT_EVENT_PROCESS_EXEC 5

/* a tracked process executed a program */
struct wt_process_exec {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* when (ns since the recording began) */
	char comm[16]; /* its name from now on (thread name, untrusted text) */
};
WT_KEEP(process_exec)
#define WT_EVENT_PROCESS_EXIT 6

/* a thread of a tracked process ended */
struct wt_process_exit {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* when (ns since the recording began) */
	__u32 code; /* exit code as wait4 gives it (number) */
	__u32 last; /* 1 when it was the last thread of its process (0 or 1) */
};
WT_KEEP(process_exit)
#define WT_EVENT_THREAD_NAME 7

/* a tracked thread was given a name */
struct wt_thread_name {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* when (ns since the recording began) */
	char comm[16]; /* the name (thread name, untrusted text) */
};
WT_KEEP(thread_name)
#define WT_EVENT_LIBRARY_MAPPED 8

/* a process begins to use a file with code */
struct wt_library_mapped {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* when (ns since the recording began) */
	__u64 inode; /* inode of the file (raw register value) */
	__u32 device; /* device of the file, as the kernel encodes it (major << 20 | minor) (number) */
	__u32 held; /* whether the process was stopped so that no call is missed: see library_holds (number) */
	char name[64]; /* last part of the file name (text) */
};
WT_KEEP(library_mapped)
#define WT_EVENT_STACK 9

/* the stack of a thread: the last of the events of one stack */
struct wt_stack {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* of what it was taken: entry of the call, begin of the wait, time of the sample (ns since the recording began) */
	__u32 reason; /* see stack_reasons (number) */
	__u32 weight; /* how many events of this kind the stack stands for; 1 for a slow call (number of events this row stands for (1/p when sampled)) */
	__u32 op; /* which call: an id of the catalogue; 0 for none (number) */
	__u32 unused; /* always 0 (number) */
	__u16 user_frames; /* how many addresses there are in `address` (number) */
	__u16 kernel_frames; /* how many there are in `kernel` (number) */
	__u16 python; /* see python_states (number) */
	__u16 pieces; /* how many events stack_memory precede it (number) */
	__u64 trampoline; /* where return probes send functions back to, 0 when there are none (address in the traced process) */
	__u64 hijacked_at[8]; /* stack pointers at the entry of the calls that a return probe waits for (address in the traced process) */
	__u64 hijacked_to[8]; /* where they return to (address in the traced process) */
	__u64 address[64]; /* where it runs (a call: where it returns to), then return addresses, by frame pointers (address in the traced process) */
	__u64 kernel[24]; /* addresses in the kernel, the innermost first (raw register value) */
};
WT_KEEP(stack)
#define WT_EVENT_SCOPE 10

/* a stretch in which a tracked thread did something in the kernel, running and waiting */
struct wt_scope {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 start; /* from (ns since the recording began) */
	__u64 end; /* to (ns since the recording began) */
	__u32 kind; /* what it did: see scope_kinds (number) */
	__u32 detail; /* order of the allocation (number) */
	__u64 value; /* pages that were reclaimed (raw register value) */
};
WT_KEEP(scope)
#define WT_EVENT_MOMENT 11

/* something that happened at one time, to a tracked thread or on the whole machine */
struct wt_moment {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* when (ns since the recording began) */
	__u64 value; /* what its kind says (raw register value) */
	__u32 kind; /* what happened: see moment_kinds (number) */
	__u32 detail; /* what its kind says (number) */
	__u32 by_pid; /* process that did it (process id (thread group id)) */
	__u32 by_tid; /* thread that did it (thread id) */
	char comm[16]; /* its name (thread name, untrusted text) */
};
WT_KEEP(moment)
#define WT_EVENT_PYTHON_STACK 12

/* the Python frames of a stack, the innermost first */
struct wt_python_stack {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* as in stack (ns since the recording began) */
	__u32 frames; /* how many there are (number) */
	__u32 complete; /* 1 when the outermost was reached (0 or 1) */
	__u64 code[128]; /* code objects: python_code.code (raw register value) */
	__u32 place[128]; /* see python_places (number) */
};
WT_KEEP(python_stack)
#define WT_EVENT_PYTHON_CODE 13

/* a code object of Python that had not been met before */
struct wt_python_code {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 code; /* names it among all code objects of the recording (raw register value) */
	__u64 address; /* where it lies (address in the traced process) */
	__u32 first_line; /* line of its definition (number) */
	__u32 table_bytes; /* size of its line table, which follows in events python_table (number) */
	__u32 bytecode_bytes; /* size of its bytecode (number) */
	__u32 version; /* of its Python: major << 8 | minor (number) */
	__u16 file_bytes; /* bytes of `file` that count (number) */
	__u16 name_bytes; /* bytes of `name` that count (number) */
	__u16 file_width; /* bytes of a character in `file`: 1 (Latin 1), 2 or 4 (number) */
	__u16 name_width; /* bytes of a character in `name` (number) */
	char file[256]; /* path of its source (text written by a traced program, untrusted) */
	char name[128]; /* its qualified name, or its name before Python 3.11 (text written by a traced program, untrusted) */
};
WT_KEEP(python_code)
#define WT_EVENT_PYTHON_TABLE 14

/* a piece of the line table of a code object */
struct wt_python_table {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 code; /* python_code.code (raw register value) */
	__u32 at; /* byte of the table at which the piece begins (number) */
	__u32 size; /* bytes that count (number) */
	char data[1024]; /* the bytes (text written by a traced program, untrusted) */
};
WT_KEEP(python_table)
#define WT_EVENT_STACK_MEMORY 15

/* a piece of the user stack of a thread, from its stack pointer on */
struct wt_stack_memory {
	__u32 type; /* id of the event, the first word of every record (number) */
	__u32 cpu; /* CPU on which the event was emitted (CPU number) */
	__u32 pid; /* process the event belongs to (process id (thread group id)) */
	__u32 tid; /* thread the event belongs to (thread id) */
	__u64 time; /* as in stack (ns since the recording began) */
	__u64 at; /* where the piece lies (address in the traced process) */
	__u32 size; /* bytes that count (number) */
	__u32 piece; /* its number; registers come with the first, 0 (number) */
	__u64 registers[17]; /* as DWARF numbers them (raw register value) */
	char data[4096]; /* the bytes (text written by a traced program, untrusted) */
};
WT_KEEP(stack_memory)
