// Challenges and metadata, to the letter of RFC 6750 and RFC 9728.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { challenge, metadataPaths, metadataUrl } from './challenge.ts';
import { metadataUrls } from './oauth.ts';

test('metadata of a resource and of an issuer is where the standards put it', () => {
  assert.equal(metadataUrl('https://h.example/mcp'), 'https://h.example/.well-known/oauth-protected-resource/mcp');
  assert.equal(metadataUrl('https://h.example'), 'https://h.example/.well-known/oauth-protected-resource');
  assert.deepEqual(metadataPaths('https://h.example/a/b'), [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/a/b',
  ]);
  assert.deepEqual(metadataUrls('https://i.example/tenant/'), [
    'https://i.example/.well-known/oauth-authorization-server/tenant',
    'https://i.example/.well-known/openid-configuration/tenant',
    'https://i.example/tenant/.well-known/openid-configuration',
  ]);
});

test('no reason breaks out of its quotes or into another header', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0x2ff).map((code) => String.fromCharCode(code)) }), (why) => {
      const text = challenge({ resource: undefined, error: 'invalid_token', why });
      assert.match(
        text,
        /^Bearer realm="whytrace", error="invalid_token", error_description="[^"\\\r\n]*", scope="[^"]*"$/,
      );
    }),
  );
});
