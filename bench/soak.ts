// Half an hour (or as long as is asked for) at 50,000 events a second with retention at work: memory that stays flat, a file that
// stays small, no drift, and not one event whose absence the file does not tell. What is measured is the command itself.
import { spawn, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../src/serve/zod.ts';
import { openRecording } from '../src/store/open-recording.ts';
import { callsWithoutRow } from '../test/kernel/calls-without-row.ts';
import { type Bench, type Figure, figureOf } from './figure.ts';
import { inFolder, launcher, workload } from './lab.ts';
import { growthOf, type Look, look, slopeOf, timeIn } from './soak-looks.ts';
import { startVisits } from './soak-visits.ts';

const MINUTES = 30;
const EVENTS = 50_000;
/** Each paced call is a runtime call that nests a driver call, of which 44 % are probed. */
const RATE = Math.round(EVENTS / 1.44);
const KEEP_MB = 64;
const KEEP_SECONDS = 60;
/** Rows go by whole stretches of about a second, in rounds: so much later at most. */
const LATE_SECONDS = 15;
/** Part of the time after which nothing should grow any more, and s that it takes at least until rows are taken away. */
const WARM = 0.4;
const LOOK_MS = 2000;
/** A slope of memory over less time than this is chance. */
const SLOPE_MINUTES = 10;
const MB = 1e6;

const made = z.object({ counts: z.record(z.string(), z.number()), end_ns: z.number() });

/** A program that calls at a steady rate beside others that come and go, each a new process with a new thread. */
const commandOf = (storm: string, seconds: number): readonly string[] => [
  'sh',
  '-c',
  `"$0" --rate ${RATE} --seconds ${seconds} --threads 1 --api runtime --start-delay-ms 300 & storm=$!
   while kill -0 $storm 2>/dev/null; do /bin/true; sleep 0.05; done; wait $storm`,
  storm,
];

type Watched = { readonly looks: readonly Look[]; readonly visits: number; readonly truth: z.infer<typeof made> };

const record = async (path: string, seconds: number, env: NodeJS.ProcessEnv): Promise<Watched> => {
  const keep = ['--keep-size', `${KEEP_MB}MB`, '--keep-age', `${KEEP_SECONDS}s`];
  const args = ['record', '-q', '-o', path, ...keep, '--', ...commandOf(workload('storm'), seconds)];
  const recorder = spawn(launcher, args, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const { pid } = recorder;
  if (pid === undefined) throw new Error(`cannot start ${launcher}`);
  const looks: Look[] = [];
  const timer = setInterval(() => {
    const seen = look(pid, path);
    if (seen !== undefined) looks.push(seen);
  }, LOOK_MS);
  const visitors = startVisits(path);
  let visits = 0;
  let said = '';
  recorder.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  try {
    const code = await new Promise<number | null>((resolve) => recorder.once('close', resolve));
    visits = visitors.stop();
    const line = said.split('\n').find((text) => text.includes('nested_driver_calls'));
    if (code !== 0 || line === undefined)
      throw new Error(`the recorder ended with ${code}, and the program said: ${said}`);
    return { looks, visits, truth: made.parse(JSON.parse(line)) };
  } finally {
    clearInterval(timer);
    visitors.stop();
    if (recorder.exitCode === null && recorder.signalCode === null) process.kill(-pid, 'SIGKILL');
  }
};

/** What the file says in the end. */
const contentsOf = (path: string, truth: Watched['truth']) => {
  const recording = openRecording(path);
  try {
    const { database } = recording;
    const count = (sql: string): number => Number(database.prepare(sql).get()?.n ?? 0);
    const losses = database
      .prepare('SELECT reason, sum(count) AS n FROM losses GROUP BY reason')
      .all()
      .map(({ reason, n }) => [String(reason), Number(n)] as const);
    const totals = new Map(recording.opTotals().map(({ op, count: calls }) => [op, calls]));
    const tables = ['thread', 'process', 'task', 'stack', 'frame', 'call_args', 'loss', 'second', 'evidence_chain'];
    return {
      losses: new Map(losses),
      seconds: recording.window.end_ns / 1e9,
      rows: count('SELECT count(*) AS n FROM call'),
      total: count('SELECT sum(count) AS n FROM total'),
      /** Calls that the program made, and that the totals do not have, or have too many of. */
      uncounted: Object.entries(truth.counts).reduce(
        (sum, [op, calls]) => sum + Math.abs(calls - (totals.get(op) ?? 0)),
        0,
      ),
      names: Object.fromEntries(tables.map((table) => [table, count(`SELECT count(*) AS n FROM ${table}`)])),
      /** From the last call of the program by its own clock to the last call by the recording's. */
      offMs:
        (count('SELECT start_ns AS n FROM call WHERE depth = 0 ORDER BY id DESC LIMIT 1') -
          timeIn(recording, truth.end_ns)) /
        1e6,
    };
  } finally {
    recording.close();
  }
};

const figuresOf = (
  path: string,
  { looks, visits, truth }: Watched,
  minutes: number,
  env: NodeJS.ProcessEnv,
): readonly Figure[] => {
  const found = contentsOf(path, truth);
  const { losses, rows, total } = found;
  const { stdout } = spawnSync(launcher, ['verify', path, '--json'], { env, encoding: 'utf8' });
  const verdict = /"verdict":\s*"(\w+)"/.exec(stdout)?.[1] ?? stdout.slice(0, 200);
  const pruned = losses.get('call_pruned') ?? 0;
  // Every call is counted, and each that is counted has a row, or is among those of which the file says why it has none.
  const unexplained =
    Math.abs(total - rows - callsWithoutRow(losses)) + found.uncounted + (verdict === 'intact' ? 0 : 1);
  const warm = looks.filter(({ s }) => s >= WARM * found.seconds);
  const most = (of: keyof Look, among: readonly Look[] = warm) => Math.max(...among.map((one) => one[of]));
  const growth = (of: keyof Look) => growthOf(warm.map((one) => one[of]));
  const file = Math.max(statSync(path).size / MB, most('file_mb', looks));
  const context = {
    ...{ minutes, kept_s: KEEP_SECONDS, kept_mb: KEEP_MB, calls: total, looks: looks.length, verdict },
    ...{
      rss_mb: Math.round(most('rss_mb')),
      file_mb_growth: growth('file_mb'),
      oldest_s: Math.round(most('oldest_s')),
    },
    ...{ rows_of_names: JSON.stringify(found.names), losses: JSON.stringify(Object.fromEntries(losses)) },
  };
  const slope = slopeOf(warm.map(({ s, own_mb }) => [s / 3600, own_mb]));
  return [
    figureOf('soak_unexplained_losses', 'events', { atMost: 0 }, [unexplained], context),
    // Else a recorder that leaves everything out, and says so, would do.
    figureOf('soak_rows_pct', '%', { atLeast: 99.9 }, [(100 * (rows + pruned)) / total], { rows, pruned }),
    figureOf('soak_events_per_s', 'events/s', { atLeast: 0.95 * EVENTS }, [total / found.seconds]),
    figureOf('soak_memory_growth_mb', 'MB', { atMost: 5 }, [growth('own_mb')], { own_mb: Math.round(most('own_mb')) }),
    ...(minutes < SLOPE_MINUTES ? [] : [figureOf('soak_memory_slope_mb_per_h', 'MB/h', { atMost: 10 }, [slope])]),
    figureOf('soak_fds_growth', 'descriptors', { atMost: 0 }, [growth('fds')], { most: most('fds') }),
    figureOf('soak_file_mb', 'MB', { atMost: KEEP_MB }, [file]),
    figureOf('soak_log_mb', 'MB', { atMost: KEEP_MB }, [most('log_mb', looks)], { visits }),
    figureOf('soak_oldest_s', 's', { atMost: KEEP_SECONDS + LATE_SECONDS }, [most('oldest_s', looks)]),
    figureOf('soak_behind_ms', 'ms', { atMost: 2000 }, [most('behind_ms')]),
    figureOf('soak_behind_growth_ms', 'ms', { atMost: 200 }, [growth('behind_ms')]),
    figureOf('soak_clock_off_ms', 'ms', { atMost: 50 }, [Math.abs(found.offMs)]),
  ];
};

export const soak: Bench = {
  name: 'soak',
  doc: `${MINUTES} minutes (--minutes N) at ${EVENTS} events/s, of which no more than ${KEEP_SECONDS} s and ${KEEP_MB} MB are kept`,
  onRequest: true,
  run: ({ minutes = MINUTES }) =>
    inFolder(async (folder) => {
      const seconds = Math.round(minutes * 60);
      // Shorter, and nothing has been taken away for long enough.
      if (!(seconds >= 2 * KEEP_SECONDS))
        throw new Error(`--minutes takes a number from ${(2 * KEEP_SECONDS) / 60} on, not ${minutes}`);
      const path = join(folder, 'soak.db');
      const env = { ...process.env, XDG_STATE_HOME: folder };
      return figuresOf(path, await record(path, seconds, env), minutes, env);
    }),
};
