// Writes the kernel side of a subscription to a library call: one program for its entry, which keeps the arguments, and one for its
// return, which knows the rest and sends. Between them stands a map by thread and stack pointer, so that nested calls do not mix.
// Registers: struct pt_regs of arch/x86/include/asm/ptrace.h, struct user_pt_regs of arch/arm64/include/uapi/asm/ptrace.h.
import { type Assembler, createAssembler } from './assembler.ts';
import { type CallLayout, type EntryWord, isKnownAtReturn } from './call-format.ts';
import type { Test } from './conditions.ts';
import { begin, countSeen, deliver, leave, type ProgramPlan, testAll } from './program.ts';
import { CONTEXT, FRAME, HELPER, STACK, WHO } from './registers.ts';

const MACHINES = {
  /** Arguments in di, si, dx, cx, r8, r9; a call puts its return address between the stack pointer and further ones. */
  x64: { slots: [112, 104, 96, 88, 72, 64], returned: 80, stackPointer: 152, onStack: 8, pops: 8 },
  arm64: { slots: [0, 8, 16, 24, 32, 40, 48, 56], returned: 0, stackPointer: 248, onStack: 0, pops: 0 },
} as const;
type Machine = (typeof MACHINES)[keyof typeof MACHINES];
export const machine: Machine = process.arch === 'arm64' ? MACHINES.arm64 : MACHINES.x64;

const WORD = 8;
/** Thread and stack pointer. */
export const FRAME_KEY_BYTES = 16;
/** Calls of one subscription that run at the same time; of more the oldest are forgotten. */
export const MOST_FRAMES = 4096;

export type CallProgramPlan = ProgramPlan & { readonly calling: CallLayout; readonly framesFd: number };

/** On the stack, below what every program has there: what is kept of the call, its key, what it returned. */
const placesOf = ({ size }: CallLayout) => {
  const value = STACK.end - size;
  const key = value - FRAME_KEY_BYTES;
  return { value, key, returned: key - WORD };
};

const isLate = (test: Test, calling: CallLayout): boolean =>
  typeof test.of !== 'string' && isKnownAtReturn(test.of.name, calling);

/** Reads memory of the program into the stack; what cannot be read is 0. r3 holds the address, less `plus`. */
const readUser = (to: Assembler, at: number, plus: number) => {
  to.storeNumber(8, FRAME, at, 0);
  to.move(1, FRAME);
  to.add(1, at);
  to.number(2, WORD);
  to.add(3, plus);
  to.call(HELPER.probe_read_user);
};

/** Puts an argument slot into a register. Its own when it lies in one; else r3 is the stack pointer, and `plus` what to add. */
const readWord = (to: Assembler, { at, from, through }: EntryWord, value: number) => {
  const { slots, stackPointer, onStack } = machine;
  const slot = through ?? from;
  const register = slots[slot];
  if (register === undefined) {
    to.load(8, 3, CONTEXT, stackPointer);
    return readUser(to, value + at, onStack + (slot - slots.length) * WORD);
  }
  if (through !== undefined) {
    to.load(8, 3, CONTEXT, register);
    return readUser(to, value + at, from * WORD);
  }
  to.load(8, 1, CONTEXT, register);
  to.store(8, FRAME, value + at, 1);
};

/** The key of the call that begins or ends here. */
const writeKey = (to: Assembler, key: number, pops: number) => {
  to.load(8, 1, CONTEXT, machine.stackPointer);
  to.add(1, -pops);
  to.store(8, FRAME, key + WORD, 1);
  to.store(8, FRAME, key, WHO);
};

/** What runs where the call begins. */
export const assembleEntry = (plan: CallProgramPlan): Uint8Array => {
  const { calling } = plan;
  const { value, key } = placesOf(calling);
  const to = createAssembler();
  begin(to, plan.countersFd, 'out');
  countSeen(to, plan.observer);
  writeKey(to, key, 0);
  for (const word of calling.words) readWord(to, word, value);
  for (const at of [calling.ret, calling.duration]) to.storeNumber(8, FRAME, value + at, 0);
  to.move(CONTEXT, FRAME);
  to.add(CONTEXT, value);
  testAll(
    to,
    plan.tests.filter((test) => !isLate(test, calling)),
  );
  to.call(HELPER.ktime_get_ns);
  to.store(8, FRAME, value, 0);
  to.map(1, plan.framesFd);
  to.move(2, FRAME);
  to.add(2, key);
  to.move(3, FRAME);
  to.add(3, value);
  to.number(4, 0);
  to.call(HELPER.map_update_elem);
  to.label('out');
  return leave(to);
};

/** Puts the pointer that the call wrote in the place of the address to which it did; 0 when it failed. */
const readWritten = (to: Assembler, written: number, ret: number) => {
  to.load(8, 3, CONTEXT, written);
  to.storeNumber(8, CONTEXT, written, 0);
  to.load(4, 1, CONTEXT, ret);
  to.jumpIf(1, '!=', 0, 'none_written');
  to.move(1, CONTEXT);
  to.add(1, written);
  to.number(2, WORD);
  to.call(HELPER.probe_read_user);
  to.label('none_written');
};

/** What runs where the call ends. */
export const assembleReturn = (plan: CallProgramPlan): Uint8Array => {
  const { calling, framesFd } = plan;
  const { key, returned } = placesOf(calling);
  const to = createAssembler();
  const withFrame = (helper: number) => {
    to.map(1, framesFd);
    to.move(2, FRAME);
    to.add(2, key);
    to.call(helper);
  };
  begin(to, plan.countersFd, 'gone');
  writeKey(to, key, machine.pops);
  to.load(8, 1, CONTEXT, machine.returned);
  to.store(8, FRAME, returned, 1);
  withFrame(HELPER.map_lookup_elem);
  // Its entry was not of interest, or before this began.
  to.jumpIf(0, '==', 0, 'gone');
  to.move(CONTEXT, 0);
  to.load(8, 1, FRAME, returned);
  to.store(8, CONTEXT, calling.ret, 1);
  to.call(HELPER.ktime_get_ns);
  to.load(8, 1, CONTEXT, 0);
  to.subtractRegister(0, 1);
  to.store(8, CONTEXT, calling.duration, 0);
  if (calling.written !== undefined) readWritten(to, calling.written, calling.ret);
  testAll(
    to,
    plan.tests.filter((test) => isLate(test, calling)),
  );
  deliver(to, plan);
  to.label('out');
  withFrame(HELPER.map_delete_elem);
  to.label('gone');
  return leave(to);
};
