// The same in one process, which must not grow: no descriptors, no maps, no memory.
import { join } from 'node:path';
import { lab, start } from '../../test/kernel/recorder.ts';
import { json, linesOf, numberOf } from '../../test/kernel/truth.ts';
import type { Scenario } from '../scenario.ts';
import { judge } from '../verdict.ts';

const RECORDINGS = 40;
const RECORDER = join(import.meta.dirname, '..', 'record-again.ts');
/** What may differ by chance: a descriptor that is just being closed, memory that is not collected yet. */
const FDS = 8;
const RSS_MB = 120;

export const manyInOne: Scenario = {
  name: 'many-in-one',
  doc: `${RECORDINGS} recordings in one process: its descriptors, maps and memory stay as they were after the fifth`,
  runs: 1,
  run: async (stage) => {
    const { path } = stage;
    const ended = await start(stage, process.execPath, [
      ...['--disable-warning=ExperimentalWarning', RECORDER, String(RECORDINGS), path],
      ...[lab('counted'), '--launches', '5', '--copies', '2'],
    ]).ended;
    const outcome = judge(path, ended);
    if (!outcome.ok || ended.code !== 0) return { ...outcome, ok: false, why: outcome.why ?? ended.stderr };
    const { warm, end } = linesOf(ended.stdout).at(-1) ?? {};
    const more = (what: string) => numberOf(json(end), what) - numberOf(json(warm), what);
    const grown = `${more('fds')} descriptors, ${more('mappings')} mappings, ${more('rss_mb')} MB more`;
    const isFlat = more('fds') <= FDS && more('mappings') <= 0 && more('rss_mb') <= RSS_MB;
    return isFlat ? outcome : { ...outcome, ok: false, why: grown };
  },
};
