// Exact totals and histograms of each (process, call), for the whole recording and for each second of it.
// They are kept while events arrive, so that a summary never has to read the rows.
import { BUCKETS, bucketOf, encodeHistogram, quantile } from '../base/histogram.ts';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { Database } from './open.ts';

type Total = {
  readonly pid: number;
  readonly op: number;
  count: number;
  sum: number;
  max: number;
  failed: number;
  /** Since it was last written. */
  isChanged: boolean;
  readonly histogram: Float64Array;
};

const OPS = 1024;
const emptyTotal = (pid: number, op: number): Total => ({
  pid,
  op,
  count: 0,
  sum: 0,
  max: 0,
  failed: 0,
  isChanged: false,
  histogram: new Float64Array(BUCKETS),
});

const merge = (into: Total, from: Total) => {
  into.count += from.count;
  into.sum += from.sum;
  into.failed += from.failed;
  if (from.max > into.max) into.max = from.max;
  for (let i = 0; i < BUCKETS; i++) into.histogram[i] = (into.histogram[i] ?? 0) + (from.histogram[i] ?? 0);
};

const get = (map: Map<number, Total>, pid: number, op: number): Total => {
  const key = pid * OPS + op;
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = emptyTotal(pid, op);
  map.set(key, made);
  return made;
};

export class Totals {
  readonly #all = new Map<number, Total>();
  readonly #seconds = new Map<number, Map<number, Total>>();
  #second = -1;
  #oldestOpen = 0;
  #current = new Map<number, Total>();
  /** Of this second, by call: that of the process that made it last. */
  readonly #recent: (Total | undefined)[] = new Array<Total | undefined>(OPS).fill(undefined);
  readonly #writeTotal: ReturnType<Database['prepare']>;
  readonly #writeSecond: ReturnType<Database['prepare']>;

  constructor(database: Database) {
    this.#writeTotal = database.prepare(
      'INSERT OR REPLACE INTO total (pid, op, count, sum_ns, max_ns, p50_ns, p95_ns, p99_ns, failed, histogram) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#writeSecond = database.prepare(
      'INSERT OR REPLACE INTO second (second, pid, op, count, sum_ns, max_ns, histogram, failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Counts one call that ended at `end`; times in ns. */
  add(pid: number, op: number, end: number, duration: number, failed: boolean): void {
    // A second that was written for good takes no more: what comes that late counts in the oldest one that is open.
    const second = Math.max(this.#oldestOpen, Math.floor(end / 1e9));
    if (second !== this.#second) this.#turnTo(second);
    let total = this.#recent[op];
    if (total === undefined || total.pid !== pid) {
      total = get(this.#current, pid, op);
      this.#recent[op] = total;
    }
    total.isChanged = true;
    total.count++;
    total.sum += duration;
    if (duration > total.max) total.max = duration;
    if (failed) total.failed++;
    const bucket = bucketOf(duration);
    total.histogram[bucket] = (total.histogram[bucket] ?? 0) + 1;
  }

  /**
   * Counts calls that the kernel could only add up, as if they had ended in the second of `now`. `max` 0: none was longer than
   * those before; then the longest of these took as long as the powers of two say at least.
   */
  addLost(lost: LostCalls, now: number): void {
    this.#turnTo(Math.max(this.#oldestOpen, Math.floor(now / 1e9)));
    const total = get(this.#current, lost.pid, lost.op);
    total.isChanged = true;
    total.count += lost.count;
    total.sum += lost.sum;
    total.failed += lost.failed;
    const longest = lost.log2.findLastIndex((count) => count > 0);
    total.max = Math.max(total.max, lost.max > 0 || longest < 1 ? lost.max : 2 ** longest);
    for (const [exponent, count] of lost.log2.entries()) {
      const bucket = bucketOf(1.5 * 2 ** exponent);
      total.histogram[bucket] = (total.histogram[bucket] ?? 0) + count;
    }
  }

  /**
   * Counts calls of which only the sum is known, not when in the recording they ended. `max`: the longest of them, 0 when
   * that is not known; all others count at their mean. Times in ns.
   */
  addSummed(pid: number, op: number, { count, sum, max }: { count: number; sum: number; max: number }): void {
    if (count <= 0) return;
    const total = get(this.#all, pid, op);
    const longest = max > 0 && max <= sum ? 1 : 0;
    const mean = count > longest ? Math.round(Math.max(0, sum - longest * max) / (count - longest)) : 0;
    const put = (duration: number, calls: number) => {
      const bucket = Math.min(BUCKETS - 1, bucketOf(duration));
      total.histogram[bucket] = (total.histogram[bucket] ?? 0) + calls;
    };
    if (longest === 1) put(max, 1);
    if (count > longest) put(mean, count - longest);
    total.count += count;
    total.sum += sum;
    total.max = Math.max(total.max, longest * max, mean);
    this.#saveTotal(total);
  }

  /** Writes every total that changed. Seconds stay open until events of the second after the next have arrived. */
  flush(): void {
    let latest = -1;
    for (const second of this.#seconds.keys()) latest = Math.max(latest, second);
    this.#oldestOpen = Math.max(0, latest - 1);
    const changed = new Map<number, Total>();
    for (const [second, totals] of this.#seconds) {
      for (const [key, total] of totals) {
        if (!total.isChanged) continue;
        total.isChanged = false;
        this.#saveSecond(second, total);
        changed.set(key, emptyTotal(total.pid, total.op));
      }
      if (second >= this.#oldestOpen) continue;
      for (const total of totals.values()) merge(get(this.#all, total.pid, total.op), total);
      this.#seconds.delete(second);
    }
    this.#second = -1;
    for (const [key, total] of changed) {
      for (const totals of [this.#all, ...this.#seconds.values()]) {
        const part = totals.get(key);
        if (part !== undefined) merge(total, part);
      }
      this.#saveTotal(total);
    }
  }

  /** Calls counted so far, by call id: for the live line. */
  counts(): ReadonlyMap<number, { readonly count: number; readonly sum: number }> {
    const sums = new Map<number, { count: number; sum: number }>();
    const open = [...this.#seconds.values()].flatMap((totals) => [...totals.values()]);
    for (const { op, count, sum } of [...this.#all.values(), ...open]) {
      const entry = sums.get(op) ?? { count: 0, sum: 0 };
      sums.set(op, { count: entry.count + count, sum: entry.sum + sum });
    }
    return sums;
  }

  #saveSecond(second: number, total: Total): void {
    this.#writeSecond.run(
      second,
      total.pid,
      total.op,
      total.count,
      total.sum,
      total.max,
      encodeHistogram(total.histogram),
      total.failed,
    );
  }

  #saveTotal(total: Total): void {
    this.#writeTotal.run(
      total.pid,
      total.op,
      total.count,
      total.sum,
      total.max,
      quantile(total.histogram, 0.5, total.max),
      quantile(total.histogram, 0.95, total.max),
      quantile(total.histogram, 0.99, total.max),
      total.failed,
      encodeHistogram(total.histogram),
    );
  }

  #turnTo(second: number): void {
    if (second === this.#second) return;
    const found = this.#seconds.get(second);
    this.#current = found ?? new Map<number, Total>();
    if (found === undefined) this.#seconds.set(second, this.#current);
    this.#second = second;
    this.#recent.fill(undefined);
  }
}
