import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutOf } from '../../catalogue/derive/layout.ts';
import { events, PYTHON_CODES_KEPT, PYTHON_TABLE_PIECE, pythonPlaces } from '../../catalogue/events.ts';
import { createPythonCodes } from './python-codes.ts';

const AT = 3; // words before the event, as in a ring

const codeEvent = (
  id: number,
  {
    file = Buffer.from('/a/b.py'),
    fileWidth = 1,
    name = Buffer.from('f'),
    nameWidth = 1,
    firstLine = 10,
    tableBytes = 0,
    bytecodeBytes = 8,
    version = 0x30b,
  },
): Uint32Array => {
  const { size, at } = layoutOf(events.python_code.fields);
  const bytes = Buffer.alloc(size);
  bytes.writeBigUInt64LE(BigInt(id), at('code').offset);
  bytes.writeUInt32LE(firstLine, at('first_line').offset);
  bytes.writeUInt32LE(tableBytes, at('table_bytes').offset);
  bytes.writeUInt32LE(bytecodeBytes, at('bytecode_bytes').offset);
  bytes.writeUInt32LE(version, at('version').offset);
  bytes.writeUInt16LE(file.length, at('file_bytes').offset);
  bytes.writeUInt16LE(name.length, at('name_bytes').offset);
  bytes.writeUInt16LE(fileWidth, at('file_width').offset);
  bytes.writeUInt16LE(nameWidth, at('name_width').offset);
  file.copy(bytes, at('file').offset);
  name.copy(bytes, at('name').offset);
  return new Uint32Array(Uint8Array.from([...Buffer.alloc(AT * 4), ...bytes]).buffer);
};

const tableEvent = (id: number, from: number, data: Uint8Array): Uint32Array => {
  const { size, at } = layoutOf(events.python_table.fields);
  const bytes = Buffer.alloc(size);
  bytes.writeBigUInt64LE(BigInt(id), at('code').offset);
  bytes.writeUInt32LE(from, at('at').offset);
  bytes.writeUInt32LE(data.length, at('size').offset);
  bytes.set(data, at('data').offset);
  return new Uint32Array(Uint8Array.from([...Buffer.alloc(AT * 4), ...bytes]).buffer);
};

/** Two instructions at the first line, two at the one after it: locations.md of CPython, short forms and a new line. */
const TABLE = Uint8Array.of(0x80 | (0 << 3) | 1, 0, 0x80 | (11 << 3) | 1, 0, 0);

test('a frame has the line of its instruction, once the whole table has come', () => {
  const codes = createPythonCodes();
  assert.equal(codes.has(7), false);
  codes.code(codeEvent(7, { tableBytes: TABLE.length }), AT);
  assert.ok(codes.has(7));
  const frame = { name: 'f', file: '/a/b.py', line: null, entry: false, hidden: false };
  assert.deepEqual(codes.frameOf(7, 0), frame);
  codes.table(tableEvent(7, 0, TABLE), AT);
  assert.deepEqual(codes.frameOf(7, 2), { ...frame, line: 10 });
  assert.deepEqual(codes.frameOf(7, pythonPlaces.entry + 4), { ...frame, line: 11, entry: true });
  assert.deepEqual(codes.frameOf(7, 8), frame);
  assert.deepEqual(codes.frameOf(7, pythonPlaces.unknown), { ...frame, line: 10 });
});

test('one that is told again takes the room of one, and one that is torn takes nothing with it', () => {
  const codes = createPythonCodes();
  codes.code(codeEvent(1, { tableBytes: TABLE.length }), AT);
  codes.table(tableEvent(1, 0, TABLE), AT);
  const again = codeEvent(2, { tableBytes: 1000 });
  for (let i = 0; i < 40_000; i++) codes.code(again, AT);
  assert.equal(codes.frameOf(1, 2).line, 10);
  codes.code(again.fill(0xffff_ffff), AT);
  codes.code(again.subarray(0, 20), AT);
  codes.table(again.subarray(0, 12), AT);
  assert.equal(codes.frameOf(1, 2).line, 10);
});

test('a large table comes in pieces, one that is too large is not used', () => {
  const codes = createPythonCodes();
  const table = Buffer.concat(Array.from({ length: 700 }, () => Uint8Array.of(0x80, 0)));
  codes.code(codeEvent(1, { tableBytes: table.length, bytecodeBytes: 1400 }), AT);
  codes.table(tableEvent(1, 0, table.subarray(0, PYTHON_TABLE_PIECE)), AT);
  assert.equal(codes.frameOf(1, 4).line, null);
  codes.table(tableEvent(1, PYTHON_TABLE_PIECE, table.subarray(PYTHON_TABLE_PIECE)), AT);
  assert.equal(codes.frameOf(1, 1398).line, 10);
  codes.code(codeEvent(2, { tableBytes: 0x7fff_ffff, bytecodeBytes: 1400 }), AT);
  codes.table(tableEvent(2, 0, table.subarray(0, PYTHON_TABLE_PIECE)), AT);
  assert.equal(codes.frameOf(2, 0).line, null);
});

test('names in characters of one, two and four bytes', () => {
  const codes = createPythonCodes();
  const wide = (text: string) => Buffer.from(Uint32Array.from([...text], (each) => each.codePointAt(0) ?? 0).buffer);
  codes.code(
    codeEvent(1, { file: Buffer.from('größe', 'latin1'), name: Buffer.from('測る', 'utf16le'), nameWidth: 2 }),
    AT,
  );
  codes.code(codeEvent(2, { file: wide('/🐍.py'), fileWidth: 4, name: wide('\u{10ffff}') }), AT);
  codes.code(codeEvent(3, { file: Buffer.alloc(256, 'x'), name: Buffer.alloc(0) }), AT);
  codes.code(codeEvent(4, { file: Buffer.from([0xff, 0xff, 0xff, 0xff]), fileWidth: 4 }), AT);
  assert.deepEqual([codes.frameOf(1, 0).file, codes.frameOf(1, 0).name], ['größe', '測る']);
  assert.equal(codes.frameOf(2, 0).file, '/🐍.py');
  assert.deepEqual([codes.frameOf(3, 0).file, codes.frameOf(3, 0).name], [`…${'x'.repeat(256)}`, null]);
  assert.equal(codes.frameOf(4, 0).file, '\ufffd');
});

test('what is not known has no name, and what stands for no frame is hidden', () => {
  const codes = createPythonCodes();
  const nothing = { name: null, file: null, line: null, entry: false, hidden: false };
  assert.deepEqual(codes.frameOf(5, 2), nothing);
  assert.ok(codes.has(0));
  assert.deepEqual(codes.frameOf(0, 2), nothing);
  const none = pythonPlaces.unknown + pythonPlaces.entry;
  assert.deepEqual(codes.frameOf(0, none), { ...nothing, entry: true, hidden: true });
});

test('more tables than are kept cost the oldest their lines, not their names', () => {
  const codes = createPythonCodes();
  const table = Buffer.concat(Array.from({ length: 12_000 }, () => Uint8Array.of(0x80, 0)));
  const count = Math.ceil((32 * 1024 * 1024) / table.length) + 1;
  for (let id = 1; id <= count; id++) {
    codes.code(codeEvent(id, { tableBytes: table.length, bytecodeBytes: 24_000 }), AT);
    for (let at = 0; at < table.length; at += PYTHON_TABLE_PIECE)
      codes.table(tableEvent(id, at, table.subarray(at, at + PYTHON_TABLE_PIECE)), AT);
    if (id === 1) assert.equal(codes.frameOf(1, 4).line, 10);
  }
  for (let id = 2; id < 4; id++) codes.table(tableEvent(id, 0, table.subarray(0, PYTHON_TABLE_PIECE)), AT);
  const seen = [1, 2, count].map((id) => codes.frameOf(id, 6));
  assert.deepEqual(
    seen.map(({ name }) => name),
    ['f', 'f', 'f'],
  );
  assert.deepEqual([seen[1]?.line, seen[2]?.line], [null, 10]);
});

test('what a stack is asked about is not forgotten, nor what the kernel side takes for known', () => {
  const codes = createPythonCodes();
  codes.code(codeEvent(1, {}), AT);
  for (let id = 2; id < 20_000; id++) {
    codes.code(codeEvent(id, {}), AT);
    if (id % 4000 === 0) assert.ok(codes.has(1));
    if (id % 2000 === 0) assert.ok(codes.has(Math.max(1, id - PYTHON_CODES_KEPT)));
  }
  assert.ok(codes.has(1));
});

test('what was not used for long is forgotten', () => {
  const codes = createPythonCodes();
  codes.code(codeEvent(1, {}), AT);
  codes.code(codeEvent(2, {}), AT);
  for (let id = 3; id < 17_000; id++) {
    if (id % 1000 === 0) codes.frameOf(1, 0);
    codes.code(codeEvent(id, {}), AT);
  }
  assert.deepEqual([codes.has(1), codes.has(2), codes.has(16_999)], [true, false, true]);
});
