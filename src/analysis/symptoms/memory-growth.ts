// Memory of the device, and pinned memory, that grows and goes on growing: allocations whose pointers are never given to a free.
// What a program takes in its beginning is no growth, nor is what it frees again later.
import { cleanText } from '../../base/sanitize.ts';
import { bytesText, countText, durationText } from '../../base/units.ts';
import { type MemoryCall, readMemoryCalls } from '../../store/read-memory.ts';
import type { Recording, TotalRow, Window } from '../../store/recording.ts';
import { codeOfStack } from '../cluster-code.ts';
import { codeText } from '../code-line.ts';
import { confidenceOf } from '../confidence.ts';
import type { Finding } from '../findings.ts';
import { sumLosses } from '../losses.ts';
import { taskText } from '../words/cause.ts';

/** Operations whose pointers meet in one space. */
const families = [
  {
    name: 'memory of the device',
    allocs: [
      'cudaMalloc',
      'cudaMallocAsync',
      'cudaMallocManaged',
      'cuMemAlloc',
      'cuMemAllocAsync',
      'cuMemAllocManaged',
    ],
    frees: ['cudaFree', 'cudaFreeAsync', 'cuMemFree', 'cuMemFreeAsync'],
  },
  { name: 'pinned memory', allocs: ['cudaMallocHost', 'cudaHostAlloc'], frees: ['cudaFreeHost'] },
] as const;
type Family = (typeof families)[number];

/** Time from the first allocation to the last is cut into so many parts; of those the first are the program's beginning. */
const PARTS = 12;
const BEGINNING = 4;
/** Parts of the rest in which it must have grown. */
const GROWN = 6;
/** The least growth: allocations, bytes, the part of what was there before, and the time that it takes, in ns. */
const LEAST_ALLOCATIONS = 8;
const LEAST_BYTES = 2 ** 20;
const LEAST_SHARE = 0.1;
const LEAST_NS = 0.5e9;
/** Stacks that are looked at to say from where. */
const STACKS = 200;
/** A loss of calls can hide frees. Of calls that were shed it cannot: allocations and frees never are. */
const LOST_CALLS: ReadonlySet<string> = new Set(['ring_full_call', 'thread_table_full', 'row_missing']);

type Live = { readonly calls: readonly MemoryCall[]; readonly unfreed: readonly MemoryCall[]; readonly reused: number };

/** What is never freed. An address that is given out again was freed, whether that was seen or not. */
const liveOf = (calls: readonly MemoryCall[]): Live => {
  const live = new Map<number, MemoryCall>();
  let reused = 0;
  for (const call of calls) {
    if (call.isFree) live.delete(call.ptr);
    else {
      if (live.has(call.ptr)) reused++;
      live.set(call.ptr, call);
    }
  }
  return { calls, unfreed: [...live.values()], reused };
};

/** Bytes in use at the end of each part of a window. */
const levelsOf = (calls: readonly MemoryCall[], { start_ns, end_ns }: Window): readonly number[] => {
  const sizes = new Map<number, number>();
  const levels = Array.from({ length: PARTS }, () => 0);
  let bytes = 0;
  for (const call of calls) {
    bytes += (call.isFree ? 0 : call.bytes) - (sizes.get(call.ptr) ?? 0);
    sizes.set(call.ptr, call.isFree ? 0 : call.bytes);
    const part = Math.floor(((call.end_ns - start_ns) / Math.max(1, end_ns - start_ns)) * PARTS);
    levels.fill(bytes, Math.min(PARTS - 1, Math.max(0, part)));
  }
  return levels;
};

type Growth = {
  readonly family: Family;
  readonly window: Window;
  readonly before: number;
  readonly grown: number;
  readonly unfreed: readonly MemoryCall[];
  readonly reused: number;
  readonly frees: number;
};

const growthOf = (family: Family, calls: readonly MemoryCall[]): Growth | undefined => {
  const allocs = calls.filter(({ isFree }) => !isFree);
  const [first, last] = [allocs[0], allocs.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const window = { start_ns: first.end_ns, end_ns: last.end_ns };
  // Up to the last allocation: what is freed at the end of a program was in use until then.
  const seen = calls.filter(({ end_ns }) => end_ns <= window.end_ns);
  const levels = levelsOf(seen, window);
  const before = levels[BEGINNING - 1] ?? 0;
  const steps = levels.slice(BEGINNING).map((level, i) => level - (levels[BEGINNING - 1 + i] ?? 0));
  const grown = (levels.at(-1) ?? 0) - before;
  const from = window.start_ns + ((window.end_ns - window.start_ns) * BEGINNING) / PARTS;
  const { unfreed, reused } = liveOf(seen);
  const late = unfreed.filter(({ end_ns }) => end_ns >= from);
  const isLasting = steps.filter((step) => step > 0).length >= GROWN && steps.slice(-2).some((step) => step > 0);
  const isMuch = grown >= LEAST_BYTES && grown >= LEAST_SHARE * before && late.length >= LEAST_ALLOCATIONS;
  if (!isLasting || !isMuch || window.end_ns - from < LEAST_NS) return undefined;
  const frees = calls.length - allocs.length;
  return {
    family,
    window: { start_ns: Math.round(from), end_ns: window.end_ns },
    before,
    grown,
    unfreed: late,
    reused,
    frees,
  };
};

/** "96 of 96 at load() at train.py:12", where stacks tell. */
const placeOf = (recording: Recording, unfreed: readonly MemoryCall[]): string | undefined => {
  const places = new Map<string, number>();
  const stacks = unfreed.slice(-STACKS).map(({ id }) => recording.callById(id)?.stack ?? null);
  const known = stacks.filter((stack) => stack !== null);
  for (const stack of known) {
    const code = codeOfStack(recording, stack);
    if (code !== undefined) places.set(codeText(code), (places.get(codeText(code)) ?? 0) + 1);
  }
  const [most] = [...places].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most === undefined ? undefined : `${most[1]} of ${known.length} whose stack was taken at ${most[0]}`;
};

const findingOf = (recording: Recording, growth: Growth): Finding | undefined => {
  const { family, window, before, grown, unfreed, reused, frees } = growth;
  const [first, last] = [unfreed[0], unfreed.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const who = { pid: last.pid, tid: last.tid, comm: cleanText(last.comm, 16) };
  const losses = sumLosses(recording.losses(recording.window));
  const lost = losses.filter(({ reason }) => LOST_CALLS.has(reason));
  // What was taken before the first row that is left, and freed later, does not count: growth may be what is always in use.
  const isPruned = losses.some(({ reason }) => reason === 'call_pruned');
  const missed = lost.reduce((sum, { count }) => sum + count, 0) + reused;
  // As many frees may be missing as there are allocations too many: then it is no more than likely.
  const grade = isPruned || missed >= unfreed.length ? 'E' : 'B';
  const duration_ns = window.end_ns - window.start_ns;
  const place = placeOf(recording, unfreed);
  const rate = bytesText(Math.round((grown * 1e9) / duration_ns));
  const what = `${bytesText(grown)} of ${family.name} that ${countText(unfreed.length, last.op)} took and nothing freed`;
  const part = { kind: 'gpu_memory' as const, ...who, what };
  return {
    explained_ns: 0,
    pid: who.pid,
    root: { kind: 'gpu_memory', pid: who.pid, comm: who.comm },
    chain: (id) => ({
      id,
      summary: `${taskText(who)} takes ever more ${family.name}: ${bytesText(grown)} in ${durationText(duration_ns)} (${rate} a second) by ${countText(unfreed.length, 'allocation')} that were not freed${place === undefined ? '' : `, ${place}`}; ${isPruned ? 'what was in use before is not known' : `${bytesText(before)} were in use before`}.`,
      symptom: { kind: 'failure', op: last.op, ...who, ...window, duration_ns, baseline_ns: 0, count: unfreed.length },
      root: { ...part, share: 1 },
      links: [
        {
          from_tid: who.tid,
          to_tid: who.tid,
          kind: 'gpu_memory',
          ...window,
          evidence: [`calls:${first.id}`, `calls:${last.id}`],
        },
      ],
      breakdown: [{ ...part, duration_ns, share: 1 }],
      closure: 1,
      confidence: confidenceOf(grade, missed > 0 || isPruned ? 1 : 0),
      grade,
      counter_evidence: [
        `frees: ${countText(frees, 'call')} seen, none of them of these pointers`,
        isPruned
          ? 'its beginning: not known, the first rows have gone; they may have taken what was freed since'
          : 'not only its beginning: the first third of its allocations does not count',
        'whether the program means to keep it cannot be seen',
        ...(missed > 0 ? [`frees that were not seen: ${missed} are possible`] : []),
      ],
      recommendations: [
        `look at who keeps what ${last.op} returned${place === undefined ? ' (record with stacks)' : ''}: at this rate another GiB is gone in ${durationText((2 ** 30 / grown) * duration_ns)}`,
      ],
    }),
  };
};

/** Calls of a family beyond its frees, by the exact totals: without enough of them no row needs to be read. */
const isOpen = (totals: readonly TotalRow[], { allocs, frees }: Family): boolean => {
  const sum = (ops: readonly string[], prefix: string) =>
    totals.reduce((n, { op, count }) => n + (op.startsWith(prefix) && ops.includes(op) ? count : 0), 0);
  return ['cuda', 'cuMem'].some((prefix) => sum(allocs, prefix) - sum(frees, prefix) >= LEAST_ALLOCATIONS);
};

/** The growth of each process and family. */
export const growingMemory = (recording: Recording, window: Window, pid: number | undefined): readonly Finding[] => {
  // Of calls without rows the pointers are not known.
  if (recording.losses(recording.window).some(({ reason }) => reason === 'call_sampled')) return [];
  const totals = recording.totals();
  return families.flatMap((family) => {
    const pids = [...new Set(totals.map((total) => total.pid))].filter((own) => pid === undefined || own === pid);
    const open = pids.filter((own) =>
      isOpen(
        totals.filter((total) => total.pid === own),
        family,
      ),
    );
    return open.flatMap((own) => {
      const calls = [...readMemoryCalls(recording.database, [...family.allocs, ...family.frees], window.end_ns, own)];
      const growth = growthOf(family, calls);
      const isInside = growth !== undefined && growth.window.end_ns > window.start_ns;
      const finding = isInside ? findingOf(recording, growth) : undefined;
      return finding === undefined ? [] : [finding];
    });
  });
};
