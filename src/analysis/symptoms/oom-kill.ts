// Processes that the kernel killed since there was no memory left: its own word, so there is nothing to infer. Whether the group's
// limit or the machine's memory ran out is said where the waits for memory before it tell.
import { quotedName } from '../../base/quote.ts';
import { cleanText } from '../../base/sanitize.ts';
import { countText, durationText } from '../../base/units.ts';
import { type OomKill, readOomKills } from '../../store/read-memory.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { confidenceOf } from '../confidence.ts';
import type { Finding } from '../findings.ts';
import { taskText } from '../words/cause.ts';

/** How far back it is looked for what led to it, in ns. */
const BEFORE = 10e9;

/** How often and how long the process had to free memory before it was killed. */
const reclaimBefore = (recording: Recording, { pid, time_ns }: OomKill): string => {
  const row = recording.database
    .prepare(
      'SELECT count(*) AS n, coalesce(sum(duration_ns), 0) AS ns FROM scopes WHERE pid = ? AND start_ns BETWEEN ? AND ?',
    )
    .get(pid, time_ns - BEFORE, time_ns);
  const [count, ns] = [Number(row?.n ?? 0), Number(row?.ns ?? 0)];
  return count === 0
    ? 'reclaim: it did not have to free memory before, as far as was recorded'
    : `reclaim: ${countText(count, 'time')} it had to free memory in the ${durationText(BEFORE)} before, ${durationText(ns)} in total`;
};

const findingOf = (recording: Recording, kill: OomKill): Finding => {
  const { id, time_ns, pid, tid } = kill;
  const who = { pid, tid, comm: cleanText(kill.comm, 16) };
  const by =
    kill.by_pid === null || kill.by_pid === pid
      ? 'its own allocation made the kernel choose'
      : `${taskText({ pid: kill.by_pid, tid: kill.by_pid, comm: cleanText(kill.by_comm ?? '', 16) })} asked for memory when the kernel chose it`;
  const group = recording.processes().find((process) => process.pid === pid)?.cgroup ?? null;
  const what = 'killed for lack of memory';
  const moment = { start_ns: time_ns, end_ns: time_ns };
  const { start_ns } = recording.window;
  return {
    explained_ns: 0,
    isFatal: true,
    pid,
    root: { kind: 'oom', pid, comm: who.comm },
    chain: (name) => ({
      id: name,
      summary: `${taskText(who)} was killed by the kernel ${durationText(time_ns - start_ns)} after the recording began, since there was no memory left: ${by}.`,
      symptom: { kind: 'failure', op: 'process', ...who, ...moment, duration_ns: 0, baseline_ns: 0, count: 1 },
      root: { kind: 'oom', ...who, what, share: 1 },
      links: [{ from_tid: tid, to_tid: tid, kind: 'oom', ...moment, evidence: [`moments:${id}`] }],
      breakdown: [{ kind: 'oom', ...who, what, duration_ns: 0, share: 1 }],
      closure: 1,
      confidence: confidenceOf('A', 0),
      grade: 'A',
      counter_evidence: [reclaimBefore(recording, kill)],
      recommendations: [
        `give ${group === null ? 'it' : `its cgroup ${quotedName(group, 60)}`} more memory, or make it use less: 'SELECT * FROM scopes WHERE pid = ${pid}' shows where it was short before`,
      ],
    }),
  };
};

export const oomKills = (recording: Recording, window: Window, pid: number | undefined): readonly Finding[] =>
  readOomKills(recording.database, window)
    .filter((kill) => pid === undefined || kill.pid === pid)
    .map((kill) => findingOf(recording, kill));
