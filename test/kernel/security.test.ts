// The security watch: each suspicious thing raises its alert, with who did it, at every one of some runs; a file that few should
// open is known by what it is, also through a link; what is allowed is not told.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../src/base/alert.ts';
import { startClock } from '../../src/capture/clock.ts';
import { openTap } from '../../src/capture/live/tap.ts';
import { parseAllowList } from '../../src/live/alerts/allow-list.ts';
import { startWatches } from '../../src/live/watches.ts';
import { here } from './recorder.ts';

const PYTHON = '/usr/bin/python3';
const RUNS = Number(process.env.WHYTRACE_RUNS ?? 1);
const PATIENCE_MS = 3000;

/** A program that does what it is told, one thing a line. */
const startActor = () => {
  const child = spawn(PYTHON, [new URL('./programs/suspicious.py', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hear = async (): Promise<string> => String((await lines.next()).value);
  return {
    pid: child.pid ?? 0,
    hear,
    act: async (name: string) => {
      child.stdin.write(`${name}\n`);
      assert.equal(await hear(), 'done', name);
    },
    end: () => child.stdin.end(),
  };
};

const startAll = (allow = '') => {
  const clock = startClock();
  const tap = openTap(clock);
  const alerts: Alert[] = [];
  const watches = startWatches(tap, clock, {
    allowed: parseAllowList(allow),
    keep: () => undefined,
    onAlert: (alert) => alerts.push(alert),
  });
  return {
    alerts,
    notWatched: watches.notWatched,
    stop: async () => {
      await watches.stop();
      await tap.stop();
    },
  };
};

const isOf = (pid: number) => (alert: Alert) =>
  alert.process?.pid === pid || alert.ancestry?.some((parent) => parent.pid === pid) === true;

test('each suspicious thing raises its alert, with who did it', here, async () => {
  for (let run = 0; run < RUNS; run++) {
    const watching = startAll();
    const actor = startActor();
    try {
      assert.deepEqual(watching.notWatched, []);
      const names = (await actor.hear()).split(' ');
      for (const name of names) {
        await actor.act(name);
        const found = () => watching.alerts.find((alert) => alert.rule === name && isOf(actor.pid)(alert));
        for (const end = performance.now() + PATIENCE_MS; found() === undefined && performance.now() < end; )
          await sleep(5);
        const alert = found();
        assert.ok(alert !== undefined, `${name}: no alert in run ${run + 1}`);
        assert.match(alert.technique ?? '', /^T\d{4}/);
        assert.ok(alert.process?.exe !== undefined, `${name}: its program is known`);
      }
      const secret = watching.alerts.find(
        ({ rule, process }) => rule === 'sensitive_file' && process?.pid === actor.pid,
      );
      assert.equal(secret?.facts.file, 'shadow', 'the link is seen through');
    } finally {
      actor.end();
      await watching.stop();
    }
  }
});

test('what the owner of the machine allows is not told, and nothing else is hidden by it', here, async () => {
  const exe = (await import('node:fs')).realpathSync(PYTHON);
  const watching = startAll(`raw_socket ${exe}\nuserfaultfd python3`);
  const actor = startActor();
  try {
    await actor.hear();
    for (const name of ['raw_socket', 'userfaultfd']) await actor.act(name);
    await sleep(200);
    const rules = watching.alerts.filter(isOf(actor.pid)).map(({ rule }) => rule);
    assert.ok(!rules.includes('raw_socket'), 'allowed by its program');
    assert.ok(rules.includes('userfaultfd'), 'a name allows nothing');
  } finally {
    actor.end();
    await watching.stop();
  }
});
