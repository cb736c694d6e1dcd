/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The Python frames of the current thread. Where things lie is told for each process by user space, which has proven it; what
 * can be checked again at little cost is: that a thread state is this thread's, that a code object is one.
 */
#pragma once
#include "python-code.h"
#include "python-process.h"

#define MAX_HOPS 256 /* frames looked at: some are not shown */
#define OWNED_BY_GENERATOR 1 /* enum _frameowner of CPython; from 3 on it is the mark of a native call */
#define OWNED_BY_NATIVE 3
#define NO_PLACE (WT_PLACE_ENTRY | WT_PLACE_UNKNOWN)

/* Where a walk along the frames is, and what it found there. */
struct python_walk {
	__u64 frame; /* the next one */
	__u64 code; /* id of its code object, 0 where it could not be told */
	__u32 place;
	__u32 ends_run; /* it is the outermost of one native call */
	__u32 in_run; /* frames of that call before it */
	__u32 frames; /* found so far */
	struct met_code met;
};

/* What a step found. */
#define STEP_FAILED 0
#define STEP_FRAME 1
#define STEP_NEW_CODE 2 /* a frame of code that is not told of yet */
#define STEP_HIDDEN 3 /* nothing to show, but maybe the end of a run */

/* Looks at one frame and moves to the one around it. Not static: see tell_code. */
__noinline int step_python(const struct wt_python_process *process, struct python_walk *walk)
{
	__u64 words[CODE_WORDS] = {}, code, instruction, type = 0;
	__u32 base, size, traceable = 0;
	__s64 place;
	__u8 owner;

	if (!process || !walk)
		return STEP_FAILED;
	/* Of an object what comes first in it is not needed, and would be too much. */
	base = process->frame_style == WT_FRAMES_OBJECTS ? process->frame_previous : 0;
	size = process->frame_bytes - base;
	if (size > sizeof(words) || bpf_probe_read_user(words, size, (void *)(walk->frame + base)))
		return STEP_FAILED;
	walk->frame = member(words, base, process->frame_previous);
	walk->ends_run = process->frame_style == WT_FRAMES_OBJECTS;
	if (process->frame_style == WT_FRAMES_MARKED)
		walk->ends_run = (__u8)member(words, 0, process->frame_entry) != 0;
	owner = process->frame_style == WT_FRAMES_OBJECTS ? 0 : member(words, 0, process->frame_owner);
	if (process->frame_style == WT_FRAMES_SHIMS && owner >= OWNED_BY_NATIVE) {
		walk->ends_run = true;
		return STEP_HIDDEN;
	}
	code = member(words, base, process->frame_code) & ~7ULL; /* 3.14 keeps marks in the low bits of such pointers */
	instruction = member(words, base, process->frame_instruction);
	if (!read_word(&type, sizeof(type), code + OBJECT_TYPE) || type != process->code_type)
		return STEP_FAILED;
	if (process->frame_style == WT_FRAMES_OBJECTS) {
		place = (__s64)(__s32)instruction * process->number_scale;
	} else {
		if (!read_word(&traceable, sizeof(traceable), code + process->code_traceable))
			return STEP_FAILED;
		place = instruction - code - process->code_bytecode;
		/* _PyFrame_IsIncomplete: it has not begun, or is none of a function (Include/internal/pycore_frame.h). */
		if (owner != OWNED_BY_GENERATOR && place < (__s64)traceable * 2)
			return STEP_HIDDEN;
	}
	if (!identify(process, code, &walk->met.key, words))
		return STEP_FAILED;
	walk->place = place >= 0 && place < WT_PLACE_UNKNOWN ? place : WT_PLACE_UNKNOWN;
	return STEP_FRAME;
}

static __always_inline __u64 pthread_self(const struct wt_python_process *process)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();

	return THREAD_POINTER(task) - process->self_before;
}

/*
 * The innermost frame of this thread; WT_PYTHON_NONE where it is no thread of Python's or in no frame. A function of its own:
 * what it needs on the stack is free again when the frames are walked along.
 */
static __noinline __u32 first_frame(const struct wt_python_process *process, __u64 *frame)
{
	__u64 self = pthread_self(process), block = 0, thread = 0, id = 0;

	if (!read_word(&block, sizeof(block), self + process->slot))
		return WT_PYTHON_FAILED;
	if (!block)
		return WT_PYTHON_NONE;
	if (!read_word(&thread, sizeof(thread), block + process->slot_data))
		return WT_PYTHON_FAILED;
	if (!thread)
		return WT_PYTHON_NONE;
	if (!read_word(&id, sizeof(id), thread + process->thread_id) || id != self ||
	    !read_word(frame, sizeof(*frame), thread + process->thread_frame))
		return WT_PYTHON_FAILED;
	if (process->indirect && *frame && !read_word(frame, sizeof(*frame), *frame + process->indirect_frame))
		return WT_PYTHON_FAILED;
	return *frame ? WT_PYTHON_READ : WT_PYTHON_NONE;
}

/*
 * A run of frames of which none is shown has one without code: a native frame of the interpreter's goes with each run. Not
 * static: see tell_code.
 */
__noinline int add_frame(struct wt_python_stack *stack, struct python_walk *walk, bool shown)
{
	__u32 at, ends;

	if (!stack || !walk)
		return 0;
	at = walk->frames & (WT_PYTHON_FRAMES - 1);
	ends = walk->ends_run ? WT_PLACE_ENTRY : 0;
	if (shown) {
		if (!walk->code && walk->place == WT_PLACE_UNKNOWN)
			walk->place = 0; /* else it would be what stands for a frame without code */
		stack->code[at] = walk->code;
		stack->place[at] = walk->place | ends;
	} else if (ends && !walk->in_run) {
		stack->code[at] = 0;
		stack->place[at] = NO_PLACE;
	} else {
		if (ends)
			stack->place[(at - 1) & (WT_PYTHON_FRAMES - 1)] |= WT_PLACE_ENTRY;
		walk->in_run = ends ? 0 : walk->in_run;
		return 0;
	}
	walk->in_run = ends ? 0 : walk->in_run + 1;
	walk->frames++;
	return 0;
}

/*
 * Sends the Python frames of the current thread, and what is new to user space of their code, which in the ring comes after
 * them but before what is sent after the return. Returns a value of python_states; in a process without Python at the cost of
 * one look-up. Not static: see tell_code.
 */
__noinline __u32 send_python_stack(const struct wt_config *config, __u32 pid, __u32 tid, __u64 time)
{
	const struct wt_python_process *process = bpf_map_lookup_elem(&pythons, &pid);
	struct python_walk walk = { .met = { .pid = pid, .tid = tid, .codes = NEW_CODES, .pieces = NEW_PIECES } };
	struct wt_python_stack *stack;
	__u32 state;
	int found = STEP_FAILED;

	if (!config || !process)
		return WT_PYTHON_NONE;
	state = first_frame(process, &walk.frame);
	if (state != WT_PYTHON_READ)
		return state;
	stack = reserve(config, sizeof(*stack), WT_LOSS_RING_FULL_STACK);
	if (!stack)
		return WT_PYTHON_FAILED;
	for (int i = 0; i < MAX_HOPS && walk.frame && walk.frames < WT_PYTHON_FRAMES; i++) {
		found = step_python(process, &walk);
		/* Here, where the key is on the stack: kernels before 6.3 take none from elsewhere in memory. */
		if (found == STEP_FRAME) {
			walk.code = told_id(&walk.met.key);
			if (!walk.code)
				found = STEP_NEW_CODE;
		}
		if (found == STEP_FAILED)
			break;
		if (found == STEP_NEW_CODE) {
			walk.code = tell_code(config, process, &walk.met);
			if (walk.code && bpf_map_update_elem(&told_codes, &walk.met.key, &walk.code, BPF_ANY))
				walk.code = 0;
		}
		add_frame(stack, &walk, found != STEP_HIDDEN);
	}
	if (!walk.frames) {
		bpf_ringbuf_discard(stack, BPF_RB_NO_WAKEUP);
		return walk.frame || found == STEP_FAILED ? WT_PYTHON_FAILED : WT_PYTHON_NONE;
	}
	FILL_HEAD(stack, WT_EVENT_PYTHON_STACK, pid, tid);
	stack->time = time;
	stack->frames = walk.frames;
	/* A step that failed may have moved on. A generator's frame that is just left or entered has none around it for a moment. */
	stack->complete = found != STEP_FAILED && !walk.frame && walk.ends_run;
	SEND(stack);
	return WT_PYTHON_READ;
}
