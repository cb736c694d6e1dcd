// A few incidents and controls of the lab, played short: what must hold whatever else changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

process.env.WHYTRACE_LAB_SHORT = '1';
const { checkMachine } = await import('../src/capture/features.ts');
const { mixedCopies } = await import('./controls/mixed-copies.ts');
const { pollThread } = await import('./controls/poll-thread.ts');
const { hogOnLaunchCpu } = await import('./incidents/hog-on-launch-cpu.ts');
const { loaderSleeps } = await import('./incidents/loader-sleeps.ts');
const { sleepInStep } = await import('./incidents/sleep-in-step.ts');
const { incidents } = await import('./incidents.ts');
const { controls } = await import('./controls.ts');
const { judge, judgeHealthy } = await import('./judge.ts');
const { playOnce } = await import('./play.ts');

const machine = checkMachine();
const lacks = machine.checks.filter(({ ok, required }) => required && !ok).map(({ name }) => name);
const here = {
  timeout: 60_000,
  skip: machine.ok ? false : `this machine or user cannot record: 'whytrace doctor' misses ${lacks.join(', ')}`,
};
const seed = 1;
/** What a busy machine does to any program. */
const ofTheMachine: ReadonlySet<string> = new Set(['observer', 'runnable', 'gpu_wait']);

test('every name is given once', () => {
  const names = [...incidents, ...controls].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

test('a sleep of the program itself is no contention', here, async () => {
  const { chains, score } = await playOnce(sleepInStep, { seed, faulty: true }, (played) => judge(sleepInStep, played));
  assert.ok(score.top3, JSON.stringify(chains.map(({ summary }) => summary)));
  for (const { kind, summary } of chains) assert.ok(kind !== 'lock' && kind !== 'ipc', summary);
});

test('a sleep of another process is found through the pipe', here, async () => {
  const { chains, score } = await playOnce(loaderSleeps, { seed, faulty: true }, (played) =>
    judge(loaderSleeps, played),
  );
  assert.ok(score.top3, JSON.stringify(chains.map(({ summary }) => summary)));
  assert.equal(score.path, 1);
});

test('a preemption names its culprit', here, async () => {
  const { chains } = await playOnce(hogOnLaunchCpu, { seed, faulty: true }, (played) => judge(hogOnLaunchCpu, played));
  assert.ok(
    chains.some(({ kind, comm }) => kind === 'runnable' && comm === 'hog'),
    JSON.stringify(chains.map(({ summary }) => summary)),
  );
});

/** A machine that stood still for some ms makes any program slow, but not each time that it is played. */
const ATTEMPTS = 3;

for (const control of [pollThread, mixedCopies])
  test(`${control.name}: nothing of it is blamed`, here, async (t) => {
    for (let attempt = 1; ; attempt++) {
      const { claims } = await playOnce(control, { seed, faulty: false }, judgeHealthy);
      const blamed = claims.filter(({ kind }) => !ofTheMachine.has(kind)).map(({ summary }) => summary);
      if (blamed.length === 0) return;
      assert.ok(attempt < ATTEMPTS, blamed.join('\n'));
      t.diagnostic(`once more, since ${blamed[0]}`);
    }
  });
