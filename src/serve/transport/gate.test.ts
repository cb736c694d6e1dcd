// What messages cost: every one something, and no caller more than its share of what runs at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '../identity/principal.ts';
import { type GateOptions, openGate } from './gate.ts';
import { usualLimits } from './limits.ts';

const scopes: GateOptions['scopes'] = { tool: () => 'sql:read', resource: () => 'telemetry:read' };
const caller = (id: string): Principal => ({ kind: 'peer', id, scopes: ['sql:read'], transport: 'socket' });
const ann = caller('ann');

const gateAt = (clock: { ms: number }, limits = {}) =>
  openGate({ scopes, limits: { ...usualLimits, callsPerSecond: 1, burst: 2, ...limits }, now: () => clock.ms });

/** How many of these messages go through at one moment. */
const passing = (message: unknown, limits = {}): number => {
  const gate = gateAt({ ms: 0 }, limits);
  let count = 0;
  while (count < 100 && gate.refusal(ann, message) === undefined) count++;
  return count;
};

test('every message is paid for: a call wholly, others in part, none for nothing', () => {
  assert.equal(passing({ id: 1, method: 'tools/call', params: { name: 'run_sql' } }), 2);
  assert.equal(passing({ id: 1, method: 'whytrace/token' }), 2, 'a token is signed');
  for (const method of ['ping', 'initialize', 'tools/list', 'notifications/cancelled', 'HTTP GET'])
    assert.equal(passing({ id: 1, method }), 8, method);
  assert.equal(passing({ id: 1, result: {} }), 8, 'an answer of the client');
  assert.equal(passing({ id: 1, method: 'resources/read', params: { uri: 'x' } }), 0, 'a scope that it has not');
});

test('what is no message is paid for by whoever sent it, and time brings it back', () => {
  const clock = { ms: 0 };
  const gate = gateAt(clock);
  const ping = { id: 1, method: 'ping' };
  const { error } = gate.busy();
  for (let i = 0; i < 8; i++) gate.refused(gate.malformed(error), ann);
  assert.equal(gate.refusal(ann, ping)?.reason, 'rate');
  assert.equal(gate.refusal(caller('bob'), ping), undefined, 'another one pays nothing');
  clock.ms = 250;
  assert.equal(gate.refusal(ann, ping), undefined);
  assert.equal(gate.refusal(ann, ping)?.status, 429);
});

test('what one caller has running leaves room for the others', () => {
  const gate = gateAt({ ms: 0 }, { requests: 3, requestsPerCaller: 2 });
  const ends = [gate.begin('ann'), gate.begin('ann')];
  assert.equal(gate.begin('ann'), undefined);
  assert.ok(gate.begin('bob'));
  ends[0]?.();
  ends[0]?.();
  assert.ok(gate.begin('ann'));
  assert.equal(gate.begin('ann'), undefined);
});
