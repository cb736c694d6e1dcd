import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRead, recognises } from './schema.ts';

test('schemas from 0.8 on are read', () => {
  for (const version of ['0.8', '0.9', '0.10', '0.8.1', '1.0']) assert.ok(isRead(version), version);
  for (const version of ['', '0.7', '0', 'x', '0.8b', '-1.9', '0.7.9']) assert.equal(isRead(version), false, version);
});

test('a file is known by its tables and their columns', () => {
  const events = new Set(['timestamp', 'pid', 'tid', 'source', 'op', 'duration', 'more']);
  const info = new Set(['key', 'value']);
  assert.ok(
    recognises(
      new Map([
        ['events', events],
        ['schema_info', info],
      ]),
    ),
  );
  assert.equal(recognises(new Map([['events', events]])), false);
  assert.equal(
    recognises(
      new Map([
        ['events', new Set(['timestamp'])],
        ['schema_info', info],
      ]),
    ),
    false,
  );
});
