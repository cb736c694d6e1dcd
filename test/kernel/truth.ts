// The truth that the lab's workloads print, and the comparison of a recording with it. Times are CLOCK_MONOTONIC there
// and ns since the beginning here: one offset must put every call inside the moments that the workload took itself.
import assert from 'node:assert/strict';
import { calls as catalogue } from '../../src/catalogue/calls.ts';
import type { SeenCall } from './recorder.ts';

type Json = Readonly<Record<string, unknown>>;

export const json = (value: unknown): Json => {
  assert.ok(typeof value === 'object' && value !== null, `an object, not ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value));
};

/** A member that must be a number. */
export const numberOf = (object: Json, name: string): number => {
  const value = object[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number in ${JSON.stringify(object)}`);
  return value;
};

export type TruthCall = {
  readonly op: string;
  readonly tid: number;
  readonly start: number;
  readonly end: number;
  readonly ret: number;
  readonly args: ReadonlyMap<string, number>;
};
export type Truth = {
  readonly pid: number;
  readonly counts: ReadonlyMap<string, number>;
  /** Of calls that the recorder knows, in the order of their start. */
  readonly calls: readonly TruthCall[];
};

const known = new Set(catalogue.map(({ op }) => op));
const own = new Set(['op', 'tid', 'start_ns', 'end_ns', 'ret', 'depth', 'left']);

const callOf = (row: Json): TruthCall => ({
  op: String(row.op),
  tid: numberOf(row, 'tid'),
  start: numberOf(row, 'start_ns'),
  end: numberOf(row, 'end_ns'),
  ret: numberOf(row, 'ret'),
  args: new Map(
    Object.entries(row).flatMap(([name, value]) =>
      !own.has(name) && typeof value === 'number' ? [[name, value] as const] : [],
    ),
  ),
});

const numbers = (object: Json): ReadonlyMap<string, number> =>
  new Map(Object.keys(object).map((name) => [name, numberOf(object, name)]));

/** Reads one JSON object a line. */
export const linesOf = (text: string): readonly Json[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => json(JSON.parse(line)));

/** Reads what `counted` or `longjmp` printed. */
export const readTruth = (text: string): Truth => {
  const lines = linesOf(text);
  const last = lines.find(({ summary }) => summary !== undefined);
  assert.ok(last, `a summary in ${text.slice(-200)}`);
  const summary = json(last.summary);
  return {
    pid: numberOf(summary, 'pid'),
    counts: numbers(json(summary.counts)),
    calls: lines
      .filter((line) => line !== last && known.has(String(line.op)))
      .map(callOf)
      .sort((a, b) => a.start - b.start),
  };
};

/** What the workloads call an argument, and how its row names it. */
const columns: ReadonlyMap<string, string> = new Map([
  ['func', 'fn'],
  ['kind', 'copy_kind'],
  ['address', 'ptr'],
]);

const byThread = <C extends { readonly tid: number; readonly start: number }>(calls: readonly C[]) =>
  new Map(
    [...Map.groupBy(calls, ({ tid }) => tid)].map(([tid, of]) => [tid, of.toSorted((a, b) => a.start - b.start)]),
  );

const compareCall = (truth: TruthCall, seen: SeenCall) => {
  const where = `${truth.op} of tid ${truth.tid} at ${truth.start}`;
  assert.equal(seen.op, truth.op, where);
  assert.equal(seen.ret, truth.ret, `return code of ${where}`);
  assert.ok(
    seen.duration <= truth.end - truth.start,
    `${where}: ${seen.duration} ns is longer than its own clock says`,
  );
  for (const [name, value] of truth.args) {
    const column = truth.op === 'cudaStreamCreate' ? 'ptr' : (columns.get(name) ?? name);
    assert.equal(column === 'ptr' ? (seen.ptr ?? 0) : seen.args.get(column), value, `${name} of ${where}`);
  }
};

/**
 * Holds the calls of one process and library, as recorded, against the workload's truth: same threads, order, names,
 * arguments and results, and times that fit its own clock. Returns how much shorter the calls were than by that clock, in
 * ns, in ascending order: that is what the probes cost outside the call.
 */
export const compareCalls = (truth: readonly TruthCall[], seen: readonly SeenCall[]): readonly number[] => {
  const wanted = byThread(truth);
  const found = byThread(seen);
  assert.deepEqual([...found.keys()].sort(), [...wanted.keys()].sort(), 'the threads that made calls');
  let earliest = Number.NEGATIVE_INFINITY;
  let latest = Number.POSITIVE_INFINITY;
  const gaps: number[] = [];
  for (const [tid, calls] of wanted) {
    const rows = found.get(tid) ?? [];
    assert.deepEqual(
      rows.map(({ op }) => op),
      calls.map(({ op }) => op),
      `the calls of tid ${tid} in their order`,
    );
    for (const [i, call] of calls.entries()) {
      const row = rows[i];
      assert.ok(row);
      compareCall(call, row);
      gaps.push(call.end - call.start - row.duration);
      earliest = Math.max(earliest, row.start + row.duration - call.end);
      latest = Math.min(latest, row.start - call.start);
    }
  }
  assert.ok(earliest <= latest, `no clock offset fits all calls: it is at least ${earliest} and at most ${latest}`);
  return gaps.sort((a, b) => a - b);
};
