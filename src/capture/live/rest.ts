// Tests what the kernel could not: alternatives, patterns with several stars, fractions. On values that were sent.
import { fieldNamed, type OwnFact } from './conditions.ts';
import type { LiveEvent, Value } from './decode.ts';
import type { Comparison, Condition } from './expression.ts';
import type { Field, Format } from './format.ts';

type Holds = (event: LiveEvent) => boolean;

/** The pattern as a function: `*` is any text, `?` any one character. Linear in the text for each star. */
export const globMatches = (pattern: string, text: string): boolean => {
  let at = 0;
  let inText = 0;
  let star = -1;
  let retry = 0;
  while (inText < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      retry = inText;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[inText])) {
      at++;
      inText++;
    } else if (star >= 0) {
      at = star + 1;
      inText = ++retry;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
};

const readerOf = (of: Field | OwnFact): ((event: LiveEvent) => Value) => {
  if (typeof of !== 'string') return ({ values }) => values[of.name] ?? null;
  if (of === 'current.pid') return ({ pid }) => pid;
  if (of === 'current.tid') return ({ tid }) => tid;
  if (of === 'current.uid') return ({ uid }) => uid;
  if (of === 'cpu') return ({ cpu }) => cpu;
  return ({ comm }) => comm;
};

/** The number behind a value: it was given its name when it was read. */
const numberOf = (of: Field | OwnFact, value: Value): number => {
  if (typeof value === 'number') return value;
  if (typeof of === 'string' || value === null) return Number.NaN;
  return (
    value.split('|').reduce((sum, name) => sum | (of.names.get(name) ?? 0), 0) || (of.names.get(value) ?? Number.NaN)
  );
};

const compare = (format: Format, { field, operator, value }: Comparison): Holds => {
  const of = fieldNamed(format, field);
  const read = readerOf(of);
  const isText = typeof of === 'string' ? of === 'current.comm' : of.kind !== 'number';
  if (isText) {
    const text = String(value);
    if (operator === '==') return (event) => read(event) === text;
    if (operator === '!=') return (event) => read(event) !== text;
    return (event) => globMatches(text, String(read(event) ?? ''));
  }
  const wanted = typeof value === 'number' ? value : numberOf(of, value);
  const tests: Readonly<Record<string, (a: number) => boolean>> = {
    '==': (a) => a === wanted,
    '!=': (a) => a !== wanted,
    '<': (a) => a < wanted,
    '<=': (a) => a <= wanted,
    '>': (a) => a > wanted,
    '>=': (a) => a >= wanted,
    '&': (a) => (a & wanted) !== 0,
  };
  const test = tests[operator] ?? (() => false);
  return (event) => test(numberOf(of, read(event)));
};

const holdsOf = (format: Format, condition: Condition): Holds => {
  if (condition.kind === 'comparison') return compare(format, condition);
  if (condition.kind === 'not') {
    const inner = holdsOf(format, condition.term);
    return (event) => !inner(event);
  }
  const terms = condition.terms.map((term) => holdsOf(format, term));
  return condition.kind === 'and'
    ? (event) => terms.every((holds) => holds(event))
    : (event) => terms.some((holds) => holds(event));
};

/** The test of a condition that was checked; without one everything passes. */
export const createRest = (format: Format, condition: Condition | undefined): Holds =>
  condition === undefined ? () => true : holdsOf(format, condition);
