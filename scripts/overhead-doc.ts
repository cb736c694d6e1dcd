// docs/overhead.md: what recording costs, from the figures that `npm run bench -- --write` keeps and the words about them. Must
// not compute a figure: it says what was measured, and what missed its goal.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, isSkipped, type Line, type Skipped } from '../bench/figure.ts';
import type { Machine } from '../bench/machine.ts';
import { promisedNames } from '../bench/promised.ts';
import { code, markdownPage, markdownTable } from '../src/catalogue/derive/markdown.ts';
import { opening, type Section, sections } from './overhead-sections.ts';

/** What one bench measured. */
export type Kept = {
  readonly bench: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
  /** What could not be measured there. */
  readonly skipped: readonly Skipped[];
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';

const isFigure = (value: unknown): value is Figure =>
  isRecord(value) &&
  [value.figure, value.unit].every(isText) &&
  [value.value, value.min, value.max, value.runs].every(isNumber) &&
  (value.goal === undefined ? value.met === undefined : isNumber(value.goal) && typeof value.met === 'boolean') &&
  isRecord(value.context) &&
  Object.values(value.context).every((each) => isText(each) || isNumber(each));

const isLine = (value: unknown): value is Line =>
  isFigure(value) || (isRecord(value) && [value.figure, value.skipped].every(isText));

const isMachine = (value: unknown): value is Machine =>
  isRecord(value) &&
  [value.cpus, value.memory_gib].every(isNumber) &&
  [value.cpu, value.kernel, value.arch, value.node].every(isText) &&
  typeof value.virtual === 'boolean';

/** Reads the lines that a bench left. Throws for a line that is neither about the machine nor a figure. */
export const parseKept = (bench: string, text: string): Kept => {
  const [first, ...rest]: unknown[] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const machine = isRecord(first) ? first.machine : undefined;
  if (!isMachine(machine)) throw new Error(`docs/figures/${bench}.jsonl does not begin with the machine`);
  const lines = rest.filter(isLine);
  if (lines.length < rest.length) throw new Error(`docs/figures/${bench}.jsonl has a line that is no figure`);
  const figures = lines.filter((line): line is Figure => !isSkipped(line));
  return { bench, machine, figures, skipped: lines.filter(isSkipped) };
};

const readKept = (folder: string): readonly Kept[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => parseKept(name.slice(0, -'.jsonl'.length), readFileSync(join(folder, name), 'utf8')));

const numberText = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
const withUnit = (value: number, unit: string): string =>
  unit === 'ratio' ? numberText(value) : `${numberText(value)} ${unit}`;

/** A line does not say on which side of the goal is right; whether it was met does. */
const goalText = ({ value, goal, met, unit }: Figure): string => {
  if (goal === undefined) return '';
  const text = withUnit(goal, unit);
  if (value === goal) return text;
  return value < goal === met ? `${text} or less` : `${text} or more`;
};

/** Names of numbers that say how often what costs something happens. */
const RATE = /(?:_per_s|_per_second|_hz)$|^rate$|^hz$/;
const contextText = ({ unit, context }: Figure): string => {
  const entries = Object.entries(context);
  const words = entries.map(
    ([name, value]) => `${name.replaceAll('_', ' ')} ${isNumber(value) ? numberText(value) : value}`,
  );
  const lacksRate = unit.startsWith('%') && !entries.some(([name]) => RATE.test(name));
  return [...words, ...(lacksRate ? ['(no rate applies)'] : [])].join(', ');
};

const measuredText = ({ value, min, max, met, unit }: Figure): string => {
  const spread = min === max ? '' : ` (${numberText(min)} to ${numberText(max)})`;
  return `${withUnit(value, unit)}${spread}${met === false ? ': **missed**' : ''}`;
};

const tableOf = (figures: readonly Figure[], what: Section['figures']): string =>
  markdownTable(
    ['figure', 'what it is', 'with', 'goal', 'measured'],
    figures.map((figure) => [
      code(figure.figure),
      what[figure.figure] ?? '',
      contextText(figure),
      goalText(figure),
      measuredText(figure),
    ]),
  );

const machineText = ({ cpus, cpu, virtual, memory_gib, kernel, arch, node }: Machine): string =>
  `a ${virtual ? 'virtual' : 'physical'} machine with ${cpus} CPUs (${cpu}, ${arch}) and ${memory_gib} GiB, Linux ${kernel}, Node ${node}`;

const sectionText = ({ title, before, after, figures }: Section, kept: readonly Kept[]): string => {
  const how = kept.map(({ bench, machine }) => `\`npm run bench -- ${bench}\`, measured on ${machineText(machine)}.`);
  const table =
    kept.length === 0
      ? []
      : [
          tableOf(
            kept.flatMap((one) => one.figures),
            figures,
          ),
        ];
  return [`## ${title}`, ...before, ...how, ...table, ...after].join('\n\n');
};

const missedText = (kept: readonly Kept[]): string => {
  const all = kept.flatMap(({ figures }) => figures);
  const told = new Set(kept.flatMap(({ figures, skipped }) => [...figures, ...skipped].map(({ figure }) => figure)));
  const never = [...promisedNames].flatMap(([bench, names]) =>
    names
      .filter((figure) => !told.has(figure))
      .map((figure): Skipped => ({ figure, skipped: `\`npm run bench -- --write ${bench}\` was not run yet` })),
  );
  const skipped = [...kept.flatMap((one) => one.skipped), ...never];
  const notMeasured =
    skipped.length === 0
      ? []
      : ['Not measured:', skipped.map((one) => `* ${code(one.figure)}: ${one.skipped}`).join('\n')];
  const held = all.filter(({ met }) => met !== undefined);
  const missed = held.filter(({ met }) => met === false);
  if (missed.length === 0)
    return ['## Goals', `All ${held.length} figures below that have a goal met it.`, ...notMeasured].join('\n\n');
  const lines = missed.map((figure) => `* ${code(figure.figure)}: ${measuredText(figure)}, goal ${goalText(figure)}`);
  const how = `${missed.length} of ${held.length} figures that have a goal missed it:`;
  return ['## Goals', how, lines.join('\n'), ...notMeasured].join('\n\n');
};

/** The document, from the files of a folder. */
export const overheadDoc = (folder: string): string => {
  const kept = readKept(folder);
  const told = new Set(sections.flatMap(({ benches }) => benches));
  const rest = kept.filter(({ bench }) => !told.has(bench));
  const others: readonly Section[] = rest.map(({ bench }) => ({
    ...{ title: `Bench ${bench}`, benches: [bench], before: [], after: [], figures: {} },
  }));
  const texts = [...sections, ...others]
    .map((section) => ({ section, found: kept.filter(({ bench }) => section.benches.includes(bench)) }))
    .filter(({ section, found }) => found.length > 0 || section.benches.length === 0)
    .map(({ section, found }) => sectionText(section, found));
  return markdownPage('What recording costs', 'docs/figures and scripts/overhead-sections.ts', [
    ...opening,
    missedText(kept),
    ...texts,
  ]);
};
