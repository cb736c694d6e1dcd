// Runs benches one after the other: one that fails takes none of the others with it. Knows neither the command line nor files.
import { type Asked, type Bench, isSkipped, type Line } from './figure.ts';
import { skippedOf } from './promised.ts';

export type Outcome = {
  /** Names of figures that missed their goals, each once, and of benches that failed. */
  readonly missed: readonly string[];
  readonly skipped: readonly string[];
  readonly failed: readonly string[];
};

type Listener = {
  readonly onBegin: (bench: Bench) => void;
  /** Called once for each bench that did not fail, with all that it printed. */
  readonly onLines: (bench: Bench, lines: readonly Line[]) => void;
  /** Called with lines that stand for figures that there are not. */
  readonly onFailure: (bench: Bench, thrown: unknown, lines: readonly Line[]) => void;
};

/** A number that is none is not printed as one. */
const checked = (line: Line): Line =>
  isSkipped(line) || Number.isFinite(line.value) ? line : { figure: line.figure, skipped: 'it came to no number' };

/** Runs them in their order. */
export const runBenches = async (
  benches: readonly Bench[],
  asked: Asked,
  { onBegin, onLines, onFailure }: Listener,
): Promise<Outcome> => {
  const all: Line[] = [];
  const failed: string[] = [];
  for (const bench of benches) {
    onBegin(bench);
    try {
      const measured = (await bench.run(asked)).map(checked);
      const lines = [...measured, ...skippedOf(bench.name, measured)];
      all.push(...lines);
      onLines(bench, lines);
    } catch (thrown) {
      const why = `the bench ${bench.name} failed`;
      const lines = skippedOf(bench.name, [], why);
      all.push(...lines);
      failed.push(bench.name);
      onFailure(bench, thrown, lines);
    }
  }
  const names = (holds: (line: Line) => boolean) => [...new Set(all.filter(holds).map(({ figure }) => figure))];
  return {
    failed,
    missed: names((line) => !isSkipped(line) && line.met === false),
    skipped: names(isSkipped),
  };
};
