// Runs test files, each in a process of its own, and reports them as one run: what may run at the same time does, what measures
// time runs alone. `run-tests.ts LIMIT_MS FILE...`, the limit for each test; the exit code is 0 only when all ran and passed.
import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { laneOf, STEPS } from './test-lanes.ts';

const [limit = '', ...files] = process.argv.slice(2);
/** The closing lines of a run. Those of single files never come here: only the run as a whole says them at the outermost level. */
const CLOSING = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) (\d+)(?:\.\d+)?$/;

const stop = new AbortController();
// Each file listens.
setMaxListeners(0, stop.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

/** How many runs have begun, and how many have ended without a failure. */
const runs = { begun: 0, passed: 0 };

/** Begins with the files of a lane, where there are any; they keep what they have to tell until it is read. */
const begin = ({ lane, atOnce }: (typeof STEPS)[number][number]): readonly AsyncIterable<TestEvent>[] => {
  const own = files.filter((file) => laneOf(file) === lane);
  if (own.length === 0) return [];
  runs.begun++;
  return [run({ files: own, concurrency: atOnce, timeout: Number(limit), signal: stop.signal })];
};

/** The events of all runs as if they were one: what one lane tells comes after the other, and the closing lines are sums. */
async function* asOne(): AsyncGenerator<TestEvent, void> {
  const began = performance.now();
  const sums = new Map<string, number>();
  for (const step of STEPS) {
    if (stop.signal.aborted) break;
    for (const stream of step.flatMap(begin))
      for await (const event of stream) {
        if (event.type === 'test:summary' && event.data.file === undefined) {
          if (event.data.success) runs.passed++;
          continue;
        }
        const isOutermost = event.type === 'test:diagnostic' && event.data.nesting === 0;
        const [, what, count] = (isOutermost && CLOSING.exec(event.data.message)) || [];
        if (what === undefined) yield event;
        else sums.set(what, (sums.get(what) ?? 0) + Number(count));
      }
  }
  sums.set('duration_ms', performance.now() - began);
  for (const [what, count] of sums)
    yield { type: 'test:diagnostic', data: { nesting: 0, level: 'info', message: `${what} ${count}` } };
}

// Whatever goes wrong on the way is a failure.
process.exitCode = 1;
// The names of what failed come with the end of the events.
await pipeline(Readable.from(asOne()), new spec(), process.stdout, { end: false });
if (!stop.signal.aborted && runs.begun > 0 && runs.passed === runs.begun) process.exitCode = 0;
