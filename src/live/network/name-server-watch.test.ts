import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNameServerWatch } from './name-server-watch.ts';
import type { NetworkFinding } from './watch.ts';

const bytes = (from: string, to: string, fromPort: string, toPort: string, flags: string) =>
  new Uint8Array(
    Buffer.from(
      `4500003000010000401100000${from}0${to}${fromPort}${toPort}00200000abcd${flags}0001000000000000037777770000010001`,
      'hex',
    ),
  );
const CLIENT = 'a000001';
const SERVER = 'a000002';
const question = bytes(CLIENT, SERVER, '1234', '0035', '0100');
const answer = (code: string) => bytes(SERVER, CLIENT, '0035', '1234', `818${code}`);

const told = (
  play: (
    send: (time: number, packet: Uint8Array, pid?: number) => void,
    sweep: (now: number) => void,
    forget: () => void,
  ) => void,
) => {
  const found: NetworkFinding[] = [];
  const watch = createNameServerWatch((finding) => found.push(finding));
  play(
    (time, packet, pid = 0) =>
      watch.onPacket({
        time,
        pid,
        isQuestion: pid !== 0,
        namespace: 1,
        interface: 1,
        length: packet.length,
        protocol: 0x0800,
        bytes: packet,
      }),
    watch.sweep,
    watch.forget,
  );
  return found;
};

test('a name that does not exist, a server that fails, one that is slow; a good answer is nothing', () => {
  for (const [code, after, rule] of [
    ['3', 1e6, 'name_unknown'],
    ['2', 1e6, 'name_server_failed'],
    ['0', 2e9, 'name_server_slow'],
    ['0', 1e6, undefined],
  ] as const) {
    const found = told((send) => {
      send(0, question, 77);
      send(10, question);
      send(after, answer(code));
    });
    assert.deepEqual(
      found.map((finding) => [finding.rule, finding.pid, finding.facts.name]),
      rule === undefined ? [] : [[rule, 77, 'www']],
    );
  }
});

test('no answer is told once its time is over', () => {
  const found = told((send, sweep) => {
    send(0, question, 77);
    sweep(4e9);
    sweep(6e9);
    sweep(9e9);
  });
  assert.deepEqual(
    found.map(({ rule }) => rule),
    ['name_server_silent'],
  );
});

test('what is passed on has no asker; where packets were missed, no silence is told', () => {
  const rulesOf = (play: Parameters<typeof told>[0]) => told(play).map(({ rule }) => rule);
  assert.deepEqual(
    rulesOf((send, sweep) => {
      send(0, question, 0);
      sweep(6e9);
    }),
    [],
  );
  assert.deepEqual(
    rulesOf((send, sweep, forget) => {
      send(0, question, 77);
      forget();
      sweep(6e9);
    }),
    [],
  );
});
