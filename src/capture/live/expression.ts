// The language in which a subscription is written: `category:name where field op value and ...`. Knows its grammar, not the
// kernel's events.
//
//   expression = event [ "where" alternative ]
//   alternative = conjunction { "or" conjunction }
//   conjunction = term { "and" term }
//   term = "not" term | "(" alternative ")" | field op value
//   op = == != < <= > >= & ~        (& : has one of these bits; ~ : matches a pattern with * and ?)
//   value = number with an optional unit (10ms, 4KiB) | "text" | name
import { errors } from './errors.ts';

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '&' | '~';
export type Comparison = {
  readonly kind: 'comparison';
  readonly field: string;
  readonly operator: Operator;
  /** A number, or the text of a name or of a string in quotes. */
  readonly value: number | string;
  readonly quoted: boolean;
};
export type Condition =
  | Comparison
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition };
export type Expression = {
  readonly category: string;
  readonly name: string;
  readonly condition: Condition | undefined;
};

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|==|!=|<=|>=|[=<>&~()]|[^\s=<>&~()!"']+)/y;
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};
const NUMBER = /^(-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?))([a-z]*)$/i;
/** Deep enough for whatever a person writes. */
const DEEPEST = 32;
const LONGEST = 2000;

const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined)
      throw errors.badExpression({ text, why: `nothing is known that begins with ${text.slice(at, at + 12).trim()}` });
    tokens.push(token);
  }
  return tokens;
};

const isOperator = (token: string): token is Operator => /^(==|!=|<=|>=|[<>&~])$/.test(token);

const readValue = (token: string): Pick<Comparison, 'value' | 'quoted'> => {
  if (/^["']/.test(token)) return { value: token.slice(1, -1).replace(/\\(.)/g, '$1'), quoted: true };
  const [, digits, unit = ''] = NUMBER.exec(token) ?? [];
  const factor = unit === '' ? 1 : UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) return { value: token, quoted: false };
  return { value: Number(digits.replace('-', '')) * factor * (digits.startsWith('-') ? -1 : 1), quoted: false };
};

/** Reads an expression. Throws a UserError that says what is wrong with it. */
export const parseExpression = (text: string): Expression => {
  const fail = (why: string) => errors.badExpression({ text, why });
  if (text.length > LONGEST) throw fail(`it has ${text.length} characters, and ${LONGEST} are the most`);
  const tokens = tokensOf(text);
  let at = 0;
  const take = (what: string): string => {
    const token = tokens[at++];
    if (token === undefined) throw fail(`it ends where ${what} should be`);
    return token;
  };
  const isNext = (word: string) => tokens[at]?.toLowerCase() === word;

  const term = (depth: number): Condition => {
    if (depth > DEEPEST) throw fail(`its parentheses are nested deeper than ${DEEPEST}`);
    const token = take('a field');
    if (token.toLowerCase() === 'not') return { kind: 'not', term: term(depth + 1) };
    if (token === '(') {
      const inner = alternative(depth + 1);
      if (take('")"') !== ')') throw fail('a "(" is not closed');
      return inner;
    }
    if (!/^[A-Za-z_][\w.]*$/.test(token)) throw fail(`${token} is not the name of a field`);
    const operator = take(`an operator after ${token}`);
    const known = operator === '=' ? '==' : operator;
    if (!isOperator(known)) throw fail(`after ${token} comes ${operator}, which is none of == != < <= > >= & ~`);
    return {
      kind: 'comparison',
      field: token,
      operator: known,
      ...readValue(take(`a value after ${token} ${operator}`)),
    };
  };
  const chain =
    (word: 'and' | 'or', next: (depth: number) => Condition) =>
    (depth: number): Condition => {
      const terms = [next(depth)];
      while (isNext(word)) {
        at++;
        terms.push(next(depth));
      }
      const [only] = terms;
      return terms.length === 1 && only !== undefined ? only : { kind: word, terms };
    };
  const conjunction = chain('and', term);
  const alternative: (depth: number) => Condition = chain('or', conjunction);

  const [, category, name] = /^([\w-]+)[:/]([\w.]+)$/.exec(take('an event such as sched:sched_process_exec')) ?? [];
  if (category === undefined || name === undefined)
    throw fail(`${tokens[0]} is not of the form category:name, such as sched:sched_process_exec`);
  if (tokens.length === 1) return { category, name, condition: undefined };
  if (take('"where"').toLowerCase() !== 'where') throw fail(`after the event comes ${tokens[1]} and not "where"`);
  const condition = alternative(0);
  if (at < tokens.length) throw fail(`after the last condition comes ${tokens[at]}`);
  return { category, name, condition };
};
