// Baseline: the largest off-CPU time of the thread that makes most calls, by what it waited in, as an off-CPU profile shows
// it. The culprit is who most often ended those waits.
import { isRootKind } from '../../src/catalogue/root-kinds.ts';
import type { Baseline } from './baseline.ts';

export const largestOffCpu: Baseline = {
  name: 'largest off-CPU stack',
  claims: (rows) => {
    const [thread] = rows('SELECT tid FROM calls GROUP BY tid ORDER BY count(*) DESC LIMIT 1');
    if (thread === undefined) return [];
    const largest = rows(
      'SELECT kind, syscall, sum(duration_ns) AS ns FROM waits WHERE tid = ? GROUP BY kind, syscall, stack ORDER BY ns DESC LIMIT 3',
      Number(thread.tid),
    );
    return largest.flatMap((row) => {
      const kind = String(row.kind);
      if (!isRootKind(kind)) return [];
      const [waker] = rows(
        'SELECT waker_pid AS pid, waker_tid AS tid, waker_comm AS comm FROM waits WHERE tid = ? AND kind = ? GROUP BY waker_pid ORDER BY sum(duration_ns) DESC LIMIT 1',
        Number(thread.tid),
        kind,
      );
      const self = kind === 'sleep' || kind === 'throttled';
      return [
        {
          kind,
          pid: self ? Number(thread.tid) : Number(waker?.pid ?? 0),
          tid: self ? Number(thread.tid) : Number(waker?.tid ?? 0),
          comm: String(waker?.comm ?? ''),
          what: String(row.syscall ?? ''),
          confidence: 1,
        },
      ];
    });
  },
};
