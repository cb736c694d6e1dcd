// What a guest says of a test, on its console, and how it is read there. Anything else on the console is not ours.

export const LINE_MARK = '@whytrace ';
const outcomes = ['passed', 'failed', 'skipped', 'not run'] as const;
export type Outcome = (typeof outcomes)[number];

export type TestResult = {
  readonly file: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** Why it failed, was skipped or not run; empty for one that passed. */
  readonly why: string;
};
/** A line of the console: the kernel's version, a result, or neither. */
export type Said = { readonly kernel: string } | TestResult | undefined;

const textIn = (object: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'string' ? value : undefined;
};

/** A result out of JSON; undefined for anything else. */
export const resultOf = (value: unknown): TestResult | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const [file, name, why] = ['file', 'name', 'why'].map((key) => textIn(value, key));
  const outcome = outcomes.find((each) => each === textIn(value, 'outcome'));
  return file === undefined || name === undefined || why === undefined || outcome === undefined
    ? undefined
    : { file, name, outcome, why };
};

/** Reads a line. The kernel may have written into the middle of one: such a line says nothing. */
export const readLine = (line: string): Said => {
  const at = line.indexOf(LINE_MARK);
  if (at < 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line.slice(at + LINE_MARK.length));
  } catch {
    return undefined;
  }
  const kernel = typeof value === 'object' && value !== null ? textIn(value, 'kernel') : undefined;
  return kernel === undefined ? resultOf(value) : { kernel };
};
