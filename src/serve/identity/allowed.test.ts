// Who may use which tool: denied unless the scopes say yes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tools } from '../tools.ts';
import { allowed, allowedOf } from './allowed.ts';
import { type Scope, scopes, scopesIn } from './principal.ts';
import { askedBy } from './scope-table.ts';

test('every tool says which scope it needs: SQL, the audit and probes more than the rest', () => {
  const needed = new Map(tools.map(({ name, traits }) => [name, traits.scope]));
  const others: Readonly<Record<string, Scope>> = {
    run_sql: 'sql:read',
    get_audit_log: 'admin',
    watch_events: 'probe:control',
    list_subscriptions: 'probe:control',
    unsubscribe: 'probe:control',
  };
  for (const [name, scope] of needed) assert.equal(scope, others[name] ?? 'telemetry:read', name);
});

test('a caller may use exactly the tools whose scope it has, and nobody may use any', () => {
  fc.assert(
    fc.property(fc.subarray([...scopes]), (held) => {
      const principal = { scopes: held };
      for (const tool of tools) assert.equal(allowed(principal, tool), held.includes(tool.traits.scope));
      assert.deepEqual(
        allowedOf(principal, tools),
        tools.filter(({ traits }) => held.includes(traits.scope)),
      );
    }),
  );
  assert.deepEqual(allowedOf(undefined, tools), []);
});

test('words that are no scope give nothing', () => {
  assert.deepEqual(scopesIn(['admin', 'telemetry:read', 'admin', 'Admin', 'admin ', 'toString']), [
    'telemetry:read',
    'admin',
  ]);
  fc.assert(fc.property(fc.array(fc.string()), (words) => scopesIn(words).every((scope) => words.includes(scope))));
});

test('what a message asks for is read without believing it', () => {
  const table = {
    tool: (name: string): Scope | undefined => (name === 'run_sql' ? 'sql:read' : undefined),
    resource: (uri: string): Scope | undefined => (uri.startsWith('x://admin') ? 'admin' : undefined),
  };
  const scopeOf = (method: string, params: unknown) => askedBy({ method, params }, table)?.scope;
  assert.equal(scopeOf('tools/call', { name: 'run_sql' }), 'sql:read');
  assert.equal(scopeOf('tools/call', { name: ['run_sql'] }), undefined);
  assert.equal(scopeOf('resources/read', { uri: 'x://admin/1' }), 'admin');
  assert.equal(scopeOf('resources/read', { uri: 'x://other' }), 'telemetry:read');
  for (const method of ['resources/list', 'resources/subscribe', 'completion/complete', 'subscriptions/listen'])
    assert.equal(scopeOf(method, undefined), 'telemetry:read', method);
  for (const method of ['initialize', 'tools/list', 'server/discover', 'ping'])
    assert.equal(scopeOf(method, {}), undefined);
  fc.assert(
    fc.property(fc.anything(), (value) => {
      askedBy(value, table);
    }),
  );
});
