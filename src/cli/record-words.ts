// What `record` says: the live line and the summary.
import { durationText } from '../base/units.ts';
import { missingAbilities } from '../capture/abilities.ts';
import type { Progress, Session } from '../record/session.ts';
import { tableLines } from '../serve/render/table.ts';

const MAX_ROWS = 12;
const WIDTH = 100;

const count = (n: number): string => n.toLocaleString('en-US');
const rate = (n: number): string =>
  n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} k` : n.toFixed(0);

/** One line, cut to the terminal's width where that is known. */
export const liveLine = ({ elapsed, events, lost, top }: Progress, columns = 0): string => {
  const calls = top.slice(0, 3).map(({ op, count: calls }) => `${op} ${rate(calls)}`);
  const seconds = elapsed / 1e9;
  const parts = [
    `${seconds.toFixed(1)} s`,
    `${count(events)} events`,
    `${rate(events / Math.max(seconds, 1e-3))}/s`,
    `lost ${count(lost)}`,
  ];
  return [...parts, ...calls].join('  ').slice(0, (columns > 0 ? columns : WIDTH) - 1);
};

/** What this kernel does not tell. */
const lackNotes = ({ capture: { missing, abilities } }: Session): readonly string[] => {
  const lacks = [...missing, ...missingAbilities(abilities)];
  return lacks.length === 0
    ? []
    : [`note: this kernel has no ${lacks.join(', ')}: 'whytrace doctor' says what that means`];
};

/** The summary: what was recorded, the calls by the time in them, what is missing, what to do next. */
export const summaryLines = (path: string, session: Session): readonly string[] => {
  const { progress, processes } = session;
  const { elapsed, events, lost, top } = progress();
  const rows = top
    .slice(0, MAX_ROWS)
    .map(({ op, count: calls, sum }) => [op, count(calls), durationText(sum), durationText(sum / Math.max(1, calls))]);
  const more = top.length > MAX_ROWS ? [`... and ${top.length - MAX_ROWS} further calls`] : [];
  const table =
    rows.length === 0 ? ['no CUDA call was seen'] : [...tableLines(['call', 'count', 'total', 'mean'], rows), ...more];
  return [
    `whytrace: ${durationText(elapsed)} recorded into ${path}: ${count(events)} events, ${lost === 0 ? 'none lost' : `${count(lost)} lost`}`,
    ...table,
    ...lackNotes(session),
    ...processes.notes.map((note) => `note: ${note}`),
    `next: whytrace explain ${path}`,
  ];
};
