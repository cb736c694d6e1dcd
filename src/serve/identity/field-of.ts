// One field of a value that came from outside and may be anything.

/** The value's own field of that name; undefined when there is none. Never what a prototype has. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

/** The same, when it is text. */
export const textFieldOf = (value: unknown, name: string): string | undefined => {
  const found = fieldOf(value, name);
  return typeof found === 'string' ? found : undefined;
};
