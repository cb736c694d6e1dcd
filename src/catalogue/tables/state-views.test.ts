// The views against a slow reference that looks at each ns by itself, on recordings drawn at random.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { ddl } from '../derive/ddl.ts';

type Value = string | number | null;

/** An empty recording, with a function that inserts a row given by its columns. */
const recording = () => {
  const database = new DatabaseSync(':memory:');
  for (const statement of ddl()) database.exec(statement);
  const insert = (table: string, row: Readonly<Record<string, Value>>) => {
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    database.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`).run(...Object.values(row));
  };
  return { database, insert };
};

const END = 60;
/** Threads 1 and 2 are one that was renamed; 3 is another of the same process. 4 and 5 run instead, 6 is the idle task. */
const THREADS = [
  { id: 1, pid: 10, tid: 10, comm: 'old' },
  { id: 2, pid: 10, tid: 10, comm: 'new' },
  { id: 3, pid: 10, tid: 11, comm: 'other' },
  { id: 4, pid: 20, tid: 20, comm: 'hog' },
  { id: 5, pid: 20, tid: 21, comm: 'hog' },
  { id: 6, pid: 0, tid: 0, comm: 'swapper/0' },
] as const;
const SITES = [
  { id: 1, state: 0, syscall: null, throttled: 0 },
  { id: 2, state: 0, syscall: null, throttled: 1 },
  { id: 3, state: 1, syscall: 'futex', throttled: 0 },
  { id: 4, state: 1, syscall: 'nanosleep', throttled: 0 },
] as const;
const KINDS = ['', 'runnable', 'throttled', 'lock', 'sleep'];

const wait = fc.record({
  thread: fc.constantFrom(1, 2, 3),
  start_ns: fc.integer({ min: -5, max: END + 5 }),
  blocked_ns: fc.integer({ min: 0, max: 15 }),
  runnable_ns: fc.integer({ min: 0, max: 10 }),
  site: fc.integer({ min: 1, max: 4 }),
  cpu_off: fc.constantFrom(0, 1),
  cpu_on: fc.constantFrom(0, 1),
});
/** A thread that cannot be blocked is not: rows of the states runnable and throttled. */
const waits = fc
  .array(wait, { maxLength: 12 })
  .map((rows) => rows.map((row, i) => ({ ...row, id: i + 1, blocked_ns: row.site < 3 ? 0 : row.blocked_ns })));
const lives = fc.array(
  fc.tuple(fc.constantFrom(2, 3), fc.integer({ min: 0, max: END }), fc.integer({ min: 0, max: 20 })),
  {
    maxLength: 3,
  },
);
/** Slices that follow one another on each CPU, with gaps. */
const slices = fc
  .array(
    fc.tuple(
      fc.constantFrom(0, 1),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(1, 4, 5, 6),
    ),
  )
  .map((drawn) => {
    const at = [0, 0];
    return drawn.map(([cpu, gap, duration_ns, thread], i) => {
      const start_ns = (at[cpu] ?? 0) + gap;
      at[cpu] = start_ns + duration_ns;
      return { id: i + 1, start_ns, duration_ns, cpu, thread };
    });
  });

type Wait = typeof waits extends fc.Arbitrary<readonly (infer W)[]> ? W : never;
type Slice = typeof slices extends fc.Arbitrary<readonly (infer S)[]> ? S : never;

const tidOf = (thread: number) => THREADS.find(({ id }) => id === thread)?.tid;

const fill = (
  rows: readonly Wait[],
  taskRows: readonly (readonly [number, number, number])[],
  sliceRows: readonly Slice[],
) => {
  const { database, insert } = recording();
  for (const row of THREADS) insert('thread', row);
  for (const row of SITES) insert('wait_site', { file_type: 0, iowait: 0, held: 0, waker_context: 0, ...row });
  for (const row of rows) insert('off_cpu', row);
  for (const [i, [thread, start_ns, length]] of taskRows.entries())
    insert('task', { id: i + 1, thread, start_ns, end_ns: start_ns + length });
  for (const row of sliceRows) insert('run_slice', row);
  return database;
};

/** What a thread did in the ns that begins at `at`: that of the wait that began first, where they contradict one another. */
const stateAt = (rows: readonly Wait[], tid: number | undefined, at: number): string => {
  let end = Number.NEGATIVE_INFINITY;
  for (const row of [...rows].sort((a, b) => a.start_ns - b.start_ns || a.id - b.id)) {
    if (tidOf(row.thread) !== tid) continue;
    const back = row.start_ns + row.blocked_ns + row.runnable_ns;
    if (at >= Math.max(end, row.start_ns) && at < back) {
      if (row.site === 2) return `throttled throttled ${row.id}`;
      return at < row.start_ns + row.blocked_ns
        ? `blocked ${KINDS[row.site]} ${row.id}`
        : `runnable runnable ${row.id}`;
    }
    end = Math.max(end, back);
  }
  return 'running on_cpu null';
};

test('thread_states holds every instant of each life exactly once, whatever the waits are', () => {
  fc.assert(
    fc.property(waits, lives, (rows, taskRows) => {
      // Lives of one thread do not overlap: a thread id is used again after its end.
      const apart = taskRows.filter(([thread, start, length], i) =>
        taskRows
          .slice(0, i)
          .every(([other, from, long]) => other !== thread || start >= from + long || from >= start + length),
      );
      const database = fill(rows, apart, []);
      const found = database.prepare('SELECT * FROM thread_states ORDER BY tid, start_ns').all();
      const told = found.flatMap((row) =>
        Array.from({ length: Number(row.duration_ns) }, (_, i) => [
          row.tid,
          Number(row.start_ns) + i,
          `${row.state} ${row.kind} ${row.wait}`,
        ]),
      );
      const expected = apart
        .flatMap(([thread, start, length]) => {
          const tid = tidOf(thread);
          return Array.from({ length }, (_, i) => [tid, start + i, stateAt(rows, tid, start + i)] as const);
        })
        .sort(([a = 0, from], [b = 0, to]) => a - b || from - to);
      assert.deepEqual(told, expected);
      database.close();
    }),
    { numRuns: 300 },
  );
});

/** Who ran on the CPU at that ns; the waiting thread itself does not count. */
const ranAt = (sliceRows: readonly Slice[], row: Wait, cpu: number, at: number) =>
  sliceRows.find(
    (slice) =>
      slice.cpu === cpu &&
      slice.thread !== row.thread &&
      at >= slice.start_ns &&
      at < slice.start_ns + slice.duration_ns,
  )?.thread;

test('run_queue_waits gives each ready ns to who ran on that CPU, then on the one that took over, or to nobody', () => {
  fc.assert(
    fc.property(waits, slices, (rows, sliceRows) => {
      const database = fill(rows, [], sliceRows);
      const found = database.prepare('SELECT * FROM run_queue_waits ORDER BY id, culprit_tid').all();
      const told = found.map((row) => `${row.id} ${row.cpu} ${row.duration_ns} ${row.culprit_tid}: ${row.culprit_ns}`);
      const expected = rows.flatMap((row) => {
        if (row.site === 2) return [];
        const woken = row.blocked_ns > 0;
        const ready = row.start_ns + row.blocked_ns;
        const times = new Map<number | null, number>();
        for (let at = ready; at < ready + row.runnable_ns; at++) {
          const first = ranAt(sliceRows, row, woken ? row.cpu_on : row.cpu_off, at);
          const thread = first ?? (woken ? undefined : ranAt(sliceRows, row, row.cpu_on, at));
          const tid = thread === undefined ? null : (tidOf(thread) ?? null);
          times.set(tid, (times.get(tid) ?? 0) + 1);
        }
        return [...times]
          .sort(([a], [b]) => (a ?? -1) - (b ?? -1))
          .map(([tid, ns]) => `${row.id} ${woken ? row.cpu_on : row.cpu_off} ${row.runnable_ns} ${tid}: ${ns}`);
      });
      assert.deepEqual(told, expected);
      for (const { id } of rows) {
        const sum = database.prepare('SELECT sum(share) AS sum FROM run_queue_waits WHERE id = ?').get(id)?.sum;
        assert.ok(sum === null || Math.abs(Number(sum) - 1) < 1e-9, `shares of ${id} sum to ${sum}`);
      }
      database.close();
    }),
    { numRuns: 300 },
  );
});

test('a condition on the wait reaches the rows: no other wait is read', () => {
  const { database } = recording();
  const plan = (sql: string) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      .join('\n');
  assert.match(plan('SELECT * FROM run_queue_waits WHERE id = 5'), /SEARCH o USING INTEGER PRIMARY KEY/);
  assert.doesNotMatch(plan('SELECT * FROM run_queue_waits WHERE id = 5'), /SCAN o\b/);
  database.close();
});
