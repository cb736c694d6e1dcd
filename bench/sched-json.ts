// Checked readers of the JSON lines that the programs of the benches print.

export const parse = (line: string): object => {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${line.slice(0, 100)}`);
  return value;
};

/** The object in the last line of what a program printed. */
export const lastLine = (output: string): object => parse(output.trim().split('\n').at(-1) ?? '');

export const numberOf = (record: object, name: string): number => {
  const value: unknown = Reflect.get(record, name);
  if (typeof value !== 'number') throw new Error(`no number ${name} in ${JSON.stringify(record).slice(0, 200)}`);
  return value;
};

export const textOf = (record: object, name: string): string => {
  const value: unknown = Reflect.get(record, name);
  if (typeof value !== 'string') throw new Error(`no text ${name} in ${JSON.stringify(record).slice(0, 200)}`);
  return value;
};

export const listOf = (record: object, name: string): readonly unknown[] => {
  const value: unknown = Reflect.get(record, name);
  if (!Array.isArray(value)) throw new Error(`no list ${name} in ${JSON.stringify(record).slice(0, 200)}`);
  return value;
};

export const numbersOf = (record: object, name: string): readonly number[] => listOf(record, name).map(Number);
