/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What is guarded, and how it is told from all that is not: nearly every file that is opened is none of our business. */
#pragma once
#include "look.h"
#include "typed.h"

#define GUARDED 4096
/* Each folder is led to from all those above it. */
#define STARTS (4 * GUARDED)
#define SAME_NUMBER 4
/* `../` and `./` at the beginning of a path that are walked; and mounts upon each other. */
#define MOST_STEPS 16
#define MOST_UPS 8
#define MOST_MOUNTS 3
/* Beside what is guarded: somewhere below this folder there is something that is. */
#define LEADS_TO_GUARDED (1U << 31)
/* fcntl.h of asm-generic. The kernel drops O_TRUNC from the flags of an open file. */
#define O_ACCMODE 03
#define O_TRUNC 01000
#define AT_FDCWD -100
/* include/linux/fs.h: this open made the file. */
#define FMODE_CREATED (1 << 20)

/* Why a file is guarded; of a folder, what is in it. */
enum { GUARD_SECRET = 1, GUARD_LOG = 2, GUARD_START = 4, GUARD_OWN = 8 };
/* What was done: opened, its name taken away, a file put in its place, moved elsewhere, made empty. */
enum { FILE_OPENED = 1, FILE_REMOVED, FILE_PLACED, FILE_MOVED, FILE_CUT };

/* A place in a table of files: what a pointer points to has no type to read through, this struct begins with one. */
struct poll_table_entry___look {
	struct file___look *filp;
} __attribute__((preserve_access_index));
/* What is guarded of the files and folders with one number: few devices have the same. */
struct guard {
	__u32 device[SAME_NUMBER], guards[SAME_NUMBER];
};
struct path_key {
	__u32 bits;
	char text[NAME_BYTES];
};

/* Where a relative path starts, and how it goes on. */
struct start_key {
	__u32 bits, device;
	__u64 inode;
	char text[NAME_BYTES];
};
struct mount___look {
	struct mount___look *mnt_parent;
	struct dentry___look *mnt_mountpoint;
	struct vfsmount___look mnt;
} __attribute__((preserve_access_index));

/* By number of the inode alone, since that is had first. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GUARDED);
	__type(key, __u64);
	__type(value, struct guard);
} guarded SEC(".maps");
/* Folders by how a path into them begins. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, GUARDED);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct path_key);
	__type(value, __u32);
} guarded_paths SEC(".maps");

/* The same by the folder where a relative path starts. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, STARTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct start_key);
	__type(value, __u32);
} guarded_starts SEC(".maps");

static __always_inline __u32 device_of(struct inode___look *inode)
{
	return READ(READ(inode, i_sb), s_dev);
}

static __always_inline __u32 guards_of(struct inode___look *inode)
{
	__u64 number = READ(inode, i_ino);
	struct guard *guard = bpf_map_lookup_elem(&guarded, &number);
	__u32 device;

	if (!guard)
		return 0;
	device = device_of(inode);
#pragma unroll
	for (int i = 0; i < SAME_NUMBER; i++)
		if (guard->guards[i] && guard->device[i] == device)
			return guard->guards[i];
	return 0;
}

static __always_inline struct file___look *file_behind(long descriptor)
{
	struct task_struct___look *task = (void *)bpf_get_current_task_btf();
	struct fdtable___look *table = READ(READ(task, files), fdt);
	struct file___look **slots = READ(table, fd);

	if (descriptor < 0 || descriptor >= READ(table, max_fds))
		return NULL;
	return READ((struct poll_table_entry___look *)&slots[descriptor], filp);
}

static __always_inline struct inode___look *folder_of(struct file___look *file)
{
	return READ(READ(READ(file, f_path.dentry), d_parent), d_inode);
}

static __always_inline struct look_file *new_look(__u32 action, __u32 guards, __u32 flags, struct inode___look *folder)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 *self = look_state_of(1);
	struct look_file *look;

	if ((self && *self == pid) || !look_has_room(LOOK_FILE, MOST_FILES, pid))
		return NULL;
	look = bpf_ringbuf_reserve(&looks, sizeof(*look), 0);
	if (!look) {
		count_lost_look();
		return NULL;
	}
	fill_head(&look->head, LOOK_FILE);
	look->action = action;
	look->guards = guards;
	look->flags = flags;
	look->device = 0;
	look->inode = 0;
	look->folder_inode = folder ? READ(folder, i_ino) : 0;
	look->folder_device = folder ? device_of(folder) : 0;
	look->is_new = 0;
	return look;
}

/* The file behind a descriptor: whatever name or link led to it. `wanted`: what of its guards this concerns. */
static __always_inline int look_at_file(struct file___look *file, __u32 action, __u32 flags, __u32 wanted)
{
	struct inode___look *inode;
	struct look_file *look;
	__u32 guards;

	if (!file)
		return 0;
	inode = READ(file, f_inode);
	guards = guards_of(inode);
	/* A folder guards what is changed in it, not what is read. */
	if (wanted != GUARD_SECRET)
		guards |= guards_of(folder_of(file)) & ~GUARD_SECRET;
	guards &= wanted;
	if (!guards)
		return 0;
	look = new_look(action, guards, flags, folder_of(file));
	if (!look)
		return 0;
	look->is_new = (READ(file, f_mode) & FMODE_CREATED) != 0;
	look->inode = READ(inode, i_ino);
	look->device = device_of(inode);
	bpf_probe_read_kernel_str(look->name, NAME_BYTES, READ(READ(file, f_path.dentry), d_name.name));
	bpf_ringbuf_submit(look, BPF_RB_FORCE_WAKEUP);
	return 0;
}
