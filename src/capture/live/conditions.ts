// Decides what of an expression the kernel can test before it copies anything, and checks all of it against the event's
// fields: unknown fields and values of the wrong type are refused here.
import { nearest } from '../../base/nearest.ts';
import { errors } from './errors.ts';
import type { Comparison, Condition, Operator } from './expression.ts';
import type { Field, FieldKind, Format } from './format.ts';

/** Facts about the task and CPU of an event, which no record holds. */
export const OWN_FACTS = ['current.pid', 'current.tid', 'current.uid', 'current.comm', 'cpu'] as const;
export type OwnFact = (typeof OWN_FACTS)[number];

/** A test of one value. Numbers are whole; `mask` bits for `&`. */
export type NumberTest = {
  readonly kind: 'number';
  readonly of: Field | OwnFact;
  readonly operator: Exclude<Operator, '~'>;
  readonly value: number;
};
/** A test of a text: equal, unequal, or beginning with. */
export type TextTest = {
  readonly kind: 'text';
  readonly of: Field | 'current.comm';
  readonly operator: '==' | '!=' | 'prefix';
  readonly value: string;
};
/** A test whether a number is one of some. */
export type ChoiceTest = {
  readonly kind: 'choice';
  readonly of: NumberTest['of'];
  readonly operator: 'in';
  readonly values: readonly number[];
};
export type Test = NumberTest | TextTest | ChoiceTest;

export type Conditions = {
  /** All must hold; tested in the kernel. */
  readonly kernel: readonly Test[];
  /** What is left, tested on what the kernel sent; undefined when nothing is. */
  readonly rest: Condition | undefined;
};

/** Tests of one subscription in the kernel: as many as are surely cheap. */
const MOST_TESTS = 8;
/** Values of one choice. */
const MOST_VALUES = 16;
/** Bytes of a text that the kernel compares. */
const LONGEST_TEXT = 64;

const isOwnFact = (name: string): name is OwnFact => OWN_FACTS.some((known) => known === name);
const SHORT: Readonly<Record<string, OwnFact>> = {
  pid: 'current.pid',
  tid: 'current.tid',
  uid: 'current.uid',
  comm: 'current.comm',
};

const TEXTS: ReadonlySet<FieldKind> = new Set<FieldKind>(['text', 'located_text', 'user_text']);
const WORDS: Readonly<Record<FieldKind, string>> = {
  number: 'a number',
  text: 'a text',
  located_text: 'a text',
  user_text: 'a text of the program',
  bytes: 'a row of bytes',
  located_bytes: 'a row of bytes',
  address: 'an address of the kernel',
};

/** The field of that name, or what we know of the task ourselves. Throws a UserError when there is neither. */
export const fieldNamed = (format: Format, name: string): Field | OwnFact => {
  const field = format.fields.find((one) => one.name === name);
  if (field !== undefined) return field;
  const own = SHORT[name] ?? name;
  if (isOwnFact(own)) return own;
  const known = [...format.fields.filter(({ kind }) => kind !== 'address').map((one) => one.name), ...OWN_FACTS];
  const near = nearest(name, known);
  throw errors.noField({
    event: `${format.category}:${format.name}`,
    field: name,
    near: near === undefined ? [] : [near],
    known,
  });
};

/** The same where it is a text, undefined where it is not. */
const textOf = (of: Field | OwnFact): Field | 'current.comm' | undefined => {
  if (typeof of === 'string') return of === 'current.comm' ? of : undefined;
  return TEXTS.has(of.kind) ? of : undefined;
};

const numberOf = (of: Field | OwnFact, { field, value, quoted }: Comparison): number => {
  if (typeof value === 'number') return value;
  const known = typeof of === 'string' ? new Map<string, number>() : of.names;
  const found = known.get(value) ?? [...known].find(([name]) => name.toLowerCase() === value.toLowerCase())?.[1];
  if (found !== undefined) return found;
  const near = nearest(value, [...known.keys()]);
  throw errors.wrongType({
    field,
    type: typeof of === 'string' ? 'a number' : `a number (${of.type})`,
    problem: `${quoted ? JSON.stringify(value) : value} is ${known.size > 0 ? 'none of its names' : 'none'}`,
    todo:
      near !== undefined
        ? `did you mean ${near}?`
        : known.size > 0
          ? `use one of ${[...known.keys()].slice(0, 12).join(', ')}`
          : 'compare it with a number',
  });
};

/** A pattern that only says how a text begins, as that beginning. */
const prefixOf = (pattern: string): string | undefined =>
  pattern.endsWith('*') && !/[*?]/.test(pattern.slice(0, -1)) ? pattern.slice(0, -1) : undefined;

/** Checks one comparison. The test for the kernel, or undefined where the kernel cannot make it. */
const testOf = (format: Format, comparison: Comparison): Test | undefined => {
  const of = fieldNamed(format, comparison.field);
  const { operator, value } = comparison;
  const text = textOf(of);
  if (text !== undefined) {
    if (!['==', '!=', '~'].includes(operator) || typeof value === 'number')
      throw errors.wrongType({
        field: comparison.field,
        type: 'a text',
        problem: typeof value === 'number' ? `${value} is a number` : `${operator} compares numbers`,
        todo: 'use == "..." or ~ "begin*"',
      });
    const prefix = operator === '~' ? prefixOf(value) : undefined;
    if (Buffer.byteLength(value) > LONGEST_TEXT) return undefined;
    if (operator === '~' && prefix === undefined)
      return /[*?]/.test(value) ? undefined : { kind: 'text', of: text, operator: '==', value };
    if (operator === '~') return { kind: 'text', of: text, operator: 'prefix', value: prefix ?? '' };
    return { kind: 'text', of: text, operator: operator === '==' ? '==' : '!=', value };
  }
  if (typeof of !== 'string' && of.kind !== 'number')
    throw errors.wrongType({
      field: comparison.field,
      type: WORDS[of.kind],
      problem: 'it cannot be compared',
      todo: 'use another field',
    });
  if (operator === '~')
    throw errors.wrongType({
      field: comparison.field,
      type: 'a number',
      problem: '~ compares texts',
      todo: 'use == or <',
    });
  const number = numberOf(of, comparison);
  if (!Number.isInteger(number)) return undefined;
  return { kind: 'number', of, operator, value: number };
};

const check = (format: Format, condition: Condition): void => {
  if (condition.kind === 'comparison') testOf(format, condition);
  else if (condition.kind === 'not') check(format, condition.term);
  else for (const term of condition.terms) check(format, term);
};

/** What must hold together, however it was put in parentheses. */
const conjuncts = (condition: Condition): readonly Condition[] =>
  condition.kind === 'and' ? condition.terms.flatMap(conjuncts) : [condition];

/** Alternatives that all ask whether one number is this or that; undefined when they ask anything else. */
const choiceOf = (format: Format, terms: readonly Condition[]): ChoiceTest | undefined => {
  if (terms.length > MOST_VALUES) return undefined;
  const tests = terms.map((term) => (term.kind === 'comparison' ? testOf(format, term) : undefined));
  const [first] = tests;
  if (first?.kind !== 'number') return undefined;
  const values = tests.flatMap((test) =>
    test?.kind === 'number' && test.operator === '==' && test.of === first.of ? [test.value] : [],
  );
  return values.length === terms.length ? { kind: 'choice', of: first.of, operator: 'in', values } : undefined;
};

/** The test of a term for the kernel, or undefined where the kernel cannot make it. */
const kernelTestOf = (format: Format, term: Condition): Test | undefined => {
  if (term.kind === 'comparison') return testOf(format, term);
  return term.kind === 'or' ? choiceOf(format, term.terms) : undefined;
};

/** Divides a condition between the kernel and us. Throws a UserError when it does not fit the event. */
export const divide = (format: Format, condition: Condition | undefined): Conditions => {
  if (condition === undefined) return { kernel: [], rest: undefined };
  check(format, condition);
  const terms = conjuncts(condition);
  const kernel: Test[] = [];
  const rest: Condition[] = [];
  for (const term of terms) {
    const test = kernel.length < MOST_TESTS ? kernelTestOf(format, term) : undefined;
    if (test === undefined) rest.push(term);
    else kernel.push(test);
  }
  const [only] = rest;
  return { kernel, rest: rest.length > 1 ? { kind: 'and', terms: rest } : only };
};
