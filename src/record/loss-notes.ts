// What the kernel side counts as missing, as rows: losses, what was left out at which level from when to when, packets that were
// dropped, totals of calls without rows. Knows counters and rows, not why something was lost.
import type { Capture } from '../capture/capture.ts';
import type { LostCalls } from '../catalogue/kernel-structs.ts';
import type { LossName } from '../catalogue/losses.ts';
import { HIGHEST_LEVEL, keptAt, type Shed } from '../catalogue/shedding.ts';
import type { RecordingWriter } from '../store/writer.ts';

const shedBy: ReadonlyMap<LossName, Shed> = new Map([
  ['shed_sample', 'sample'],
  ['shed_stack', 'stack'],
  ['shed_call', 'call'],
  ['shed_wait', 'wait'],
]);

/** From when until when, in ns. */
type Stretch = { readonly start: number; readonly end: number };

export type LossNotes = {
  /** Writes what has become missing since the last time, while the level was `level`. Also before the level changes. */
  readonly note: (level: number) => void;
  /** Counts the calls that have no row since the last time. */
  readonly noteTotals: () => void;
  /**
   * Writes, once, at the end, what was left out last: for the others there are rows that stand for them. Rows with their
   * weights, these and what was lost are then all that there was.
   */
  readonly noteOwed: () => void;
  /** Events that are missing, of whatever kind but those that were left out on purpose; and those. */
  readonly lost: () => number;
  readonly shed: () => ReadonlyMap<Shed, number>;
};

type Parts = {
  readonly capture: Pick<Capture, 'clock' | 'losses' | 'owed' | 'drops' | 'lostCalls' | 'forgetLostCalls'>;
  readonly writer: Pick<RecordingWriter, 'loss' | 'growLoss' | 'lostCalls'> & {
    readonly waits: Pick<RecordingWriter['waits'], 'packetDrops'>;
  };
  /** What else has become missing since the last time this was asked. */
  readonly takeLost: () => readonly (readonly [LossName, number])[];
  /** Whether a process makes no more calls. */
  readonly hasEnded: (pid: number) => boolean;
};

/** What is said of those that were left out last. */
export const OWED = 'the last that were left out: no row stands for them';

/** Kinds of which a ring that is nearly full takes no more than at the highest level, whatever the level is. */
const LESS_WHEN_FULL: ReadonlySet<Shed> = new Set(['call', 'wait']);

const whyShed = (kind: Shed, level: number): string => {
  if (level === 0) return 'the ring was nearly full before the recorder could act';
  const kept = keptAt(level)[kind];
  const least = keptAt(HIGHEST_LEVEL)[kind];
  const usual = kept === 1 ? 'all were kept' : `one in ${kept} was kept`;
  const whenFull =
    LESS_WHEN_FULL.has(kind) && kept !== least
      ? `, ${kept === 1 ? 'but' : 'or'} one in ${least} while a ring was nearly full`
      : '';
  return `level ${level} of ${HIGHEST_LEVEL}: ${usual}${whenFull}`;
};

/** What came since. The kernel keeps the longest of all: it is given where it grew, else it is 0. */
const since = (now: LostCalls, before: LostCalls | undefined): LostCalls =>
  before === undefined
    ? now
    : {
        ...now,
        count: now.count - before.count,
        sum: now.sum - before.sum,
        max: now.max > before.max ? now.max : 0,
        failed: now.failed - before.failed,
        log2: now.log2.map((count, i) => count - (before.log2[i] ?? 0)),
      };

/** The kernel adds to each number by itself, and may be read between two of them: the rest comes with the next time. */
const isAny = ({ count, sum, max, failed, log2 }: LostCalls): boolean =>
  count > 0 || sum > 0 || max > 0 || failed > 0 || log2.some((n) => n > 0);

export const createLossNotes = ({ capture, writer, takeLost, hasEnded }: Parts): LossNotes => {
  let lastTime = 0;
  let lost = 0;
  let seen: ReadonlyMap<LossName, number> = new Map();
  let seenDrops: ReadonlyMap<string, number> = new Map();
  const seenCalls = new Map<string, LostCalls>();
  const shed = new Map<Shed, number>();
  /** Losses that may go on: the row of each, and at which level it began. */
  const growing = new Map<LossName, { readonly id: number; readonly level: number; count: number }>();
  /** When something was left out the last time: from when until when. */
  const lastShed = new Map<LossName, Stretch>();
  /** The same of calls without a row, for whatever reason; and when that was looked at last. */
  let withoutRow: Stretch | undefined;
  let totalsTime = 0;

  const noteShed = (name: LossName, kind: Shed, more: number, now: number, level: number): void => {
    shed.set(kind, (shed.get(kind) ?? 0) + more);
    lastShed.set(name, { start: lastTime, end: now });
    const row = growing.get(name);
    if (row?.level === level) {
      row.count += more;
      writer.growLoss(row.id, now, row.count);
      return;
    }
    growing.set(name, { id: writer.loss(name, lastTime, now, more, whyShed(kind, level)), level, count: more });
  };

  return {
    lost: () => lost,
    shed: () => shed,
    note: (level) => {
      const now = capture.clock.now();
      const all = capture.losses();
      for (const [name, total] of all) {
        const more = total - (seen.get(name) ?? 0);
        const kind = shedBy.get(name);
        if (more <= 0) growing.delete(name);
        else if (kind !== undefined) noteShed(name, kind, more, now, level);
        else {
          writer.loss(name, lastTime, now, more);
          lost += more;
        }
      }
      for (const [name, more] of takeLost()) {
        if (more > 0) writer.loss(name, lastTime, now, more);
        lost += more;
      }
      const drops = capture.drops();
      for (const [reason, total] of drops) {
        const more = total - (seenDrops.get(reason) ?? 0);
        if (more > 0) writer.waits.packetDrops(lastTime, now, reason, more);
      }
      lastTime = now;
      seen = all;
      seenDrops = drops;
    },
    noteTotals: () => {
      const now = capture.clock.now();
      const start = totalsTime;
      totalsTime = now;
      for (const total of capture.lostCalls()) {
        const key = `${total.pid} ${total.op}`;
        const more = since(total, seenCalls.get(key));
        if (isAny(more)) {
          writer.lostCalls(more, now);
          seenCalls.set(key, total);
          withoutRow = { start, end: now };
        } else if (hasEnded(total.pid)) {
          // Nothing came since the last time, and nothing will: the kernel's table has room for so many only.
          capture.forgetLostCalls(total.pid, total.op);
          seenCalls.delete(key);
        }
      }
    },
    noteOwed: () => {
      const { call, wait } = capture.owed();
      const all: Stretch = { start: 0, end: capture.clock.now() };
      const tell = (name: LossName, kind: Shed, count: number, { start, end }: Stretch) => {
        if (count === 0) return;
        writer.loss(name, start, end, count, OWED);
        shed.set(kind, (shed.get(kind) ?? 0) + count);
      };
      tell('shed_call', 'call', call, withoutRow ?? all);
      tell('shed_wait', 'wait', wait, lastShed.get('shed_wait') ?? all);
    },
  };
};
