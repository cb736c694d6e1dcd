/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What is guarded, and how it is told from all that is not: nearly every file that is opened is none of our business. */
#pragma once
#include "look.h"
#include "typed.h"

#define GUARDED 4096
#define SAME_NUMBER 4
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
	__u64 *self = look_state_of(1);
	struct look_file *look;

	if (self && *self == bpf_get_current_pid_tgid() >> 32)
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

/* Whether a whole path may lead to a guarded folder although it does not begin like one: `//`, `/./`, `/../`, through /proc. */
static __always_inline bool is_roundabout(const char *text)
{
	if (text[1] == 'p' && text[2] == 'r' && text[3] == 'o' && text[4] == 'c' && text[5] == '/')
		return true;
	for (int i = 0; i < NAME_BYTES - 3; i++) {
		if (!text[i])
			return false;
		if (text[i] != '/')
			continue;
		if (text[i + 1] == '/')
			return true;
		if (text[i + 1] == '.' && (text[i + 2] == '/' || (text[i + 2] == '.' && text[i + 3] == '/')))
			return true;
	}
	return false;
}

/* A name that was taken away or put in place: a relative one by the folder that it starts from, which is an object. */
static __always_inline int look_at_path(long returned, long folder_fd, __u64 path, __u32 action, __u32 wanted)
{
	struct task_struct___look *task = (void *)bpf_get_current_task_btf();
	struct path_key key = { .bits = NAME_BYTES * 8 };
	struct inode___look *folder = NULL;
	struct look_file *look;
	__u32 *found, guards;

	if (returned < 0 || bpf_probe_read_user_str(key.text, NAME_BYTES, (void *)path) <= 1)
		return 0;
	if (key.text[0] == '/') {
		found = bpf_map_lookup_elem(&guarded_paths, &key);
		/* Whoever reads what is sent makes the path plain, and looks where it leads. */
		guards = found ? *found : is_roundabout(key.text) ? wanted : 0;
	} else {
		folder = (int)folder_fd == AT_FDCWD ? READ(READ(READ(task, fs), pwd.dentry), d_inode)
						    : READ(file_behind((int)folder_fd), f_inode);
		guards = guards_of(folder);
	}
	guards &= wanted;
	if (!guards)
		return 0;
	look = new_look(action, guards, 0, folder);
	if (!look)
		return 0;
	bpf_probe_read_kernel_str(look->name, NAME_BYTES, key.text);
	bpf_ringbuf_submit(look, BPF_RB_FORCE_WAKEUP);
	return 0;
}
