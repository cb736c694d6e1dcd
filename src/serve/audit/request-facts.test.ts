// What is kept of a message: bounded, cleaned, without secrets, whatever it is.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerFacts } from './answer-facts.ts';
import { requestFacts } from './request-facts.ts';

const message = (method: string, params: object) => ({ jsonrpc: '2.0', id: 1, method, params });

test('the digest is of the arguments as they are kept, whole and with keys in order', () => {
  const one = requestFacts(message('tools/call', { name: 'x', arguments: { b: [1, { d: 2, c: 3 }], a: 'é' } }));
  const text = '{"a":"é","b":[1,{"c":3,"d":2}]}';
  assert.deepEqual([one.arguments, one.arguments_sha256], [text, createHash('sha256').update(text).digest('hex')]);
  const long = (end: string) =>
    requestFacts(message('tools/call', { name: 'x', arguments: { query: `${'x '.repeat(3000)}${end}` } }));
  assert.equal(long('a').arguments, long('b').arguments);
  assert.notEqual(long('a').arguments_sha256, long('b').arguments_sha256);
  const secret = (password: string) => requestFacts(message('tools/call', { name: 'x', arguments: { password } }));
  assert.deepEqual(secret('hunter2'), secret('another1'));
});

test('of what begins no work little is kept', () => {
  const lengthOf = (method: string) =>
    requestFacts(message(method, { junk: 'x '.repeat(2_000) })).arguments?.length ?? 0;
  for (const method of ['ping', 'initialize', 'whytrace/token']) assert.ok(lengthOf(method) < 220, method);
  assert.ok(lengthOf('tools/call') > 1_900);
});

test('who, what and the trace context are found where each revision puts them', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const clientInfo = { name: 'c', version: '2' };
  const claimed = { client: 'c', client_version: '2' };
  assert.deepEqual(requestFacts(message('initialize', { clientInfo })).client, claimed);
  const meta = { 'io.modelcontextprotocol/clientInfo': clientInfo, traceparent };
  const modern = requestFacts(message('resources/read', { uri: 'whytrace://schema', _meta: meta }));
  assert.deepEqual(
    [modern.client, modern.name, modern.traceparent, modern.begins, modern.arguments],
    [claimed, 'whytrace://schema', traceparent, true, null],
  );
  assert.equal(requestFacts(message('tools/list', { _meta: { traceparent: 'x'.repeat(9999) } })).traceparent, null);
});

test('nothing that a client or a tool can say breaks it, or leaves it unbounded', () => {
  const anything = fc.anything({ withNullPrototype: true, maxDepth: 4 });
  const text = fc.string({ unit: 'binary', maxLength: 5_000 });
  const request = fc.record(
    {
      id: anything,
      method: fc.oneof(text, anything),
      params: fc.oneof(
        anything,
        fc.record(
          { name: text, uri: text, arguments: anything, _meta: fc.dictionary(text, anything) },
          { requiredKeys: [] },
        ),
      ),
      result: anything,
      error: anything,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(request, (value) => {
      // As it comes off the wire.
      const sent: unknown = JSON.parse(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? 1 : part)));
      const facts = requestFacts(sent);
      for (const kept of [facts.method, facts.name ?? '', facts.client?.client ?? '']) assert.ok(kept.length < 220);
      assert.ok((facts.arguments ?? '').length < 2_020);
      assert.doesNotMatch(JSON.stringify(Object.values(facts)), /[\p{Cc}\u200b\u202e]/u);
      const { error_code, rows } = answerFacts(sent);
      assert.ok((error_code ?? '').length < 80 && (rows === null || rows >= 0));
    }),
    { numRuns: 2_000 },
  );
});

test('how an answer ended', () => {
  const tool = (code: string) =>
    answerFacts({
      id: 1,
      result: { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: { code } }) }] },
    });
  assert.deepEqual(
    [tool('sql_denied').outcome, tool('unknown_pid').outcome, tool('scope_missing').outcome],
    ['rejected_sql', 'tool_error', 'denied'],
  );
  const ok = answerFacts({ id: 1, result: { structuredContent: { chains: [1, 2], links: [1], truncated: true } } });
  assert.deepEqual([ok.outcome, ok.rows, ok.truncated, ok.bytes > 50], ['ok', 2, 1, true]);
  assert.deepEqual(answerFacts({ id: 1, error: { code: -32601, message: 'x' } }).error_code, '-32601');
});
