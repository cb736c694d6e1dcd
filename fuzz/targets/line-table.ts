// Line tables of Python's code objects, in all three forms, and the events that carry them.

import { isSoundTable, lineAt } from '../../src/capture/python/line-table.ts';
import { createPythonCodes } from '../../src/capture/python/python-codes.ts';
import { holds, type Target } from '../target.ts';

const VERSIONS = [0x307, 0x30a, 0x30b, 0x30d];
const HEADER = 8;
/** A table of each form for 16 bytes of bytecode from line 10 on, and the line of the instruction at byte 8. */
const sound = [
  { version: 0x309, table: [6, 1, 4, 2], line: 11 },
  { version: 0x30a, table: [6, 1, 10, 2], line: 13 },
  // Two entries without columns, of 4 instructions each: one line on, three lines on.
  { version: 0x30b, table: [0xeb, 2, 0xeb, 6], line: 14 },
] as const;

export const lineTable: Target = {
  name: 'line-table',
  doc: "line tables of Python's code objects, and the events that carry them",
  open: () => ({
    seeds: [
      // A few entries of each form behind a header: version, first line, bytes of bytecode.
      Buffer.from('00000a0040000000' + '06010801fe02', 'hex'),
      Buffer.from('01000a0040000000' + '0401060108ff', 'hex'),
      Buffer.from('02000a0040000000' + 'f003010101f800800001d80408', 'hex'),
    ],
    sound: () => {
      for (const { version, table, line } of sound) {
        const given = { version, table: Buffer.from(table), firstLine: 10, bytecodeBytes: 16 };
        holds(`a table of ${version.toString(16)}`, isSoundTable(given) && lineAt(given, 8) === line);
      }
    },
    check: (input) => {
      if (input.length < HEADER) return;
      const version = VERSIONS[(input[0] ?? 0) % VERSIONS.length] ?? 0x30b;
      const table = input.subarray(HEADER);
      const given = { version, table, firstLine: input.readInt16LE(2), bytecodeBytes: input.readUInt32LE(4) };
      isSoundTable(given);
      for (const place of [0, 2, 8, 1000]) lineAt(given, place);
      const words = new Uint32Array(512);
      for (let i = 0; i + 4 <= Math.min(input.length, words.byteLength); i += 4) words[i / 4] = input.readUInt32LE(i);
      const codes = createPythonCodes();
      codes.code(words, 0);
      codes.table(words, 0);
      codes.frameOf(1, 2);
    },
  }),
};
