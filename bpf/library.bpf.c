/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Code that processes begin to use. A tracked process that uses a CUDA library whose probes are not attached yet can be
 * stopped here until they are, so that not even its first call is missed.
 */
#include "filter.h"
#include "control.h"
#include "waiting.h"

#define PROT_EXEC 4 /* include/uapi/asm-generic/mman-common.h */
#define OWNER_FLAGS 7ULL /* kernel/locking/rwsem.c: in the lowest bits of the owner */
#define OWNED_BY_READERS 1ULL
#define SIGSTOP 19
#define LIBRARY_NAME sizeof(((struct wt_library_mapped *)0)->name)

/* Library files whose probes are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wt_file_key);
	__type(value, __u32);
} attached SEC(".maps");

struct library_use {
	struct wt_file_key key;
	__u64 born; /* when the process was: its id may be given to another */
	__u64 program; /* how often it has begun to execute another program */
	__u32 pid, unused;
};

/* When that may be told again, in ns: while the probes of a CUDA library are not in place. */
struct telling {
	__u64 again, pause;
};
#define TELL_AGAIN 10000000

/* Which process uses which library: those that were told last. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct library_use);
	__type(value, struct telling);
} told SEC(".maps");

static __always_inline bool is_cuda(const char *name)
{
	return name[0] == 'l' && name[1] == 'i' && name[2] == 'b' && name[3] == 'c' && name[4] == 'u' && name[5] == 'd' &&
	       name[6] == 'a' && (name[7] == '.' || name[7] == '-' || name[7] == 'r');
}

/* Stopped once even if the probes are in place: user space reads what the process has mapped, to name its functions. */
static __always_inline bool is_first_library(__u32 pid)
{
	__u32 *seen = bpf_map_lookup_elem(&tracked, &pid);

	if (!seen || *seen != TRACKED)
		return false;
	*seen = TRACKED_WITH_LIBRARY;
	return true;
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* The lock of what a process has mapped; whoever changes that holds it. */
struct rw_semaphore___owned {
	struct {
		long counter;
	} owner;
};
struct mm_struct___locked {
	struct rw_semaphore___owned mmap_lock;
};
#pragma clang attribute pop

/*
 * Whether this task is changing what its process has mapped. Where a file has probes already, of another recorder or our own, the
 * kernel touches its code while it is being mapped, to set them: before all of the file is there, and perhaps before any of it can be
 * executed. Whoever looked then would find no library.
 */
static __always_inline bool is_mapping(struct task_struct *task)
{
	struct mm_struct___locked *mm = (void *)BPF_CORE_READ(task, mm);
	__u64 owner;

	if (!bpf_core_field_exists(mm->mmap_lock.owner))
		return false;
	owner = BPF_CORE_READ(mm, mmap_lock.owner.counter);
	return !(owner & OWNED_BY_READERS) && (owner & ~OWNER_FLAGS) == bpf_get_current_task();
}

/* A file may be mapped to be read, and be gone when user space looks; when it is mapped to be executed, that is told too. */
static __always_inline bool may_tell_again(struct telling *telling, const struct wt_file_key *key)
{
	__u64 now = bpf_ktime_get_ns();

	if (now < telling->again || bpf_map_lookup_elem(&attached, key))
		return false;
	telling->again = now + telling->pause;
	telling->pause *= 8;
	return true;
}

static __always_inline bool is_library(const char *name)
{
	for (int i = 0; i < LIBRARY_NAME - 3; i++)
		if (name[i] == '.' && name[i + 1] == 's' && name[i + 2] == 'o')
			return true;
	return false;
}

/*
 * A process uses code of a file: told once for each file. One that is not tracked only matters when the file is a CUDA
 * library.
 */
static __always_inline void use_library(struct inode *inode, const unsigned char *name)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32, value = TRACKED;
	struct task_struct *task = bpf_get_current_task_btf();
	struct library_use use = { .pid = pid, .born = task->group_leader->start_time, .program = task->self_exec_id };
	const struct wt_config *config = settings();
	struct telling *known, telling;
	struct wt_library_mapped *event;
	char start[9] = {}; /* as much as is_cuda() looks at */
	bool ours, cuda;

	if (!config || pid == config->observer)
		return;
	ours = is_tracked(config, pid);
	if (!ours && !config->watch_exec)
		return;
	bpf_probe_read_kernel_str(start, sizeof(start), name);
	cuda = is_cuda(start);
	if (!ours && !cuda)
		return;
	use.key.inode = READ(inode, i_ino);
	use.key.device = READ(READ(inode, i_sb), s_dev);
	known = bpf_map_lookup_elem(&told, &use);
	if ((known && !cuda) || is_mapping(task))
		return;
	if (known && !may_tell_again(known, &use.key))
		return;
	event = reserve_control(sizeof(*event));
	if (!event)
		return;
	/* Files of other kinds too: what is told once is not looked at with each page of them. */
	if (!known) {
		telling.again = bpf_ktime_get_ns() + TELL_AGAIN;
		telling.pause = TELL_AGAIN;
		bpf_map_update_elem(&told, &use, &telling, BPF_ANY);
	}
	bpf_probe_read_kernel_str(event->name, sizeof(event->name), name);
	if (!cuda && !is_library(event->name)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return;
	}
	/* At once: user space would come too late for the first calls of a library that is probed already. */
	if (!ours && config->track_cuda) {
		if (bpf_map_update_elem(&tracked, &pid, &value, BPF_ANY))
			count_loss(WT_LOSS_PROCESS_TABLE_FULL);
		track_anew();
	}
	FILL_HEAD(event, WT_EVENT_LIBRARY_MAPPED, pid, id);
	event->time = bpf_ktime_get_ns();
	event->inode = use.key.inode;
	event->device = use.key.device;
	event->held = WT_HOLD_NO;
	if (cuda && ours && config->hold && (is_first_library(pid) || !bpf_map_lookup_elem(&attached, &use.key)))
		event->held = bpf_send_signal(SIGSTOP) ? WT_HOLD_FAILED : WT_HOLD_YES;
	SEND_URGENTLY(event);
}

static __always_inline void touch_file(struct address_space *mapping)
{
	struct inode *inode = READ(mapping, host);
	struct hlist_node *alias = inode ? READ(inode, i_dentry.first) : NULL;
	struct dentry *dentry;

	if (!alias)
		return;
	if (bpf_core_field_exists(struct dentry___nameless, d_alias))
		dentry = (void *)alias - bpf_core_field_offset(struct dentry___nameless, d_alias);
	else
		dentry = (void *)alias - bpf_core_field_offset(struct dentry, d_u.d_alias);
	use_library(inode, READ(dentry, d_name.name));
}

/*
 * The first touch of a page that is mapped from a file, whether it is in memory or not. A loader touches what it has just
 * mapped, all of it, before it runs anything there. Not the return of mmap(2): while a tracepoint of a system call is in
 * use, every system call of every program is slower. Not vm_unmapped_area either: a library that wants more than its
 * page's alignment, as NVIDIA's do, is mapped to a fixed place.
 */
SEC("raw_tp/mm_filemap_map_pages")
int on_map_pages(__u64 *ctx)
{
	touch_file((void *)ctx[0]);
	return 0;
}

SEC("raw_tp/mm_filemap_fault")
int on_fault_in(__u64 *ctx)
{
	touch_file((void *)ctx[0]);
	return 0;
}

/* Where the kernel has no such tracepoints (before 6.11): the arguments of mmap(2) are still in the saved registers. */
SEC("raw_tp/sys_exit")
int on_mmap(__u64 *ctx)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	struct file *file;

	if (SYSCALL_NUMBER(regs) != NR_MMAP || !(SYSCALL_ARGUMENT_2(regs) & PROT_EXEC) ||
	    (__s32)SYSCALL_ARGUMENT_4(regs) < 0)
		return 0;
	file = file_of(bpf_get_current_task_btf(), SYSCALL_ARGUMENT_4(regs));
	if (file)
		use_library(READ(file, f_inode), READ(READ(file, f_path.dentry), d_name.name));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
