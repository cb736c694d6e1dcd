// The same in one process, which must not grow: no descriptors, no threads, no maps, no memory.
import { join } from 'node:path';
import { lab, start } from '../../test/kernel/recorder.ts';
import { json, linesOf, numberOf } from '../../test/kernel/truth.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const RECORDINGS = 40;
const RECORDER = join(import.meta.dirname, '..', 'record-again.ts');
/** What may differ by chance: a descriptor or a thread that is just being closed, pages that the allocator has not given back. */
const MORE = { fds: 4, threads: 2, mappings: 0, heap_mb: 8, rss_mb: 60 } as const;

export const manyInOne: Scenario = {
  name: 'many-in-one',
  doc: `${RECORDINGS} recordings in one process: its descriptors, threads, maps and memory stay as they were after the tenth`,
  runs: 1,
  run: async (stage) => {
    const { path } = stage;
    const recorder = ['--disable-warning=ExperimentalWarning', '--expose-gc', RECORDER, String(RECORDINGS), path];
    const program = [lab('counted'), '--launches', '5', '--copies', '2'];
    // The allocator gives pages of an arena for each of many threads back late or never: that is no leak.
    const env = { MALLOC_ARENA_MAX: '2' };
    const ended = await start(stage, process.execPath, [...recorder, ...program], { env }).ended;
    const outcome = judge(path, ended);
    if (!outcome.ok || ended.code !== 0) return { ...outcome, ok: false, why: outcome.why ?? ended.stderr };
    const { warm, end } = linesOf(ended.stdout).at(-1) ?? {};
    const more = Object.entries(MORE).map(
      ([what, most]) => [what, numberOf(json(end), what) - numberOf(json(warm), what), most] as const,
    );
    const grown = more.filter(([, by, most]) => by > most);
    if (grown.length === 0) return outcome;
    const why = grown.map(([what, by, most]) => `${by} ${what} more, at most ${most} may be`).join(', ');
    return { ...outcome, ok: false, why: `${why}: ${JSON.stringify({ warm, end })}` };
  },
};
