// The ring buffer as it is read: records in every state, torn ones, lengths that cannot be. Through a file that is mapped as the
// kernel's ring is.
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../../src/base/errors.ts';
import { loadSystem } from '../../src/capture/libbpf.ts';
import { mapRing } from '../../src/capture/ring.ts';
import { holds, type Target } from '../target.ts';

const SIZE = 65_536;
const HEADER = 8;
const MOST = 500;

/** Why libbpf cannot be loaded here, if it cannot. */
const missing = (): string | undefined => {
  try {
    loadSystem();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof UserError) return messageOf(thrown);
    throw thrown;
  }
};

/** Sound records one after the other: a length, then so many bytes. */
const records = (lengths: readonly number[]): Buffer =>
  Buffer.concat(
    lengths.map((length) => {
      const record = Buffer.alloc(Math.ceil((length + HEADER) / 8) * 8, 7);
      record.writeUInt32LE(length);
      return record;
    }),
  );

export const ring: Target = {
  name: 'ring',
  doc: 'the ring buffer: records in every state, torn ones, lengths that cannot be',
  missing,
  open: () => {
    const system = loadSystem();
    const { pageSize } = system;
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const file = openSync(join(folder, 'ring'), 'w+');
    ftruncateSync(file, 2 * pageSize + 2 * SIZE);
    const mapped = mapRing(system, file, SIZE);
    if (mapped === undefined) throw new Error('the file cannot be mapped');
    let produced = 0;
    const position = Buffer.alloc(8);
    /** Has the kernel write these bytes and reads them. How many events there were. */
    const readAll = (input: Buffer): number => {
      // Where the reader stands, and what it finds there: the data lies twice behind each other.
      const at = produced - mapped.waiting();
      const data = Buffer.alloc(SIZE);
      const from = at & (SIZE - 1);
      for (let i = 0; i < Math.min(input.length, SIZE); i++) data[(from + i) & (SIZE - 1)] = input[i] ?? 0;
      writeSync(file, data, 0, SIZE, 2 * pageSize);
      writeSync(file, data, 0, SIZE, 2 * pageSize + SIZE);
      produced = Math.max(produced, at) + Math.min(SIZE, Math.ceil(input.length / 8) * 8);
      position.writeBigUInt64LE(BigInt(produced));
      writeSync(file, position, 0, 8, pageSize);
      let seen = 0;
      const read = mapped.drain((words, first) => {
        seen++;
        if (!(first >= 2 && first < words.length)) throw new Error(`an event at word ${first} of ${words.length}`);
      }, MOST);
      if (read !== seen || read > MOST) throw new Error(`${read} events were read, and ${seen} handed over`);
      return read;
    };
    return {
      sound: () => {
        for (const lengths of [[16, 48, 120, 8], [200], Array.from({ length: 40 }, () => 64)])
          holds(`${lengths.length} records`, readAll(records(lengths)) === lengths.length && mapped.waiting() === 0);
      },
      seeds: [records([16, 48, 120, 8]), records([40, 40, 40, 40, 40]), records(Array.from({ length: 40 }, () => 200))],
      check: (input) => {
        readAll(input);
        // What the reader cannot pass over is given up, so that the next input is read.
        const left = mapped.waiting();
        if (left > 0) {
          writeSync(file, Buffer.alloc(2 * SIZE), 0, 2 * SIZE, 2 * pageSize);
          while (mapped.waiting() > 0 && mapped.drain(() => {}, SIZE) > 0);
        }
      },
      close: () => {
        closeSync(file);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
