/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Names that were taken away or put in place: they leave no object, so the path counts, from the folder on where it starts, which is
 * one. Functions of their own, so that the kernel checks each once.
 */
#pragma once
#include "guard.h"

/* Of what `shape_of` returns: bytes of its beginning in the lowest 8 bits, folders up in the next 8. */
#define HAS_SLASH (1U << 16)

static __always_inline bool leads_through_proc(const char *text)
{
	return text[0] == 'p' && text[1] == 'r' && text[2] == 'o' && text[3] == 'c' && text[4] == '/';
}

/* Whether a path may lead to a guarded folder although it does not begin like one: `//`, `/./`, `/../`. */
static __always_inline bool is_roundabout(const char *text)
{
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

/* What guards a path by how it begins; of a roundabout one, whoever reads what is sent makes it plain, and looks where it leads. */
static __always_inline __u32 roundabout_or(__u32 guards, const char *text, bool through_proc, __u32 wanted)
{
	if (guards & wanted)
		return guards;
	return through_proc || is_roundabout(text) ? wanted : 0;
}

/* Whether a relative path names more than one thing, and how far up it leads before it names any: `../`, `./`. */
__noinline __u32 shape_of(struct start_key *path)
{
	__u32 at = 0, ups = 0, slash = 0;

	if (!path)
		return 0;
	for (int i = 0; i < MOST_STEPS; i++) {
		if (at > NAME_BYTES - 4 || path->text[at] != '.')
			break;
		if (path->text[at + 1] == '/') {
			at += 2;
			continue;
		}
		if (path->text[at + 1] != '.' || path->text[at + 2] != '/')
			break;
		at += 3;
		ups++;
	}
	for (int i = 0; i < NAME_BYTES; i++) {
		if (!path->text[i])
			break;
		if (path->text[i] == '/') {
			slash = HAS_SLASH;
			break;
		}
	}
	return slash | ups << 8 | at;
}

/* The folder that lies so many folders above another, over mounts. All are addresses of the kernel. */
__noinline __u64 walk_up(__u64 dentry, __u64 mnt, __u32 ups)
{
	__u64 inside = bpf_core_field_offset(struct mount___look, mnt);

	for (__u32 i = 0; i < MOST_UPS; i++) {
		if (i >= ups)
			break;
		for (int j = 0; j < MOST_MOUNTS; j++) {
			struct mount___look *mount = (void *)(mnt - inside);

			if (dentry != (__u64)BPF_CORE_READ((struct vfsmount___look *)mnt, mnt_root))
				break;
			dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
			mnt = (__u64)BPF_CORE_READ(mount, mnt_parent) + inside;
		}
		dentry = (__u64)BPF_CORE_READ((struct dentry___look *)dentry, d_parent);
	}
	return dentry;
}

/* What guards the place of a relative path; its first bytes lie in `start` already. Leaves there what is left of it. */
static __always_inline __u32 guards_from(struct dentry___look *dentry, struct vfsmount___look *mnt, struct start_key *start,
					 __u64 path, __u32 wanted, struct inode___look **folder)
{
	void *pointers[2] = { dentry, mnt };
	__u64 numbers[2] = {};
	__u32 shape = shape_of(start), *found;

	if (!(shape & HAS_SLASH)) {
		*folder = READ(dentry, d_inode);
		return guards_of(*folder);
	}
	if ((shape >> 8) & 0xff) {
		/* Copied, so that they are numbers: the kernel's checker lets no pointers of these types into a function. */
		bpf_probe_read_kernel(numbers, sizeof(numbers), pointers);
		dentry = (void *)walk_up(numbers[0], numbers[1], (shape >> 8) & 0xff);
	}
	if ((shape & 0xff) && bpf_probe_read_user_str(start->text, NAME_BYTES, (void *)(path + (shape & 0xff))) <= 1)
		return 0;
	*folder = READ(dentry, d_inode);
	start->bits = (sizeof(*start) - sizeof(start->bits)) * 8;
	start->device = device_of(*folder);
	start->inode = READ(*folder, i_ino);
	found = bpf_map_lookup_elem(&guarded_starts, start);
	return found ? roundabout_or(*found & ~LEADS_TO_GUARDED, start->text, leads_through_proc(start->text), wanted) : 0;
}

/* A whole path, whose first bytes lie in `start`: by its text. */
static __always_inline __u32 guards_of_whole(const struct start_key *start, __u32 wanted)
{
	struct path_key key = { .bits = NAME_BYTES * 8 };
	__u32 *found;

	bpf_probe_read_kernel(key.text, NAME_BYTES, start->text);
	found = bpf_map_lookup_elem(&guarded_paths, &key);
	return roundabout_or(found ? *found : 0, key.text, leads_through_proc(key.text + 1), wanted);
}

/* `path` is an address of the program. `wanted`: what of its guards this concerns. */
__noinline int look_at_path(long returned, long folder_fd, __u64 path, __u32 action, __u32 wanted)
{
	struct task_struct___look *task = (void *)bpf_get_current_task_btf();
	struct start_key start = {};
	struct inode___look *folder = NULL;
	struct dentry___look *dentry;
	struct vfsmount___look *mnt;
	struct look_file *look;
	__u32 guards;

	if (returned < 0 || bpf_probe_read_user_str(start.text, NAME_BYTES, (void *)path) <= 1)
		return 0;
	if (start.text[0] == '/') {
		guards = guards_of_whole(&start, wanted);
	} else {
		if ((int)folder_fd == AT_FDCWD) {
			dentry = READ(READ(task, fs), pwd.dentry);
			mnt = READ(READ(task, fs), pwd.mnt);
		} else {
			dentry = READ(file_behind((int)folder_fd), f_path.dentry);
			mnt = READ(file_behind((int)folder_fd), f_path.mnt);
		}
		guards = guards_from(dentry, mnt, &start, path, wanted, &folder);
	}
	guards &= wanted;
	if (!guards)
		return 0;
	look = new_look(action, guards, 0, folder);
	if (!look)
		return 0;
	bpf_probe_read_kernel_str(look->name, NAME_BYTES, start.text);
	bpf_ringbuf_submit(look, BPF_RB_FORCE_WAKEUP);
	return 0;
}
