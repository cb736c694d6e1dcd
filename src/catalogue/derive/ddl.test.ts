import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { scene } from '../../../test/scene.ts';
import { fileTypes } from '../events.ts';
import { isRootKind } from '../root-kinds.ts';
import { tables, views } from '../schema.ts';
import { waitKindSql, waitRules } from '../wait-kinds.ts';
import { ddl, metaRows } from './ddl.ts';

const emptyRecording = (): DatabaseSync => {
  const database = new DatabaseSync(':memory:');
  for (const statement of ddl()) database.exec(statement);
  return database;
};

test('the statements make every table and view, with the declared columns in their order', () => {
  const database = emptyRecording();
  for (const { name, columns } of [...tables, ...views]) {
    const made = database.prepare(`SELECT name FROM pragma_table_info('${name}')`).all();
    assert.deepEqual(
      made.map((column) => column.name),
      columns.map((column) => column.name),
      name,
    );
  }
  database.close();
});

test('numbers are declared INTEGER: an undeclared one would be stored as a real of 9 bytes', () => {
  const database = emptyRecording();
  for (const { name } of tables)
    for (const { type } of database.prepare(`SELECT type FROM pragma_table_info('${name}')`).all())
      assert.match(String(type), /^(?:INTEGER|TEXT|REAL|BLOB)$/, name);
  database.close();
});

test('the description of itself has a row for every table, view and column', () => {
  const { meta_table, meta_column } = metaRows();
  assert.equal(meta_table.length, tables.length + views.length);
  const columns = [...tables, ...views].flatMap((spec) => spec.columns);
  assert.equal(meta_column.length, columns.length);
  for (const row of meta_column) for (const value of row) assert.notEqual(value, '');
});

const examples = views.flatMap((view) => view.examples);

test('every example runs on an empty recording', () => {
  const database = emptyRecording();
  for (const { question, sql } of examples) assert.deepEqual(database.prepare(sql).all(), [], question);
  database.close();
});

test('every example answers on a recording that has something of each', () => {
  const made = scene({}, 'sealed');
  try {
    const python = { pid: 10, tid: 10, comm: 'python3' };
    const hog = { pid: 20, tid: 20, comm: 'hog' };
    made.process(10, 'python3');
    made.call(python, 'cudaMemcpyAsync', 1_000, 5_000, { args: { bytes: 4096 }, stack: ['copy', 'train'] });
    made.wait(python, 2_000, 0, { runnable: 3_000 });
    made.slice(hog, 0, 2_000, 3_000);
    made.oneOfEach(python);
    made.writer.loss('late_attach', 0, 1_000, 1);
    const database = new DatabaseSync(made.done(), { readOnly: true });
    for (const { question, sql } of examples) assert.ok(database.prepare(sql).all().length > 0, question);
    database.close();
  } finally {
    made.remove();
  }
});

test('each view has an example', () => {
  const silent = views.filter(({ examples: own }) => own.length === 0).map(({ name }) => name);
  assert.deepEqual(silent, []);
});

type Site = Readonly<Record<string, string | number | null>>;
const plain: Site = {
  ...{ state: 1, syscall: null, iowait: 0, throttled: 0, file_type: 0, file_device: 0, file_inode: 0 },
  ...{ futex_op: null, waker_context: 0, waker_syscall: null, held: 0, activity: null, gil: 0, kernel_thread: 0 },
  by_time: 0,
};

test('what a thread waited for follows from its system call, its state and its waker', () => {
  const database = emptyRecording();
  const kindOf = (site: Site): unknown => {
    const values = Object.entries({ ...plain, ...site });
    const columns = values.map(([name, value]) => `${typeof value === 'string' ? `'${value}'` : value} AS ${name}`);
    return database.prepare(`SELECT ${waitKindSql()} AS kind FROM (SELECT ${columns.join(', ')}) s`).get()?.kind;
  };
  const cases: readonly (readonly [kind: string, site: Site])[] = [
    ['throttled', { state: 0, throttled: 1 }],
    ['runnable', { state: 0, syscall: 'futex' }],
    ['observer', { state: 4, held: 1 }],
    ['signal', { state: 4 }],
    ['sleep', { syscall: 'clock_nanosleep' }],
    ['sleep', { syscall: 'poll', waker_context: 2 }],
    ['child', { syscall: 'wait4' }],
    ['child', { syscall: 'vfork', waker_context: 1 }],
    ['signal', { syscall: 'pause' }],
    ['writeback', { syscall: 'fsync', state: 2, iowait: 1 }],
    ['reclaim', { syscall: 'brk', state: 2, activity: 'reclaim' }],
    ['writeback', { syscall: 'write', state: 2, activity: 'dirty_throttle' }],
    ['gil', { syscall: 'futex', gil: 1 }],
    ['lock', { syscall: 'mmap', state: 2, activity: 'kernel_lock' }],
    ['page_fault', { state: 2, iowait: 1 }],
    ['page_fault', {}],
    ['lock', { syscall: 'flock' }],
    ['block_io', { syscall: 'io_getevents', waker_context: 5 }],
    ['sleep', { syscall: 'read', file_type: fileTypes.anonymous, waker_context: 2 }],
    ['ipc', { syscall: 'read', file_type: fileTypes.anonymous, waker_context: 1 }],
    ['ipc', { syscall: 'epoll_wait', file_type: fileTypes.anonymous, waker_context: 1 }],
    ['lock', { syscall: 'futex' }],
    ['ipc', { syscall: 'read', file_type: fileTypes.pipe }],
    ['ipc', { syscall: 'recvmsg', file_type: fileTypes.unix }],
    ['network', { syscall: 'recvmsg', file_type: fileTypes.inet }],
    ['block_io', { syscall: 'read', state: 2, iowait: 1, file_type: fileTypes.regular }],
    ['network', { syscall: 'recvfrom', waker_context: 4 }],
    ['unknown', { syscall: 'ioctl' }],
    ['unknown', { kernel_thread: 1 }],
    ['unknown', { state: null }],
    ['block_io', { state: null, waker_context: 5, by_time: 1 }],
    ['sleep', { state: null, by_time: 2 }],
    ['gil', { state: null, gil: 1, by_time: 2 }],
  ];
  for (const [kind, site] of cases) assert.equal(kindOf(site), kind, JSON.stringify(site));
  database.close();
  for (const { kind } of waitRules) assert.ok(isRootKind(kind));
});
