// Which fields of a tracepoint its own description prints as an address (`print fmt`): those hold addresses of the kernel, whatever
// their type says. Knows text only. Forms: Documentation/core-api/printk-formats.rst, Documentation/trace/events.rst.

/** A conversion of printk: flags, width, precision, length, letter. A `*` takes an argument of its own. */
const CONVERSION = /%[-+ #0]*(\*|\d+)?(?:\.(\*|\d+))?(?:hh|h|ll|l|z|t|j|L)?([a-zA-Z%])/g;

/** Splits at commas outside parentheses, braces and quotes. */
const partsOf = (list: string): readonly string[] => {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let from = 0;
  for (let i = 0; i < list.length; i++) {
    const char = list[i];
    if (isQuoted && char === '\\') i++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '(' || char === '{') depth++;
    else if (char === ')' || char === '}') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(list.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, list.slice(from)];
};

const fieldsIn = (argument: string): readonly string[] =>
  [...argument.matchAll(/REC->(\w+)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));

/** Names of the fields that `print`, the part after "print fmt:", shows by `%p` in any form, or casts to a pointer. */
export const shownAsAddress = (print: string): ReadonlySet<string> => {
  const [format = '', ...values] = partsOf(print);
  const shown = new Set([...print.matchAll(/\(void \*\)\s*\(?\s*REC->(\w+)/g)].flatMap(([, name = '']) => [name]));
  let next = 0;
  for (const [, width, precision, letter] of format.matchAll(CONVERSION)) {
    if (letter === '%') continue;
    if (width === '*') next++;
    if (precision === '*') next++;
    if (letter === 'p') for (const name of fieldsIn(values[next] ?? '')) shown.add(name);
    next++;
  }
  return shown;
};
