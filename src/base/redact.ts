// Takes secrets out of text before it is kept: passwords, tokens and keys in arguments, addresses and headers. It would
// rather take a harmless word than leave a secret. Must not know where the text came from or where it goes.
import { withoutUnseen } from './sanitize.ts';
import {
  MODEL_TOKENS,
  NO_SECRET_AFTER,
  PASSWORD_OPTIONS,
  type PasswordOption,
  SECRET_KEYS,
  SECRET_WORDS,
  TOKENS,
} from './secrets.ts';

/** What stands where a secret was. */
export const REDACTED = '[redacted]';
/** Work is bounded: of a longer text, nothing beyond this many UTF-16 units is kept, and it says so. */
const LONGEST = 65_536;

export type Redacted = {
  readonly text: string;
  /** How many secrets were taken out. */
  readonly redacted: number;
};

/** Whether a name (of an option, a variable, a header, a JSON field) is one for a secret. */
export const isSecretName = (name: string): boolean => {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  let last = words.pop() ?? '';
  let before = words.pop() ?? '';
  if (last === 'id' && before === 'secret') return true;
  if (NO_SECRET_AFTER.has(last)) return false;
  // db_password_1, TOKEN2
  if (/^\d+$/.test(last)) [last, before] = [before, words.pop() ?? ''];
  last = last.replace(/\d+$/, '');
  if (last === 'token') return !MODEL_TOKENS.has(before);
  if (last === 'key' || last === 'keys') return SECRET_KEYS.has(before);
  if (last === 'auth') return before !== 'no';
  return SECRET_WORDS.has(last) || /(?:password|passwd|secret|apikey|authtoken|accesstoken)$/.test(last);
};

/** Values that are surely none: nothing, a switch, a reference to where the secret is, what has been redacted already. */
const isNoSecret = (value: string) =>
  /^(?:|true|false|yes|no|on|off|null|none|undefined|required|\d{1,2}|\$\{?\w+\}?|\$\(.*|<[\w -]+>|\*+|\[redacted\]|@\S*)$/i.test(
    value.replace(/^["']|["']$/g, ''),
  );

const NAMED =
  /(?<![\w$@])(-{0,2}[A-Za-z][\w.-]{1,80})(["']?\s{0,4}(?:=(?!=)|:(?![:/]))\s{0,4}|["']?\s{0,4}=>\s{0,4})(?=[^\s])/g;
const SPACED = /(?<!\S)(-{1,2}[A-Za-z][\w.-]{1,80})\s{1,4}(?![-\s])/g;
const SCHEME = /^(?:Basic|Bearer|Token|Digest|Negotiate|ApiKey|AWS4-HMAC-SHA256)\s{1,4}(?=\S)/i;
const USERINFO = /(:\/\/)([^\s/:@?#"'<>]{0,200}):(?!\d{1,5}(?:[/?#]|$))([^\s/"'<>]{1,512}|[^\s@"'<>]{1,512})@/g;
const LONG_USER = /(:\/\/)[^\s/:@?#"'<>]{16,512}@/g;
const BEARER = /\b(Bearer|Basic)\s{1,4}(?=[\w.~+/=-]*\d|[\w.~+/=-]{20})([\w.~+/=-]{8,})/g;

/**
 * Words with dots, among them JSON in base64url, twice, and a signature (RFC 7515, RFC 7519; RFC 7516 has two parts more). Where in
 * the words it begins is looked for afterwards: a pattern that may begin inside a word takes quadratic time for many beginnings.
 */
const DOTTED = /(?<![\w-])[\w-]{11,}\.[\w-]{4,}(?:\.[\w-]*)*/g;
const JWT_BEGINS = 'eyJ';

/** Where a value that begins at `from` ends, given what stands around it. */
const endOfValue = (text: string, from: number, before: string, separator: string): number => {
  const quote = text[from];
  const search = (ends: RegExp, at: number): number => {
    ends.lastIndex = at;
    return ends.exec(text)?.index ?? text.length;
  };
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, from + 1);
    return close < 0 ? text.length : close + 1;
  }
  if (/["']/.test(separator)) return search(/[,}\]\s]/g, from);
  if (before === '?' || before === '&') return search(/[&#\s"']/g, from);
  if (before === ';') return search(/[;\s"']/g, from);
  if (before === '(' || before === ',' || before === '{') return search(/[,)}\s]/g, from);
  // The name stands in quotes with its value: "Authorization: Basic abc".
  if (before === '"' || before === "'") return search(new RegExp(before, 'g'), from);
  return search(/[\s"']/g, from);
};

type Counter = { count: number };

const redactNamed = (text: string, counter: Counter): string => {
  let result = '';
  let done = 0;
  const take = (valueAt: number, end: number) => {
    if (end <= valueAt || isNoSecret(text.slice(valueAt, end))) return;
    const quote = /^["']/.exec(text.slice(valueAt, end))?.[0] ?? '';
    result += `${text.slice(done, valueAt)}${quote}${REDACTED}${quote}`;
    done = end;
    counter.count++;
  };
  for (const match of text.matchAll(NAMED)) {
    const [whole, name = '', separator = ''] = match;
    if (match.index < done || !isSecretName(name)) continue;
    const at = match.index + whole.length;
    const before = text[match.index - 1] ?? '';
    // A header's value may have words: `Authorization: Basic abc`, `Cookie: a=b; c=d`.
    const scheme = SCHEME.exec(text.slice(at, at + 40))?.[0].length ?? 0;
    const isCookie = /cookie$/i.test(name) && separator.includes(':');
    const end = endOfValue(text, at + scheme, before, separator);
    take(at + scheme, isCookie ? Math.max(end, endOfCookies(text, at)) : end);
  }
  result += text.slice(done);
  return result;
};

const endOfCookies = (text: string, from: number): number => {
  const cookies = /(?:[^\s;"']+;\s{0,4})*[^\s;"']+/y;
  cookies.lastIndex = from;
  return from + (cookies.exec(text)?.[0].length ?? 0);
};

const redactSpaced = (text: string, counter: Counter): string => {
  let result = '';
  let done = 0;
  for (const match of text.matchAll(SPACED)) {
    const at = match.index + match[0].length;
    if (match.index < done || !isSecretName(match[1] ?? '')) continue;
    const end = endOfValue(text, at, '', '');
    if (end <= at || isNoSecret(text.slice(at, end))) continue;
    result += text.slice(done, at) + REDACTED;
    done = end;
    counter.count++;
  }
  return result + text.slice(done);
};

/** The options by which the program that a word names takes a password. */
const optionsOf = (word: string): readonly PasswordOption[] => {
  const program = word.slice(word.lastIndexOf('/') + 1).replace(/^["'`(]+/, '');
  return PASSWORD_OPTIONS.filter(({ programs }) => programs.includes(program));
};

/** What a word becomes under one option: undefined when it is left as it is. */
const underOption = ({ option, form, after }: PasswordOption, word: string, previous: string): string | undefined => {
  if (form === 'next' ? previous !== option : !word.startsWith(option) || word.length === option.length)
    return undefined;
  const from = form === 'next' ? 0 : option.length;
  const sign = after === undefined ? from : word.indexOf(after, from) + 1;
  if (sign < from || (after !== undefined && sign === 0) || isNoSecret(word.slice(sign))) return undefined;
  return word.slice(0, sign) + REDACTED;
};

/** Words of a command line, each after the program that it belongs to. */
const redactWords = (words: readonly string[], counter: Counter): string[] => {
  let options: readonly PasswordOption[] = [];
  return words.map((word, index) => {
    const own = optionsOf(word);
    if (own.length > 0) options = own.filter(({ command }) => command === undefined || words.includes(command));
    if (/^[|;&]/.test(word)) options = [];
    for (const option of options) {
      const changed = underOption(option, word, words[index - 1] ?? '');
      if (changed === undefined) continue;
      counter.count++;
      return changed;
    }
    return word;
  });
};

const redactForms = (text: string, counter: Counter): string => {
  const counted =
    (by: (...groups: string[]) => string) =>
    (...groups: string[]) => {
      counter.count++;
      return by(...groups);
    };
  let left = text.replace(DOTTED, (words) => {
    const at = words.indexOf(JWT_BEGINS);
    if (at < 0) return words;
    counter.count++;
    return words.slice(0, at) + REDACTED;
  });
  for (const token of TOKENS)
    left = left.replace(
      token,
      counted(() => REDACTED),
    );
  return left
    .replace(
      USERINFO,
      counted((_, start = '', user = '') => `${start}${user}:${REDACTED}@`),
    )
    .replace(
      LONG_USER,
      counted((_, start = '') => `${start}${REDACTED}@`),
    )
    .replace(
      BEARER,
      counted((_, scheme = '') => `${scheme} ${REDACTED}`),
    );
};

/** Of a text that is too long, all but its last word, which may be half a secret. */
const bound = (text: string): string => {
  if (text.length <= LONGEST) return text;
  const kept = text.slice(0, LONGEST).replace(/\S*$/, '');
  return `${kept}…(+${text.length - kept.length})`;
};

/** Any text (a line of shell, a header, an address, a message) without its secrets. */
export const redactText = (given: string): Redacted => {
  const counter: Counter = { count: 0 };
  // The name of a secret, or a part of it, could hide behind what nobody sees.
  const text = withoutUnseen(given);
  const named = redactSpaced(redactNamed(bound(text), counter), counter);
  const parts = redactForms(named, counter).split(/(\s+)/);
  const words = redactWords(
    parts.filter((_, index) => index % 2 === 0),
    counter,
  );
  const line = parts.map((part, index) => (index % 2 === 0 ? (words[index / 2] ?? part) : part)).join('');
  return { text: counter.count === 0 && given.length <= LONGEST ? given : line, redacted: counter.count };
};

/**
 * The arguments of a program, the program first, without their secrets: `--password=x`, `--token x`, `mysql -px`. Line
 * breaks in them become spaces; a secret that goes over several arguments leaves one.
 */
export const redactArguments = (argv: readonly string[]): { readonly args: string[]; readonly redacted: number } => {
  const counter: Counter = { count: 0 };
  const take = (kept: string) => {
    counter.count++;
    return kept + REDACTED;
  };
  // First what only whole arguments show: a secret with spaces in it ends where its argument ends.
  const whole = redactWords(argv, counter).map((word, index) => {
    if (word.endsWith(REDACTED)) return word;
    const previous = argv[index - 1] ?? '';
    const isOption = /^--?[A-Za-z][\w-]*(?:=|$)/.test(word);
    if (/^--?[A-Za-z][\w.-]*$/.test(previous) && isSecretName(previous) && !isOption && !isNoSecret(word))
      return take('');
    const [, name = '', value = ''] = /^(-{0,2}[A-Za-z][\w.-]*=)(.+)$/s.exec(word) ?? [];
    return isSecretName(name) && !isNoSecret(value) ? take(name) : word;
  });
  const { text, redacted } = redactText(whole.map((word) => word.replace(/[\r\n]/g, ' ')).join('\n'));
  return { args: argv.length === 0 ? [] : text.split('\n'), redacted: counter.count + redacted };
};

/** Levels of nested objects that are looked into; what lies deeper is left out. */
const DEEPEST = 32;
/** Values and names of fields that are looked into, and UTF-16 units of their texts: what comes after is left out, so that work is bounded. */
const MOST_PARTS = 5_000;
const MOST_TEXT = 131_072;

/**
 * A JSON value without its secrets: fields by their names, and what stands in any string, keys too. Of a value that is too large or
 * too deep one `[redacted]` stands for the rest of each list or object.
 */
export const redactValue = (value: unknown): { readonly value: unknown; readonly redacted: number } => {
  const counter: Counter = { count: 0 };
  let parts = 0;
  let units = 0;
  const isFull = () => parts >= MOST_PARTS || units >= MOST_TEXT;
  const clean = (text: string) => {
    units += text.length;
    const { text: left, redacted } = redactText(text);
    counter.count += redacted;
    return left;
  };
  const visit = (part: unknown, depth: number): unknown => {
    if (isFull()) return REDACTED;
    parts++;
    if (typeof part === 'string') return clean(part);
    if (typeof part !== 'object' || part === null) return part;
    if (depth > DEEPEST) return REDACTED;
    if (Array.isArray(part)) return visitList(part, depth);
    const fields: [string, unknown][] = [];
    for (const [key, inner] of Object.entries(part)) {
      if (isFull()) {
        fields.push([REDACTED, REDACTED]);
        break;
      }
      parts++;
      const isSecret = isSecretName(key) && inner !== null && typeof inner !== 'boolean' && !isNoSecret(String(inner));
      fields.push(isSecret ? [clean(key), REDACTED] : [clean(key), visit(inner, depth + 1)]);
      if (isSecret) counter.count++;
    }
    return Object.fromEntries(fields);
  };
  const visitList = (list: readonly unknown[], depth: number): readonly unknown[] => {
    const left: unknown[] = [];
    for (const item of list) {
      const full = isFull();
      left.push(visit(item, depth + 1));
      if (full) break;
    }
    return left;
  };
  return { value: visit(value, 0), redacted: counter.count };
};
