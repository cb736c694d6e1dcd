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
/** A file of tests has ended, of so many results. */
export type FileEnd = { readonly ended: string; readonly tests: number };
/** A line of the console: the kernel's version, a result with its number, the end of a file, or neither. */
export type Said = { readonly kernel: string } | FileEnd | (TestResult & { readonly number: number }) | undefined;

const textIn = (object: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'string' ? value : undefined;
};
const numberIn = (object: object, name: string): number | undefined => {
  const value: unknown = Reflect.get(object, name);
  return typeof value === 'number' ? value : undefined;
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
  if (typeof value !== 'object' || value === null) return undefined;
  const kernel = textIn(value, 'kernel');
  if (kernel !== undefined) return { kernel };
  const [ended, tests, number] = [textIn(value, 'ended'), numberIn(value, 'tests'), numberIn(value, 'number')];
  if (ended !== undefined && tests !== undefined) return { ended, tests };
  const result = resultOf(value);
  return result === undefined || number === undefined ? undefined : { ...result, number };
};
