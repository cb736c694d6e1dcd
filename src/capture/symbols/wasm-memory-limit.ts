// Gives a WebAssembly program an upper limit of memory: one that has none can grow to 4 GB on bad input.
// Must not know the program. Layout: WebAssembly Core Specification 2.0, 5.5 "Modules" (sections; LEB128; limits).

const HEADER = 8;
const MEMORY_SECTION = 5;
const HAS_LIMIT = 1;

const readNumber = (bytes: Buffer, at: number): { value: number; next: number } => {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { value, next: at };
};

const number = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)]);

/** The same program, whose one memory grows to at most `pages` (of 64 KB). Returned as it is where it defines none. */
export const limitMemory = (program: Buffer, pages: number): Buffer => {
  for (let at = HEADER; at < program.length; ) {
    const size = readNumber(program, at + 1);
    const end = size.next + size.value;
    if (program[at] === MEMORY_SECTION) {
      // Number of memories, flags, pages at the start.
      const start = readNumber(program, size.next + 2);
      const section = [1, HAS_LIMIT, ...number(start.value), ...number(Math.max(pages, start.value))];
      const head = program.subarray(0, at);
      return Buffer.concat([head, Buffer.from([MEMORY_SECTION, section.length, ...section]), program.subarray(end)]);
    }
    at = end;
  }
  return program;
};
