// What `record` says: the live line and the summary.
import { durationText } from '../base/units.ts';
import { missingAbilities } from '../capture/abilities.ts';
import { HIGHEST_LEVEL, type Shed, sheddingRules } from '../catalogue/shedding.ts';
import type { Progress, Session } from '../record/session.ts';
import { tableLines } from '../serve/render/table.ts';
import type { Pruned } from '../store/retention/keep.ts';

const MAX_ROWS = 12;
const WIDTH = 100;

const count = (n: number): string => n.toLocaleString('en-US');
const rate = (n: number): string =>
  n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} k` : n.toFixed(0);

/** One line, cut to the terminal's width where that is known. */
export const liveLine = ({ elapsed, events, lost, level, top }: Progress, columns = 0): string => {
  const calls = top.slice(0, 3).map(({ op, count: calls }) => `${op} ${rate(calls)}`);
  const seconds = elapsed / 1e9;
  const parts = [
    `${seconds.toFixed(1)} s`,
    `${count(events)} events`,
    `${rate(events / Math.max(seconds, 1e-3))}/s`,
    `lost ${count(lost)}`,
    ...(level === 0 ? [] : [`leaving out ${level}/${HIGHEST_LEVEL}`]),
  ];
  return [...parts, ...calls].join('  ').slice(0, (columns > 0 ? columns : WIDTH) - 1);
};

/** What the watches found. */
const alertNotes = (path: string, { live }: Session): readonly string[] => {
  const found = live.alerts();
  if (found === undefined) return [];
  const { count: alerts, max_severity } = found;
  return [`alerts: ${count(alerts)}, the worst of severity ${max_severity}: whytrace ask get_alerts --db ${path}`];
};

/** What this kernel does not tell. */
const lackNotes = ({ capture: { missing, abilities } }: Session): readonly string[] => {
  const lacks = [...missing, ...missingAbilities(abilities)];
  return lacks.length === 0
    ? []
    : [`note: this kernel has no ${lacks.join(', ')}: 'whytrace doctor' says what that means`];
};

/** What was left out on purpose. */
const shedNotes = (shed: ReadonlyMap<Shed, number>): readonly string[] => {
  const parts = [...shed].map(([kind, left]) => `${count(left)} ${sheddingRules[kind].what}`);
  return parts.length === 0
    ? []
    : [
        `note: the machine could not keep up, and so ${parts.join(', ')} were left out: totals are exact, slow and failed calls went before all others, 'losses' says when`,
      ];
};

/** What was taken away since the file may hold no more. */
const prunedNotes = (pruned: Pruned | undefined): readonly string[] =>
  pruned === undefined
    ? []
    : [
        `note: the oldest ${count(pruned.rows)} rows, of the first ${durationText(pruned.until)}, were taken away (--keep-size, --keep-age); totals are of all of it`,
      ];

/** The summary: what was recorded, the calls by the time in them, what is missing, what to do next. */
export const summaryLines = (path: string, session: Session): readonly string[] => {
  const { progress, processes } = session;
  const { elapsed, events, lost, shed, top, pruned } = progress();
  const rows = top
    .slice(0, MAX_ROWS)
    .map(({ op, count: calls, sum }) => [op, count(calls), durationText(sum), durationText(sum / Math.max(1, calls))]);
  const more = top.length > MAX_ROWS ? [`... and ${top.length - MAX_ROWS} further calls`] : [];
  const table =
    rows.length === 0 ? ['no CUDA call was seen'] : [...tableLines(['call', 'count', 'total', 'mean'], rows), ...more];
  return [
    `whytrace: ${durationText(elapsed)} recorded into ${path}: ${count(events)} events, ${lost === 0 ? 'none lost' : `${count(lost)} lost`}`,
    ...table,
    ...shedNotes(shed),
    ...prunedNotes(pruned),
    ...lackNotes(session),
    ...processes.notes.map((note) => `note: ${note}`),
    ...alertNotes(path, session),
    `next: whytrace explain ${path}`,
  ];
};
