import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExecMemory } from './exec-memory.ts';

test('a child runs what its parent runs until it begins another program, in whatever order that is heard', () => {
  const memory = createExecMemory();
  memory.note(1, 0, '/sbin/init', []);
  memory.note(5, 10, '/bin/bash', [{ pid: 1, comm: 'init' }]);
  memory.forked(6, 20, { pid: 5, comm: 'bash' });
  assert.equal(memory.of(6)?.program, '/bin/bash');
  assert.deepEqual(
    memory.of(6)?.ancestry.map(({ pid, exe }) => [pid, exe]),
    [
      [5, '/bin/bash'],
      [1, '/sbin/init'],
    ],
  );
  memory.note(7, 40, '/bin/true', [{ pid: 5, comm: 'bash' }]);
  memory.forked(7, 30, { pid: 5, comm: 'bash' });
  assert.equal(memory.of(7)?.program, '/bin/true', 'the fork was before');
  memory.forked(7, 50, { pid: 5, comm: 'bash' });
  assert.equal(memory.of(7)?.program, '/bin/bash', 'the number was given to another process');
  assert.equal(memory.of(8), undefined);
});
