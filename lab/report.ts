// Sums up a run of the lab: figures with their goals, and docs/lab.md. Pure: results in, text out.
import type { IncidentResult, Results } from './results.ts';

export type LabFigure = {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: number;
  readonly met?: boolean;
  readonly runs: number;
};

const percent = (part: number, of: number): number => (of === 0 ? 0 : Math.round((1000 * part) / of) / 10);
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)] ?? 0;
const round = (value: number) => Number(value.toPrecision(3));

const share = (of: readonly IncidentResult[], holds: (one: IncidentResult) => boolean): number =>
  percent(of.filter(holds).length, of.length);

type Sums = {
  readonly top1: number;
  readonly top3: number;
  readonly path: number;
  readonly error: number;
  readonly error95: number;
  readonly closure: number;
  readonly brier: number;
  readonly tokens: number;
  readonly seconds: number;
};

const sumsOf = (of: readonly IncidentResult[]): Sums => {
  const briers = of.flatMap(({ score }) => (score.brier === undefined ? [] : [score.brier]));
  const errors = of.map(({ score }) => 100 * score.attribution);
  return {
    top1: share(of, ({ score }) => score.top1),
    top3: share(of, ({ score }) => score.top3),
    path: round(100 * mean(of.map(({ score }) => score.path))),
    error: round(quantile(errors, 0.5)),
    error95: round(quantile(errors, 0.95)),
    closure: round(100 * mean(of.map(({ score }) => score.closure))),
    brier: round(mean(briers)),
    tokens: quantile(
      of.map(({ tokens }) => tokens),
      1,
    ),
    seconds: round(
      quantile(
        of.map(({ seconds }) => seconds),
        0.95,
      ),
    ),
  };
};

const falsePositives = ({ controls }: Results): number =>
  percent(controls.filter(({ claims }) => claims.length > 0).length, controls.length);
const byFamily = ({ incidents }: Results) => [...Map.groupBy(incidents, ({ family }) => family)];

/** The figures of a run, one JSON line each. */
export const figuresOf = (results: Results): readonly LabFigure[] => {
  const { incidents, controls } = results;
  const runs = incidents.length;
  const all = sumsOf(incidents);
  const worst = Math.min(100, ...byFamily(results).map(([, of]) => sumsOf(of).top1));
  const atLeast = (figure: string, value: number, unit: string, goal: number) => ({
    figure,
    value,
    unit,
    goal,
    met: value >= goal,
    runs,
  });
  const atMost = (figure: string, value: number, unit: string, goal: number) => ({
    figure,
    value,
    unit,
    goal,
    met: value <= goal,
    runs,
  });
  return [
    ...(runs === 0
      ? []
      : [
          atLeast('lab_top1_pct', all.top1, '%', 95),
          atLeast('lab_worst_family_pct', worst, '%', 80),
          atLeast('lab_top3_pct', all.top3, '%', 99),
          atLeast('lab_path_pct', all.path, '%', 90),
          atMost('lab_attribution_error_median_pct', all.error, '%', 1),
          atMost('lab_attribution_error_p95_pct', all.error95, '%', 5),
          { figure: 'lab_closure_pct', value: all.closure, unit: '%', runs },
          { figure: 'lab_brier', value: all.brier, unit: '', runs },
          atMost('lab_chain_tokens_max', all.tokens, 'tokens', 400),
          atMost('lab_answer_seconds_p95', all.seconds, 's', 1),
        ]),
    ...(controls.length === 0
      ? []
      : [{ ...atMost('lab_false_positive_pct', falsePositives(results), '%', 2), runs: controls.length }]),
  ];
};

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const familyRow = (name: string, of: readonly IncidentResult[]) => {
  const sums = sumsOf(of);
  return [name, of.length, sums.top1, sums.top3, sums.path, sums.error, sums.error95, sums.closure, sums.brier];
};

const baselineRows = ({ incidents, controls }: Results) => {
  const names = [...new Set(incidents.flatMap(({ baselines }) => baselines.map(({ name }) => name)))];
  return names.map((name) => {
    const of = incidents.flatMap(({ baselines }) => baselines.filter((one) => one.name === name));
    const on = controls.flatMap(({ baselines }) => baselines.filter((one) => one.name === name));
    const right = (key: 'top1' | 'top3') => percent(of.filter((one) => one[key]).length, of.length);
    return [name, right('top1'), right('top3'), percent(on.filter(({ claims }) => claims > 0).length, on.length)];
  });
};

/** Text of a table's cell. */
const cell = (text: string) => text.replaceAll('|', '/').replaceAll('\n', ' ');

const failureRows = ({ incidents }: Results) =>
  incidents
    .filter(({ score }) => !score.top1)
    .map(({ name, seed, chains, score }) => [
      name,
      seed,
      score.top3 ? 'second or third' : 'no',
      cell(chains[0] === undefined ? 'no answer' : `${chains[0].kind}: ${chains[0].summary}`),
    ]);

const falseRows = ({ controls }: Results) =>
  controls
    .filter(({ claims }) => claims.length > 0)
    .map(({ name, seed, claims }) => [name, seed, cell(claims[0]?.summary ?? '')]);

const figureText = ({ figure, value, unit, goal, met }: LabFigure) => [
  figure,
  `${value}${unit === '' ? '' : ` ${unit}`}`,
  goal === undefined ? '' : `${goal}${unit === '' ? '' : ` ${unit}`}`,
  met === undefined ? '' : met ? 'yes' : 'no',
];

/** How quiet the machine was, as far as the run knows. */
const howPlayed = ({ controls }: Results): string => {
  if (controls.some(({ attempts }) => attempts === 0))
    return 'These are recordings kept from an earlier run, asked again with the engine as it is now.';
  const again = controls.filter(({ attempts }) => attempts > 1).length;
  return `${again} of ${controls.length} had to be played again since the machine was busy by the program's own clock.`;
};

/** docs/lab.md. */
export const labDocument = (results: Results): string => {
  const { incidents, controls, seeds, skipped } = results;
  const names = new Set(incidents.map(({ name }) => name));
  const failures = failureRows(results);
  const wrong = falseRows(results);
  return `# The incident lab

Generated by \`npm run lab\` (${seeds === 1 ? 'one seed' : `${seeds} seeds`}). Do not edit.

${names.size} incidents with known causes, each ${seeds === 1 ? 'once' : `with ${seeds} seeds`} and with its healthy twin (the same code, the fault off), and ${new Set(controls.filter(({ name }) => !name.endsWith('-twin')).map(({ name }) => name)).size} programs with nothing to be found.
Each is recorded live with \`whytrace record\` and asked with \`whytrace ask get_causal_chains\`, without any hint. The device is
simulated; processes, locks, pipes, disks, control groups and the network are real. What really happened, the programs log themselves, with their
own clocks, in files that the engine never sees. An answer is right when class and culprit are; it attributes right when its times by kind are
those of the log in the same window (half of the sum of all differences, in % of the window; no answer about the victim counts as 100 %; where in a
step that only computes a thread had no CPU, the log leaves open). Of what should be
healthy, any chain with a confidence of 0.5 or more is a false positive. ${howPlayed(results)}

${table(['figure', 'value', 'goal', 'met'], figuresOf(results).map(figureText))}

## By family

${table(
  [
    'family',
    'runs',
    'top-1 %',
    'top-3 %',
    'path %',
    'attribution error, median %',
    '95th percentile %',
    'closure %',
    'Brier score',
  ],
  [...byFamily(results).map(([name, of]) => familyRow(name, of)), familyRow('all', incidents)],
)}

## Against baselines

On the same recordings. "Switches counted in 10 s": an operation whose slowest hundredth takes more than three times its median, and at least 5
switches around it, is the scheduler's fault. "Largest off-CPU stack": what the thread with most calls waited in longest.

${table(
  ['', 'top-1 %', 'top-3 %', 'false positives %'],
  [['whytrace', sumsOf(incidents).top1, sumsOf(incidents).top3, falsePositives(results)], ...baselineRows(results)],
)}

## What it got wrong

${failures.length === 0 ? 'No first answer was wrong.' : table(['incident', 'seed', 'right below', 'first answer'], failures)}

${wrong.length === 0 ? 'Nothing healthy was blamed.' : table(['healthy', 'seed', 'claimed'], wrong)}
${skipped.size === 0 ? '' : `\n## Not played\n\n${[...skipped].map(([name, why]) => `- ${name}: ${why}`).join('\n')}\n`}`;
};
