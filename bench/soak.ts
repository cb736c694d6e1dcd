// Half an hour (or as long as is asked for) at 50,000 events a second with retention at work: memory that stays flat, a file that
// stays small, no drift, and not one event whose absence the file does not tell.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from '../src/serve/zod.ts';
import { callsWithoutRow } from '../test/kernel/calls-without-row.ts';
import { type Bench, figureOf } from './figure.ts';
import { inFolder, workload } from './lab.ts';

const MINUTES = 30;
const EVENTS = 50_000;
/** Each paced call is a runtime call that nests a driver call, of which 44 % are probed. */
const RATE = Math.round(EVENTS / 1.44);
const KEEP_BYTES = 64e6;
const KEEP_SECONDS = 60;
/** Part of the time after which nothing should grow any more. */
const WARM = 0.4;
const MB = 1e6;

const said = z.object({
  events: z.number(),
  seconds: z.number(),
  pruned: z.object({ until: z.number(), rows: z.number() }).optional(),
  rows: z.number(),
  total: z.number(),
  ops: z.record(z.string(), z.number()),
  names: z.record(z.string(), z.number()),
  losses: z.array(z.tuple([z.string(), z.number()])),
  looks: z.array(
    z.object({
      s: z.number(),
      rss: z.number(),
      heap: z.number(),
      file: z.number(),
      log: z.number(),
      behind_ms: z.number(),
    }),
  ),
  verdict: z.string(),
  file: z.number(),
});
const made = z.object({ total: z.number(), counts: z.record(z.string(), z.number()) });

/** The slope of a line through points, by least squares. */
const slopeOf = (points: readonly (readonly [x: number, y: number])[]): number => {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const [x, y] = [mean(points.map(([px]) => px)), mean(points.map(([, py]) => py))];
  const above = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  const below = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
};

/** A program that calls at a steady rate beside others that come and go, each a new process with a new thread. */
const commandOf = (storm: string, seconds: number): readonly string[] => [
  'sh',
  '-c',
  `"$0" --rate ${RATE} --seconds ${seconds} --threads 1 --api runtime --start-delay-ms 300 & storm=$!
   while kill -0 $storm 2>/dev/null; do /bin/true; sleep 0.05; done; wait $storm`,
  storm,
];

const record = (folder: string, seconds: number) => {
  const recorder = new URL('./soak-recorder.ts', import.meta.url).pathname;
  const output = execFileSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      recorder,
      ...[join(folder, 'soak.db'), String(KEEP_BYTES), String(KEEP_SECONDS)],
      ...commandOf(workload('storm'), seconds),
    ],
    { encoding: 'utf8', maxBuffer: 64e6 },
  );
  const lines = output.trim().split('\n');
  const truth = lines.find((line) => line.includes('nested_driver_calls')) ?? '{}';
  return { told: said.parse(JSON.parse(lines.at(-1) ?? '{}')), truth: made.parse(JSON.parse(truth)) };
};

export const soak: Bench = {
  name: 'soak',
  doc: `${MINUTES} minutes (--minutes N) at ${EVENTS} events/s, of which no more than ${KEEP_SECONDS} s and ${KEEP_BYTES / MB} MB are kept`,
  onRequest: true,
  run: () =>
    inFolder(async (folder) => {
      const minutes = Number(process.env.WHYTRACE_SOAK_MINUTES ?? MINUTES);
      if (!(minutes > 0)) throw new Error(`--minutes takes a number above 0, not ${minutes}`);
      const { told, truth } = record(folder, Math.round(minutes * 60));
      const warm = told.looks.filter(({ s }) => s >= WARM * told.seconds);
      // Every call is counted, and each that is counted has a row, or is among those of which the file says why it has none.
      const withoutRow = callsWithoutRow(told.losses);
      const uncounted = Object.entries(truth.counts).reduce(
        (sum, [op, calls]) => sum + Math.abs(calls - (told.ops[op] ?? 0)),
        0,
      );
      const unexplained =
        Math.abs(told.total - told.rows - withoutRow) + uncounted + (told.verdict === 'intact' ? 0 : 1);
      const lags = told.looks.map(({ behind_ms }) => behind_ms);
      const context = {
        ...{ minutes, kept_s: KEEP_SECONDS, kept_mb: KEEP_BYTES / MB, calls: told.total, made: truth.total },
        ...{
          pruned_rows: told.pruned?.rows ?? 0,
          verdict: told.verdict,
          rss_mb: Math.round((warm.at(-1)?.rss ?? 0) / MB),
        },
        ...{ behind_ms_first: Math.round(lags[1] ?? 0), behind_ms_last: Math.round(lags.at(-2) ?? 0) },
        ...{ rows_of_names: JSON.stringify(told.names), losses: JSON.stringify(told.losses) },
      };
      return [
        figureOf(
          'soak_rss_slope_mb_per_h',
          'MB/h',
          { atMost: 10 },
          [slopeOf(warm.map(({ s, rss }) => [s / 3600, rss / MB]))],
          context,
        ),
        figureOf('soak_file_mb', 'MB', { atMost: KEEP_BYTES / MB }, [
          Math.max(told.file, ...told.looks.map(({ file }) => file)) / MB,
        ]),
        figureOf('soak_unexplained_losses', 'events', { atMost: 0 }, [unexplained]),
        figureOf('soak_events_per_s', 'events/s', { atLeast: 0.95 * EVENTS }, [told.events / told.seconds]),
        figureOf('soak_behind_ms', 'ms', { atMost: 2000 }, [Math.max(...lags.slice(1))], { looks: lags.length }),
      ];
    }),
};
