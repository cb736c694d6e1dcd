// For whom else a disk worked while a thread waited for it. That it did says not that it should not have: it is told, not blamed.
import { cleanText } from '../../base/sanitize.ts';
import { shareText } from '../../base/units.ts';
import { type DiskUse, readDiskUse } from '../../store/read-disk-use.ts';
import type { Recording, Window } from '../../store/recording.ts';
import type { Culprit } from '../chain.ts';
import { type Part, waitIn } from '../pieces.ts';
import { HELD } from './request.ts';

/** Less of the time is not worth a word. */
const LEAST = 0.2;

/** How much of some windows was covered by stretches that may overlap, in ns; both in the order of their start. */
const coveredBy = (uses: readonly Window[], windows: readonly Window[]): number => {
  let covered = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const use of uses) {
    const start = Math.max(use.start_ns, end);
    end = Math.max(end, use.end_ns);
    for (const window of windows)
      covered += Math.max(0, Math.min(end, window.end_ns) - Math.max(start, window.start_ns));
  }
  return covered;
};

/** ", which worked for writer (pid 12) 62 % of the time", or nothing: of a wait for a disk that was not only kept from it. */
export const diskUseText = (
  recording: Recording,
  { what }: Pick<Culprit, 'what'>,
  { evidence }: Part,
  windows: readonly Window[],
): string => {
  const device = /disk (\d+:\d+)/.exec(what)?.[1];
  const wait = waitIn(evidence);
  if (device === undefined || wait === undefined || windows.length === 0 || what.includes(HELD)) return '';
  const whole = {
    start_ns: Math.min(...windows.map(({ start_ns }) => start_ns)),
    end_ns: Math.max(...windows.map(({ end_ns }) => end_ns)),
  };
  const recorder = Number(recording.facts.get('recorder_pid') ?? 0);
  const byProcess = new Map<number, DiskUse[]>();
  for (const use of readDiskUse(recording.database, { device, wait }, whole)) {
    const known = byProcess.get(use.pid);
    if (known === undefined) byProcess.set(use.pid, [use]);
    else known.push(use);
  }
  byProcess.delete(recorder);
  const total = windows.reduce((sum, { start_ns, end_ns }) => sum + end_ns - start_ns, 0);
  const [most] = [...byProcess.values()]
    .map((uses) => ({ use: uses[0], share: coveredBy(uses, windows) / Math.max(1, total) }))
    .sort((a, b) => b.share - a.share);
  if (most?.use === undefined || most.share < LEAST) return '';
  return `, which worked for ${cleanText(most.use.comm, 16)} (pid ${most.use.pid}) ${shareText(most.share)} of the time`;
};
