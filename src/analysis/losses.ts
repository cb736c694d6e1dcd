// What a recording lacks, in as few lines as there are kinds of loss.
import { cleanText } from '../base/sanitize.ts';
import { losses as lossSpecs } from '../catalogue/losses.ts';
import type { LossRow, Recording, Window } from '../store/recording.ts';

export type LossSum = LossRow & {
  /** What the loss means to a reader. */
  readonly doc: string;
};

const docs: ReadonlyMap<string, string> = new Map(Object.entries(lossSpecs).map(([name, { doc }]) => [name, doc]));
const DETAIL = 200;

/** One loss for each reason, spanning all of that reason, with the id and the detail of the first. In order of the first. */
export const sumLosses = (rows: readonly LossRow[]): readonly LossSum[] => {
  const sums = new Map<string, LossSum>();
  for (const row of rows) {
    const seen = sums.get(row.reason);
    sums.set(
      row.reason,
      seen === undefined
        ? {
            ...row,
            detail: row.detail === null ? null : cleanText(row.detail, DETAIL),
            doc: docs.get(row.reason) ?? '',
          }
        : {
            ...seen,
            start_ns: Math.min(seen.start_ns, row.start_ns),
            end_ns: Math.max(seen.end_ns, row.end_ns),
            count: seen.count + row.count,
          },
    );
  }
  return [...sums.values()];
};

/** Whether a loss takes something from a window: one that ends where it begins only says why it does not begin earlier. */
export const isInside = ({ start_ns, end_ns }: LossRow, window: Window): boolean =>
  end_ns > window.start_ns || start_ns >= window.start_ns;

const OF_THREAD = /^thread (\d+):/;

/** Losses that touch a window and may be of a thread: those that name another one are not. */
export const lossesAbout = (recording: Recording, window: Window, tid: number): readonly LossRow[] =>
  recording.losses(window).filter(({ source, detail }) => {
    const named = source === 'import' ? OF_THREAD.exec(detail ?? '')?.[1] : undefined;
    return named === undefined || Number(named) === tid;
  });
