// The tool: its windows by default, its pages, two recordings, and what a caller over MCP may name.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import type { Scene } from '../../../test/recorded.ts';
import { scene } from '../../../test/scene.ts';
import { AGENT_BUDGET, type ToolContext } from '../tool.ts';
import { compareWindows, comparisonAnswer } from './compare-windows.ts';

const MS = 1e6;
const SECOND = 1e9;
const [good, bad] = [scene(), scene()];

/** Launches of 30 functions, one a millisecond; `duration` of each of them, from `from` on. */
const fill = (into: Scene, pid: number, duration: number, from: number) => {
  into.process(pid, 'trainer');
  const main = { pid, tid: pid, comm: 'trainer' };
  into.life(main, 0, 4 * SECOND);
  into.wait(main, SECOND, MS, { syscall: 'nanosleep', waker_context: 2 });
  for (let i = 0; i < 3999; i++) {
    const start = i * MS;
    // The same functions at other pages in each run.
    const fn = pid * 0x10000 + (i % 30) * 16;
    into.call(main, 'cudaLaunchKernel', start, start < from ? 20_000 : duration + (i % 7) * 100, { args: { fn } });
  }
  into.done();
};
before(() => {
  fill(good, 100, 20_000, 4 * SECOND);
  fill(bad, 200, 900_000, 2 * SECOND);
});
after(() => {
  good.remove();
  bad.remove();
});

const contextOf = (path: string, principal?: ToolContext['principal']): ToolContext => ({
  path: () => path,
  check: async () => ({ ok: true, checks: [] }),
  budget: AGENT_BUDGET,
  ...(principal === undefined ? {} : { principal }),
});
const ask = async (args: object, path = bad.path) =>
  comparisonAnswer.parse(await compareWindows.call(args, contextOf(path)));

test('without windows the halves are compared; with one, it and the rest', async () => {
  const halves = await ask({});
  assert.deepEqual([halves.before.end_ns, halves.after.start_ns], [halves.after.start_ns, halves.before.end_ns]);
  assert.equal(halves.verdict, 'different');
  assert.equal((await ask({}, good.path)).verdict, 'no_difference');
  const late = await ask({ from: 3 });
  assert.deepEqual([late.before.start_ns, late.before.end_ns, late.after.start_ns], [0, 3 * SECOND, 3 * SECOND]);
});

test('its pages are one list, and a cursor of another question is refused', async () => {
  const all = await ask({ limit: 100 });
  assert.ok(all.differences_total >= 30 && !all.truncated);
  const pages: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor === undefined ? {} : { cursor });
    pages.push(...page.differences.map(({ summary }) => summary));
    cursor = page.next_cursor;
  } while (cursor !== undefined && pages.length < 100);
  assert.deepEqual(
    pages,
    all.differences.map(({ summary }) => summary),
  );
  await assert.rejects(ask({ from: 1, cursor: '5.00000000' }), /does not belong/);
});

test('two recordings: functions are the same at other addresses', async () => {
  const answer = await ask({ other_db: good.path, from: 2, other_from: 2, limit: 100 });
  assert.equal(answer.differences.filter(({ kind }) => kind === 'calls').length, 30);
  assert.ok(answer.differences.every((one) => one.kind !== 'calls' || one.change === 'slower'));
  assert.equal(answer.before.start_ns, 2 * SECOND);
});

test('over MCP only a file beside the recording can be named', async () => {
  const principal = { kind: 'peer', id: 'uid:1000', scopes: [], transport: 'socket' } as const;
  const over = (other_db: string) =>
    compareWindows.call({ other_db, other_to: 2, from: 2 }, contextOf(bad.path, principal));
  await assert.rejects(over('/etc/passwd'), /cannot compare with/);
  await assert.rejects(over(`../${basename(good.path)}`), /cannot compare with/);
  assert.equal(comparisonAnswer.parse(await over(basename(bad.path))).verdict, 'different');
});
