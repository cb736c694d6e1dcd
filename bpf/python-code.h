/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * A code object of Python: what tells it from others, and telling user space of one that it has not met, with its names and
 * its line table. Must not know of frames.
 */
#pragma once
#include "emit.h"
#include "python-process.h"

/* Of what is new in one stack: what is beyond that is told of at the next meeting. */
#define NEW_CODES 8
#define NEW_PIECES WT_PYTHON_TABLE_PIECES
#define MAX_CHARACTERS (1 << 20)
/* struct PyASCIIObject, of its state: interned:2 kind:3 compact:1 ascii:1 (Include/cpython/unicodeobject.h). */
#define TEXT_WIDTH(state) ((state) >> 2 & 7)
#define IS_COMPACT(state) ((state) >> 5 & 1)
#define IS_ASCII(state) ((state) >> 6 & 1)
#define OBJECT_TYPE 8 /* struct PyObject: ob_refcnt, ob_type */

/* A code object. Its address is used again when it is freed: all these being the same too is as good as certainty. */
struct code_key {
	__u64 code, file, name, table;
	__u64 mark;
	__u32 life, first_line;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct code_key);
	__type(value, __u64);
} told_codes SEC(".maps");

/* Code as it was met, and by which thread; and what may still be sent of what is new in its stack. */
struct met_code {
	struct code_key key;
	__u32 pid, tid;
	__u32 codes, pieces;
	__u64 id; /* that it was given */
};

/*
 * The smaller of both, as the kernel's checker sees it: what the compiler knows of a number already, it would not compare again,
 * and of what is no longer in a register kernels before 6.12 have forgotten it.
 */
static __always_inline __u32 at_most(__u32 most, __u32 number)
{
	asm volatile("" : "+r"(number));
	return number > most ? most : number;
}

static __always_inline bool read_word(void *to, __u32 size, __u64 from)
{
	return !bpf_probe_read_user(to, size, (void *)from);
}

struct text_place {
	__u64 at;
	__u32 bytes, width;
};

/* Where the characters of a string lie, at most `room` bytes: the first ones, or the last ones, which say more of a path. */
static __always_inline bool find_text(const struct wt_python_process *process, __u64 string, __u32 room, bool last,
				      struct text_place *place)
{
	__u64 length = 0;
	__u32 state = 0, width;

	if (!read_word(&length, sizeof(length), string + process->text_length) ||
	    !read_word(&state, sizeof(state), string + process->text_state))
		return false;
	width = TEXT_WIDTH(state);
	place->width = width;
	place->bytes = 0;
	place->at = string;
	if (!IS_COMPACT(state)) /* characters elsewhere: no compiler makes such names */
		return true;
	if ((width != 1 && width != 2 && width != 4) || length > MAX_CHARACTERS)
		return false;
	place->at += IS_ASCII(state) ? process->text_ascii : process->text_wide;
	length *= width;
	if (length > room) {
		if (last)
			place->at += length - room;
		length = room;
	}
	place->bytes = length;
	return true;
}

/*
 * A piece of the line table of the code object that is told of; false where it cannot be read or sent. Not static, so that the
 * kernel's checker looks at it once: kernels before 6.12 give up where it is looked at for each piece.
 */
__noinline bool send_piece(const struct wt_config *config, const struct met_code *met, __u64 data, __u32 at, __u32 size)
{
	struct wt_python_table *piece;

	if (!config || !met)
		return false;
	piece = reserve(config, sizeof(*piece), WT_LOSS_RING_FULL_STACK);
	if (!piece)
		return false;
	size = at_most(sizeof(piece->data), size);
	if (bpf_probe_read_user(piece->data, size, (void *)(data + at))) {
		bpf_ringbuf_discard(piece, BPF_RB_NO_WAKEUP);
		return false;
	}
	FILL_HEAD(piece, WT_EVENT_PYTHON_TABLE, met->pid, met->tid);
	piece->code = met->id;
	piece->at = at;
	piece->size = size;
	SEND(piece);
	return true;
}

/*
 * The id under which user space knows a code object; 0 where it may not. It keeps the last ones that it was told of: what is
 * older is told of again, since how long the table above keeps what is never certain.
 */
static __always_inline __u64 told_id(const struct code_key *key)
{
	__u64 *id = bpf_map_lookup_elem(&told_codes, key), last = last_id();

	return id && last - *id < WT_PYTHON_CODES_KEPT ? *id : 0;
}

static __always_inline __u64 bytecode_bytes(const struct wt_python_process *process, __u64 code)
{
	__u64 size = 0, bytes = 0;

	if (process->frame_style == WT_FRAMES_OBJECTS) {
		if (read_word(&bytes, sizeof(bytes), code + process->code_bytecode))
			read_word(&size, sizeof(size), bytes + process->bytes_size);
		return size;
	}
	read_word(&size, sizeof(size), code + process->bytes_size); /* a code object has its size where bytes have it */
	return size * 2;
}

/* Of a table that is too large to be sent, none are. */
static __always_inline __u32 pieces_of(__u64 size)
{
	return size > NEW_PIECES * WT_PYTHON_TABLE_PIECE ? 0 : (size + WT_PYTHON_TABLE_PIECE - 1) / WT_PYTHON_TABLE_PIECE;
}

/*
 * Tells of the code object of `met->key`: its names and its line table. Returns its id, or 0 where not all of it could or may
 * be sent; then it is told of again at the next meeting. Not static, so that the kernel's checker looks at it once.
 */
__noinline __u64 tell_code(const struct wt_config *config, const struct wt_python_process *process, struct met_code *met)
{
	struct text_place file = {}, name = {};
	struct wt_python_code *event;
	__u64 size = 0, data;
	__u32 at = 0, pieces;

	if (!config || !process || !met || !met->codes)
		return 0;
	if (!find_text(process, met->key.file, sizeof(event->file), true, &file) ||
	    !find_text(process, met->key.name, sizeof(event->name), false, &name) ||
	    !read_word(&size, sizeof(size), met->key.table + process->bytes_size) || size >> 31)
		return 0;
	pieces = pieces_of(size);
	if (pieces > met->pieces)
		return 0;
	met->codes--;
	met->pieces -= pieces;
	met->id = new_id();
	event = reserve(config, sizeof(*event), WT_LOSS_RING_FULL_STACK);
	if (!event)
		return 0;
	file.bytes = at_most(sizeof(event->file), file.bytes);
	name.bytes = at_most(sizeof(event->name), name.bytes);
	if (bpf_probe_read_user(event->file, file.bytes, (void *)file.at) ||
	    bpf_probe_read_user(event->name, name.bytes, (void *)name.at)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return 0;
	}
	FILL_HEAD(event, WT_EVENT_PYTHON_CODE, met->pid, met->tid);
	event->code = met->id;
	event->address = met->key.code;
	event->first_line = met->key.first_line;
	event->table_bytes = size;
	event->bytecode_bytes = bytecode_bytes(process, met->key.code);
	event->version = process->version;
	event->file_bytes = file.bytes;
	event->name_bytes = name.bytes;
	event->file_width = file.width;
	event->name_width = name.width;
	SEND(event);
	data = met->key.table + process->bytes_data;
	for (int i = 0; i < NEW_PIECES && i < pieces; i++, at += WT_PYTHON_TABLE_PIECE)
		if (!send_piece(config, met, data, at, size - at))
			return 0;
	return met->id;
}

#define CODE_WORDS 12 /* of 8 bytes: what is read of a code object, or of a frame, at most. Kernels grant 512 bytes to all callers */

/* A number or pointer in memory that was read from `base` on, where it lies within one word. */
static __always_inline __u64 member(const __u64 *words, __u32 base, __u32 offset)
{
	offset -= base;
	return words[at_most(CODE_WORDS - 1, offset / 8)] >> offset % 8 * 8;
}

/* A table's size and first bytes, for versions that do not number their code objects. `words`, four of them, are for its own use. */
static __always_inline __u64 digest(const struct wt_python_process *process, __u64 table, __u64 *words)
{
	if (!read_word(words, 4 * sizeof(*words), table + process->bytes_size))
		return 0;
	return words[0] * 0x9e3779b97f4a7c15 ^ words[2] * 0xc2b2ae3d27d4eb4f ^ words[3];
}

/* `words`, CODE_WORDS of them, are for its own use. */
static __always_inline bool identify(const struct wt_python_process *process, __u64 code, struct code_key *key, __u64 *words)
{
	__u32 base = process->code_first_line & ~7, size = process->code_bytes;

	if (size > CODE_WORDS * sizeof(*words) || bpf_probe_read_user(words, size, (void *)(code + base)))
		return false;
	key->code = code;
	key->life = process->life;
	key->first_line = member(words, base, process->code_first_line);
	key->file = member(words, base, process->code_file);
	key->name = member(words, base, process->code_name);
	key->table = member(words, base, process->code_table);
	key->mark = member(words, base, process->code_mark);
	if (process->version < 0x30c)
		key->mark ^= digest(process, key->table, words);
	return true;
}
