// One measured claim: how it is printed, and the statistics of its runs.

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export type Figure = {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Neither it nor `met` where a figure is told without being held against anything. */
  readonly goal?: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  readonly met?: boolean;
  readonly context: Readonly<Record<string, string | number>>;
};

/** A figure that could not be measured here, and why. */
export type Skipped = { readonly figure: string; readonly skipped: string };
export type Line = Figure | Skipped;

/** What the command line asks of the benches. */
export type Asked = {
  /** How long those last that go on for as long as is wanted. */
  readonly minutes?: number;
};

/** A bench measures one or several figures; `name` is what the command line takes. */
export type Bench = {
  readonly name: string;
  readonly doc: string;
  /** Runs only when it is named: it takes long. */
  readonly onRequest?: true;
  readonly run: (asked: Asked) => Promise<readonly Line[]>;
};

export const isSkipped = (line: Line): line is Skipped => 'skipped' in line;

/** To the four digits that are told. */
export const rounded = (value: number): number => Number(value.toPrecision(4));
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** The middle one of the values; of an even number of them the mean of the two in the middle. NaN of none. */
export const median = (values: readonly number[]): number => {
  const order = sorted(values);
  const middle = order.length / 2;
  return ((order[Math.ceil(middle) - 1] ?? Number.NaN) + (order[Math.floor(middle)] ?? Number.NaN)) / 2;
};

const isMet = (value: number, goal: Goal): boolean => ('atMost' in goal ? value <= goal.atMost : value >= goal.atLeast);

/** The figure of several runs: their median, rounded to four digits, held against the goal where there is one. */
export const figureOf = (
  figure: string,
  unit: string,
  goal: Goal | undefined,
  values: readonly number[],
  context: Figure['context'] = {},
): Figure => {
  const order = sorted(values);
  const value = median(values);
  return {
    figure,
    value: rounded(value),
    unit,
    ...(goal === undefined ? {} : { goal: 'atMost' in goal ? goal.atMost : goal.atLeast }),
    min: rounded(order[0] ?? Number.NaN),
    max: rounded(order.at(-1) ?? Number.NaN),
    runs: order.length,
    ...(goal === undefined ? {} : { met: isMet(value, goal) }),
    context,
  };
};
