import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** In a process of its own: what it changes cannot be taken back without privileges. */
const program = `
import { readdirSync, readFileSync } from 'node:fs';
import { loadSystem } from ${JSON.stringify(new URL('./libbpf.ts', import.meta.url).href)};
import { stepAside } from ${JSON.stringify(new URL('./step-aside.ts', import.meta.url).href)};
stepAside(loadSystem());
const nice = (tid) => Number(readFileSync('/proc/self/task/' + tid + '/stat', 'utf8').split(') ')[1].split(' ')[16]);
const tids = readdirSync('/proc/self/task').map(Number);
console.log(JSON.stringify({ own: nice(process.pid), others: tids.filter((tid) => tid !== process.pid).map(nice) }));
`;

test('helper threads give way, the thread that reads keeps its share', () => {
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const { own, others }: { own: number; others: number[] } = JSON.parse(said);
  assert.ok(others.length > 0);
  assert.ok(
    others.every((nice) => nice >= own + 10 || nice === 19),
    said,
  );
});
