// Baseline: rules that count context switches. An operation whose slowest hundredth takes more than three times the median,
// and at least 5 switches within 10 s: the scheduler did it. The busiest other process of the run queue is named.
import type { Baseline } from './baseline.ts';

const WINDOW_NS = 10e9;
const SWITCHES = 5;
const FACTOR = 3;

export const switchCount: Baseline = {
  name: 'switches counted in 10 s',
  claims: (rows) => {
    const slow = rows('SELECT op, start_ns, duration_ns FROM calls WHERE depth = 0 ORDER BY op, duration_ns');
    const byOp = Map.groupBy(slow, ({ op }) => String(op));
    const found = [...byOp.values()].flatMap((calls) => {
      const at = (quantile: number) => calls[Math.floor((calls.length - 1) * quantile)];
      const [median, tail] = [Number(at(0.5)?.duration_ns), Number(at(0.99)?.duration_ns)];
      return tail > FACTOR * median ? [{ tail, start: Number(calls.at(-1)?.start_ns) }] : [];
    });
    const [worst] = found.sort((a, b) => b.tail - a.tail);
    if (worst === undefined) return [];
    const [switches] = rows(
      'SELECT count(*) AS n FROM waits WHERE start_ns BETWEEN ? AND ?',
      worst.start - WINDOW_NS,
      worst.start + WINDOW_NS,
    );
    if (Number(switches?.n) < SWITCHES) return [];
    const [busiest] = rows(
      'SELECT pid, tid, comm FROM run_slices WHERE pid > 0 GROUP BY pid ORDER BY sum(duration_ns) DESC LIMIT 1',
    );
    return [
      {
        kind: 'runnable',
        pid: Number(busiest?.pid ?? 0),
        tid: Number(busiest?.tid ?? 0),
        comm: String(busiest?.comm ?? ''),
        what: 'context switches',
        confidence: 1,
      },
    ];
  },
};
