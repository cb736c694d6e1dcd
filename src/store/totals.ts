// Exact totals and histograms of each (process, call), for the whole recording and for each second of it.
// They are kept while events arrive, so that a summary never has to read the rows.
import { addHistogram, BUCKETS, bucketOf, encodeHistogram, quantile } from '../base/histogram.ts';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { Database } from './open.ts';
import { blob, number } from './row.ts';

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
/** Totals of the whole recording that are held in memory, 3.3 kB each: of the others, mostly of processes that ended, the file has them. */
const HELD = 2048;
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

type Sum = { readonly count: number; readonly sum: number };
const addSum = (sums: Map<number, Sum>, { op, count, sum }: { readonly op: number } & Sum) => {
  const before = sums.get(op);
  sums.set(op, before === undefined ? { count, sum } : { count: before.count + count, sum: before.sum + sum });
};

export class Totals {
  /** Of what no second that is open has; in the file as well, when it is not changed. */
  readonly #all = new Map<number, Total>();
  readonly #seconds = new Map<number, Map<number, Total>>();
  #second = -1;
  #oldestOpen = 0;
  #current = new Map<number, Total>();
  /** Of this second, by call: that of the process that made it last. */
  readonly #recent: (Total | undefined)[] = new Array<Total | undefined>(OPS).fill(undefined);
  /** Totals that only the file has, and by call what they come to. */
  readonly #aside = new Set<number>();
  readonly #asideSums = new Map<number, Sum>();
  readonly #held: number;
  readonly #readTotal: ReturnType<Database['prepare']>;
  readonly #writeTotal: ReturnType<Database['prepare']>;
  readonly #writeSecond: ReturnType<Database['prepare']>;

  constructor(database: Database, held = HELD) {
    this.#held = held;
    this.#readTotal = database.prepare(
      'SELECT count, sum_ns, max_ns, failed, histogram FROM total WHERE pid = ? AND op = ?',
    );
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
    const total = this.#whole(pid, op);
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
      for (const total of totals.values()) merge(this.#whole(total.pid, total.op), total);
      this.#seconds.delete(second);
    }
    this.#second = -1;
    for (const [key, total] of changed) {
      merge(total, this.#whole(total.pid, total.op));
      for (const totals of this.#seconds.values()) {
        const part = totals.get(key);
        if (part !== undefined) merge(total, part);
      }
      this.#saveTotal(total);
    }
    if (this.#all.size > this.#held) this.#putAside();
  }

  /** Calls counted so far, by call id: for the live line. */
  counts(): ReadonlyMap<number, { readonly count: number; readonly sum: number }> {
    const sums = new Map(this.#asideSums);
    for (const totals of [this.#all, ...this.#seconds.values()])
      for (const total of totals.values()) addSum(sums, total);
    return sums;
  }

  /** The total of all seconds that are written for good: held, or brought back from the file. */
  #whole(pid: number, op: number): Total {
    const total = get(this.#all, pid, op);
    const row = this.#aside.delete(pid * OPS + op) ? this.#readTotal.get(pid, op) : undefined;
    if (row === undefined) return total;
    total.count = number(row, 'count');
    total.sum = number(row, 'sum_ns');
    total.max = number(row, 'max_ns');
    total.failed = number(row, 'failed');
    addHistogram(total.histogram, blob(row, 'histogram'));
    addSum(this.#asideSums, { op, count: -total.count, sum: -total.sum });
    return total;
  }

  /** Leaves the older half to the file, of what no open second adds to. */
  #putAside(): void {
    const open = [...this.#seconds.values()];
    for (const [key, total] of this.#all) {
      if (this.#all.size <= this.#held / 2) return;
      if (open.some((totals) => totals.has(key))) continue;
      this.#all.delete(key);
      this.#aside.add(key);
      addSum(this.#asideSums, total);
    }
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
