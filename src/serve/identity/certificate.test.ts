// The names in a certificate, as Node writes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesOf } from './certificate.ts';

const names = (subjectAltName: string | undefined, subject = 'O=x\nCN=common') => namesOf({ subjectAltName, subject });

test('alternative names come before the common name, and URIs first', () => {
  assert.deepEqual(names('DNS:a.example, URI:spiffe://example/agent, IP Address:10.0.0.1'), [
    'spiffe://example/agent',
    'a.example',
    '10.0.0.1',
  ]);
  assert.deepEqual(names(undefined), ['common']);
  assert.deepEqual(names(undefined, 'O=x'), []);
});

test('one name cannot pretend to be two', () => {
  // How Node writes a name that holds a comma: CVE-2021-44532.
  assert.deepEqual(names('DNS:"evil.example\\u002c DNS:victim.example"'), ['evil.example, DNS:victim.example']);
  assert.deepEqual(names('URI:"http://a/\\"b\\", DNS:victim"'), ['http://a/"b", DNS:victim']);
});
