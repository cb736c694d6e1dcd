import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFormat } from './format.ts';

const field = (declaration: string, offset: number, size: number, signed = 0) =>
  `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed};`;
const text = (name: string, fields: readonly string[], print = '"x"') =>
  `name: ${name}\nID: 42\nformat:\n${field('unsigned short common_type', 0, 2)}\n\n${fields.join('\n')}\n\nprint fmt: ${print}\n`;

test('knows numbers, texts, texts elsewhere in the record, addresses and rows of bytes', () => {
  const format = parseFormat(
    'skb',
    text('e', [
      field('int sig', 8, 4, 1),
      field('char comm[16]', 12, 16),
      field('__data_loc char[] filename', 28, 4),
      field('const void * skbaddr', 32, 8),
      field('__u8 saddr[4]', 40, 4),
      field('__data_loc u64[] counts', 44, 4),
    ]),
  );
  assert.equal(format?.id, 42);
  assert.equal(format?.size, 48);
  assert.deepEqual(
    format?.fields.map(({ name, kind, offset, size, signed }) => [name, kind, offset, size, signed]),
    [
      ['sig', 'number', 8, 4, true],
      ['comm', 'text', 12, 16, false],
      ['filename', 'located_text', 28, 4, false],
      ['skbaddr', 'address', 32, 8, false],
      ['saddr', 'bytes', 40, 4, false],
      ['counts', 'located_bytes', 44, 4, false],
    ],
  );
});

test('of a system call: texts lie in the program, an int is half of its place', () => {
  const format = parseFormat(
    'syscalls',
    text('sys_enter_openat', [
      field('int dfd', 16, 8),
      field('const char * filename', 24, 8),
      field('size_t count', 32, 8),
    ]),
  );
  assert.deepEqual(
    format?.fields.map(({ name, kind, size, signed }) => [name, kind, size, signed]),
    [
      ['dfd', 'number', 4, true],
      ['filename', 'user_text', 8, false],
      ['count', 'number', 8, false],
    ],
  );
});

test('what a write says is not read, nor what the description prints as an address of the kernel', () => {
  const written = parseFormat(
    'syscalls',
    text('sys_enter_write', [field('const char * buf', 24, 8), field('size_t count', 32, 8)]),
  );
  assert.deepEqual(
    written?.fields.map(({ kind }) => kind),
    ['address', 'number'],
  );
  const kindsOf = (fields: readonly string[], print: string) =>
    Object.fromEntries(
      parseFormat('kmem', text('e', fields, print))?.fields.map(({ name, kind }) => [name, kind] as const) ?? [],
    );
  const long = (name: string, offset: number) => field(`unsigned long ${name}`, offset, 8);
  assert.deepEqual(
    kindsOf(
      [long('call_site', 8), field('const void * ptr', 16, 8), long('bytes_req', 24), long('accounted', 32)],
      '"call_site=%pS ptr=%p bytes_req=%zu of %s", (void *)REC->call_site, REC->ptr, REC->bytes_req, (1 ? "a,b" : "c")',
    ),
    { call_site: 'address', ptr: 'address', bytes_req: 'number', accounted: 'number' },
  );
  assert.deepEqual(
    kindsOf(
      [long('width', 8), long('ip', 16), long('code', 24)],
      '"100%% %-*d %ps %#lx", 5, REC->width, (unsigned long)REC->ip, REC->code',
    ),
    { width: 'number', ip: 'address', code: 'number' },
  );
});

test('names of values come from the description, those of TCP states from their numbers in the kernel', () => {
  const format = parseFormat(
    'sock',
    text(
      'e',
      [field('int state', 8, 4, 1), field('u32 flags', 12, 4), field('int other', 16, 4, 1)],
      '"%s", __print_symbolic(REC->state, { TCP_LISTEN, "TCP_LISTEN" }, { 99, "ODD" }), __print_flags(REC->flags, "|", { 0x1, "A" }, { 0x2UL, "B" })',
    ),
  );
  const [state, flags, other] = format?.fields ?? [];
  assert.deepEqual(
    [...(state?.names ?? [])],
    [
      ['TCP_LISTEN', 10],
      ['ODD', 99],
    ],
  );
  assert.deepEqual(
    [...(flags?.names ?? [])],
    [
      ['A', 1],
      ['B', 2],
    ],
  );
  assert.equal(flags?.isFlags, true);
  assert.equal(other?.names.size, 0);
});

test('what is not a description is none', () => {
  assert.equal(parseFormat('x', 'nothing'), undefined);
});
