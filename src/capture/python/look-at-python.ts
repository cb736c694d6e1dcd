// Says of a process whether it runs a Python whose frames can be read, and where in it everything lies. Looks from outside,
// at files and memory, and takes nothing for granted: what cannot be proven is unsupported. Must not know who asks.

import { UserError } from '../../base/errors.ts';
import { pythonFrameStyles } from '../../catalogue/kernel-structs.ts';
import { parseMaps } from '../maps.ts';
import { readProcText } from '../process-info.ts';
import { lookIntoMemory, type ReadMemory } from '../process-memory.ts';
import { createPythonFinder, type PythonRuntime } from '../python-runtime.ts';
import { pointerAt } from './pointer-at.ts';
import { createFrameProver, innermostFrame } from './prove-frames.ts';
import { layoutOf, type PythonLayout } from './python-layout.ts';
import type { PythonProcess } from './python-map.ts';
import { keysHolding, type ThreadLayout, threadLayoutOf } from './thread-slot.ts';

/** Where all lies in a process: what the kernel side is told of it. */
export type PythonPlaces = Omit<PythonProcess, 'life'>;

/**
 * `none`: no Python in it, or the process is gone. `starting`: a Python in which nothing runs that could prove anything yet,
 * or more than there was time for: ask again later. `version`: "3.12".
 */
export type PythonAnswer =
  | { readonly kind: 'none' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'unsupported'; readonly why: string }
  | { readonly kind: 'supported'; readonly version: string; readonly process: PythonPlaces };

const MAX_INTERPRETERS = 64;
/** Of all interpreters: the threads that began last come first. */
const MAX_THREADS = 64;
/** Threads whose frames are looked at, of those that are in one. */
const PROVEN_THREADS = 4;
/**
 * Whoever looks has more to do. The program runs while we read: a proof that failed for that holds at one of the next tries,
 * for which there is time.
 */
const BUDGET_MS = 5;
const PAUSE_MS = 0.3;

const unsupported = (what: string): PythonAnswer => ({ kind: 'unsupported', why: `unsupported build: ${what}` });

/** Thread states of all interpreters, up to a limit; undefined where they do not lead back to where they hang. */
const threadStates = (read: ReadMemory, runtime: number, layout: PythonLayout): number[] | undefined => {
  const interpreters = new Set<number>();
  const threads = new Set<number>();
  const { interpreterRuntime, interpreterNext, interpreterThreads, threadInterpreter, threadNext } = layout;
  for (let at = pointerAt(read, runtime + layout.runtimeHead); at !== 0; at = pointerAt(read, at + interpreterNext)) {
    if (!(at > 0) || interpreters.has(at) || interpreters.size >= MAX_INTERPRETERS) return undefined;
    if (interpreterRuntime >= 0 && pointerAt(read, at + interpreterRuntime) !== runtime) return undefined;
    interpreters.add(at);
    const first = pointerAt(read, at + interpreterThreads);
    for (let thread = first; thread !== 0; thread = pointerAt(read, thread + threadNext)) {
      if (!(thread > 0) || threads.has(thread)) return undefined;
      if (threads.size >= MAX_THREADS) return [...threads];
      if (pointerAt(read, thread + threadInterpreter) !== at) return undefined;
      threads.add(thread);
    }
  }
  return [...threads];
};

/** The key under which every thread keeps its state; undefined where there is none. */
const keyOf = (
  read: ReadMemory,
  layout: PythonLayout,
  threads: ThreadLayout,
  states: readonly number[],
): number | undefined => {
  const byThread = Map.groupBy(states, (state) => pointerAt(read, state + layout.threadId));
  let common: number[] | undefined;
  for (const [self, own] of byThread) {
    // A thread that has not begun or is ending has no state yet, or none any more.
    const keys = self > 0 ? keysHolding(read, threads, self, new Set(own)) : [];
    if (keys.length > 0) common = common === undefined ? keys : common.filter((key) => keys.includes(key));
  }
  // Extensions may keep it under a key of their own too; that of Python itself was made before theirs.
  return common?.[0];
};

/** What is read of a code object at once: from the word of 8 bytes in which its first line lies to the last pointer. */
const codeBase = ({ codeFirstLine }: PythonLayout): number => codeFirstLine - (codeFirstLine % 8);
const codeBytes = (layout: PythonLayout): number =>
  Math.max(layout.codeFile, layout.codeName, layout.codeTable) + 8 - codeBase(layout);

const processOf = (
  { types, machine }: PythonRuntime & { types: NonNullable<PythonRuntime['types']> },
  layout: PythonLayout,
  threads: ThreadLayout,
  key: number,
): PythonPlaces => ({
  code_type: types.code,
  version: layout.version,
  // x86-64: the thread pointer is pthread_self; arm64: struct pthread ends there (sysdeps/*/nptl/tls.h of glibc).
  self_before: machine === 'x64' ? 0 : threads.size,
  slot: threads.specific + Math.floor(key / threads.blockKeys) * 8,
  slot_data: (key % threads.blockKeys) * threads.keyBytes + threads.keyData,
  thread_id: layout.threadId,
  thread_frame: layout.threadFrame,
  indirect: layout.cframeFrame < 0 ? 0 : 1,
  indirect_frame: Math.max(0, layout.cframeFrame),
  frame_style: layout.style,
  frame_bytes: layout.frameBytes,
  frame_code: layout.frameCode,
  frame_previous: layout.framePrevious,
  frame_instruction: layout.frameInstruction,
  frame_owner: Math.max(0, layout.frameOwner),
  frame_entry: Math.max(0, layout.frameEntry),
  number_scale: layout.numberScale,
  code_first_line: layout.codeFirstLine,
  code_file: layout.codeFile,
  code_name: layout.codeName,
  code_table: layout.codeTable,
  code_bytecode: layout.codeBytecode,
  code_traceable: Math.max(0, layout.codeTraceable),
  code_mark: layout.codeMark,
  code_bytes: codeBytes(layout),
  text_length: layout.textLength,
  text_state: layout.textState,
  text_ascii: layout.textAscii,
  text_wide: layout.textWide,
  bytes_size: layout.bytesSize,
  bytes_data: layout.bytesData,
});

/** What the kernel side takes for granted of a layout besides what is proven: it reads these together. */
const fits = (layout: PythonLayout): boolean => {
  const { frameBytes, codeFile, codeName, codeTable, codeMark } = layout;
  const isIn = (at: number, bytes: number): boolean => at >= 0 && at % bytes === 0 && at + bytes <= frameBytes;
  const codeSize = codeBytes(layout);
  return (
    frameBytes > 0 &&
    frameBytes <= 128 &&
    isIn(layout.frameCode, 8) &&
    isIn(layout.framePrevious, 8) &&
    isIn(layout.frameInstruction, layout.style === pythonFrameStyles.objects ? 4 : 8) &&
    [layout.frameOwner, layout.frameEntry].every((at) => at < frameBytes) &&
    codeSize > 0 &&
    codeSize <= 128 &&
    [codeFile, codeName, codeTable, codeMark].every(
      (at) => at >= codeBase(layout) && at < codeBase(layout) + codeSize,
    ) &&
    [codeFile, codeName, codeTable].every((at) => at % 8 === 0)
  );
};

/**
 * Tries once to prove where a runtime keeps what. `unsupported` may be the program's moving on while it was read.
 * Pure but for what `read` gives.
 */
export const provePython = (
  read: ReadMemory,
  runtime: PythonRuntime,
  layout: PythonLayout,
  threads: ThreadLayout,
): PythonAnswer => {
  const { types } = runtime;
  const version = `${layout.version >> 8}.${layout.version & 255}`;
  if (!types) return unsupported('it does not export its types');
  if (!fits(layout)) return unsupported(`its code objects are not those of ${version}`);
  const states = threadStates(read, runtime.address, layout);
  if (!states) return unsupported(`its threads are not where ${version} keeps them`);
  if (states.length === 0) return { kind: 'starting' };
  const prove = createFrameProver(read, layout, types);
  let [looked, proven] = [0, 0];
  for (const state of states) {
    const frame = innermostFrame(read, layout, state);
    if (frame === 0) continue;
    if (++looked > PROVEN_THREADS) break;
    const found = prove(frame);
    if (found === 'wrong') return unsupported(`its frames are not where ${version} keeps them`);
    if (found === 'proven') proven++;
  }
  if (proven === 0) return { kind: 'starting' };
  const key = keyOf(read, layout, threads, states);
  if (key === undefined) return unsupported(`its threads do not keep their state where ${version} does`);
  return { kind: 'supported', version, process: processOf({ ...runtime, types }, layout, threads, key) };
};

const readText = (pid: number, file: string): string | undefined => {
  try {
    return readProcText(pid, file);
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};

/** Where the program's code starts: field 26 of proc_pid_stat(5); the name before may hold anything. */
const startCodeOf = (pid: number): number => {
  const text = readText(pid, 'stat') ?? '';
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[23] ?? 0);
};

const pause = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
};

/** Tries until something is proven or there is no time left. What could not be read for that says nothing. */
const lookInTime = (
  readAny: ReadMemory,
  runtime: PythonRuntime,
  layout: PythonLayout,
  threads: ThreadLayout,
): PythonAnswer => {
  const end = performance.now() + BUDGET_MS;
  const isLate = (): boolean => performance.now() >= end;
  const read: ReadMemory = (address, length) => (isLate() ? undefined : readAny(address, length));
  let last: PythonAnswer = { kind: 'starting' };
  for (;;) {
    const answer = provePython(read, runtime, layout, threads);
    if (answer.kind === 'supported') return answer;
    if (isLate()) return last;
    if (answer.kind !== 'unsupported') return answer;
    last = answer;
    pause();
  }
};

/**
 * Makes a function that looks at a process by its id (as this process numbers it). It keeps what it learnt of files, holds
 * no descriptors, and never throws. It reads the memory of a process for 5 ms at most, usually for one or two; the first look
 * at a file reads its symbols, which takes up to 20 ms more.
 */
export const createPythonLooker = (): ((pid: number) => PythonAnswer) => {
  const findPython = createPythonFinder();
  const threadLayouts = new Map<string, ThreadLayout | undefined>();

  return (pid) => {
    const mappings = parseMaps(readText(pid, 'maps') ?? '');
    if (mappings.length === 0) return { kind: 'none' };
    const { runtimes } = findPython(pid, mappings, startCodeOf(pid));
    const [runtime, second] = runtimes;
    if (!runtime) return { kind: 'none' };
    if (second) return unsupported('two Pythons in one process');
    const answer = lookIntoMemory(pid, (read): PythonAnswer => {
      const found = layoutOf(read, runtime);
      if (found.kind === 'unsupported') return found;
      const threads = threadLayoutOf(pid, mappings, threadLayouts);
      return 'why' in threads
        ? { kind: 'unsupported', why: threads.why }
        : lookInTime(read, runtime, found.layout, threads);
    });
    return answer ?? { kind: 'none' };
  };
};
