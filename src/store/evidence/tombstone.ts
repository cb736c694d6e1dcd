// What a tombstone says: which rows and seals were taken away, so that what is missing is known to have been taken by whoever
// has the key. Knows its text, not the rows.
import { detailOf, detailText, type Seal } from './seal.ts';

/** Rows of these tables that were sealed by this seal or one before it. */
export type Gone = { readonly until: number; readonly tables: readonly string[] };
/**
 * Seals after the first, up to `last`, but for those that vouch for rows which stay. `hash` is that of the last, which the next
 * one follows; `begin` that of the first seal; `kept` the digest of those that stay.
 */
export type Dropped = { readonly last: number; readonly hash: string; readonly begin: string; readonly kept: string };

export type Tombstone = {
  readonly gone: readonly Gone[];
  /** All rows of events that were taken away since the recording began. */
  readonly rows: number;
  /** One line. */
  readonly why: string;
  readonly dropped: Dropped | undefined;
};

/** The detail of a tombstone. Each says all that is gone, so that only the last one matters. */
export const tombstoneText = ({ gone, rows, why, dropped }: Tombstone): string =>
  detailText([
    ...gone.map(({ until, tables }) => ['until', [until, ...tables].join(' ')] as const),
    ['rows', String(rows)],
    ...(dropped === undefined
      ? []
      : [['dropped', [dropped.last, dropped.hash, dropped.begin, dropped.kept].join(' ')] as const]),
    ['why', why],
  ]);

const droppedOf = (value: string | undefined): Dropped | undefined => {
  const [last = '', hash = '', begin = '', kept = ''] = value?.split(' ') ?? [];
  return value === undefined ? undefined : { last: Number(last), hash, begin, kept };
};

/** What the last tombstone among some seals says; undefined when nothing was taken away. */
export const tombstoneOf = (seals: readonly Seal[]): Tombstone | undefined => {
  const detail = seals.findLast(({ kind }) => kind === 'pruned')?.detail;
  if (detail === undefined) return undefined;
  return {
    gone: detailOf(detail, 'until').map((line) => {
      const [until, ...tables] = line.split(' ');
      return { until: Number(until), tables };
    }),
    rows: Number(detailOf(detail, 'rows')[0]),
    why: detailOf(detail, 'why')[0] ?? '',
    dropped: droppedOf(detailOf(detail, 'dropped')[0]),
  };
};
