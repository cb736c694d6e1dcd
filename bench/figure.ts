// One measured claim: how it is printed, and the statistics of its runs.

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export type Figure = {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  readonly met: boolean;
  readonly context: Readonly<Record<string, string | number>>;
};

/** A bench measures one or several figures; `name` is what the command line takes. */
export type Bench = {
  readonly name: string;
  readonly doc: string;
  /** Runs only when it is named: it takes long. */
  readonly onRequest?: true;
  readonly run: () => Promise<readonly Figure[]>;
};

const round = (value: number) => Number(value.toPrecision(4));
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** The figure of several runs: their median, held against the goal. */
export const figureOf = (
  figure: string,
  unit: string,
  goal: Goal,
  values: readonly number[],
  context: Figure['context'] = {},
): Figure => {
  const order = sorted(values);
  const value = order[Math.floor((order.length - 1) / 2)] ?? Number.NaN;
  return {
    figure,
    value: round(value),
    unit,
    goal: 'atMost' in goal ? goal.atMost : goal.atLeast,
    min: round(order[0] ?? Number.NaN),
    max: round(order.at(-1) ?? Number.NaN),
    runs: order.length,
    met: 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast,
    context,
  };
};
