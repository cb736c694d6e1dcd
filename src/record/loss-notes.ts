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

export type LossNotes = {
  /** Writes what has become missing since the last time, while the level was `level`. Also before the level changes. */
  readonly note: (level: number) => void;
  /** Counts the calls that have no row since the last time. */
  readonly noteTotals: () => void;
  /** Events that are missing, of whatever kind but those that were left out on purpose; and those. */
  readonly lost: () => number;
  readonly shed: () => ReadonlyMap<Shed, number>;
};

type Parts = {
  readonly capture: Pick<Capture, 'clock' | 'losses' | 'drops' | 'lostCalls'>;
  readonly writer: Pick<RecordingWriter, 'loss' | 'growLoss' | 'lostCalls'> & {
    readonly waits: Pick<RecordingWriter['waits'], 'packetDrops'>;
  };
  /** Waits whose causes could not be followed since the last time this was asked. */
  readonly takeUnfollowed: () => number;
};

const since = (now: LostCalls, before: LostCalls | undefined): LostCalls =>
  before === undefined
    ? now
    : {
        ...now,
        count: now.count - before.count,
        sum: now.sum - before.sum,
        failed: now.failed - before.failed,
        log2: now.log2.map((count, i) => count - (before.log2[i] ?? 0)),
      };

export const createLossNotes = ({ capture, writer, takeUnfollowed }: Parts): LossNotes => {
  let lastTime = 0;
  let lost = 0;
  let seen: ReadonlyMap<LossName, number> = new Map();
  let seenDrops: ReadonlyMap<string, number> = new Map();
  const seenCalls = new Map<string, LostCalls>();
  const shed = new Map<Shed, number>();
  /** Losses that may go on: the row of each, and at which level it began. */
  const growing = new Map<LossName, { readonly id: number; readonly level: number; count: number }>();

  const noteShed = (name: LossName, kind: Shed, more: number, now: number, level: number): void => {
    shed.set(kind, (shed.get(kind) ?? 0) + more);
    const row = growing.get(name);
    if (row?.level === level) {
      row.count += more;
      writer.growLoss(row.id, now, row.count);
      return;
    }
    const why =
      keptAt(level)[kind] === 1
        ? 'the ring was nearly full before the recorder could act'
        : `level ${level} of ${HIGHEST_LEVEL}: one in ${keptAt(level)[kind]} was kept`;
    growing.set(name, { id: writer.loss(name, lastTime, now, more, why), level, count: more });
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
      const unfollowed = takeUnfollowed();
      if (unfollowed > 0) writer.loss('history_overwritten', lastTime, now, unfollowed);
      lost += unfollowed;
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
      for (const total of capture.lostCalls()) {
        const key = `${total.pid} ${total.op}`;
        const more = since(total, seenCalls.get(key));
        if (more.count > 0) writer.lostCalls(more, now);
        seenCalls.set(key, total);
      }
    },
  };
};
