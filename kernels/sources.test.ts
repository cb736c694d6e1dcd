import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archivesOf, parseLines, parseStanzas } from './sources.ts';

const STANZAS = `# a comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://mirror.example/secure
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid

Types: deb-src
URIs: http://source.example/debian
Suites: trixie
`;

test('stanzas: what is off, or has no programs, is left out', () => {
  assert.deepEqual(parseStanzas(STANZAS), [
    {
      address: 'http://mirror.example/debian',
      suites: ['bookworm', 'bookworm-updates'],
      signedBy: '/usr/share/keyrings/debian.gpg',
    },
    { address: 'http://mirror.example/secure', suites: ['bookworm-security'], signedBy: undefined },
  ]);
});

test('lines, with and without options', () => {
  const text = `# deb http://off.example/debian sid main
deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://one.example/debian trixie main contrib
deb-src http://one.example/debian trixie main
deb http://two.example/secure trixie-security main`;
  assert.deepEqual(parseLines(text), [
    { address: 'http://one.example/debian', suites: ['trixie'], signedBy: '/usr/share/keyrings/a.gpg' },
    { address: 'http://two.example/secure', suites: ['trixie-security'], signedBy: undefined },
  ]);
});

test('the archives are those of Debian; security has its own, or lies beside', () => {
  const found = archivesOf(parseStanzas(STANZAS));
  assert.equal(found?.main.address, 'http://mirror.example/debian');
  assert.equal(found?.security.address, 'http://mirror.example/secure');
  const alone = archivesOf(parseLines('deb http://one.example/debian/ sid main'));
  assert.equal(alone?.security.address, 'http://one.example/debian-security');
  assert.equal(archivesOf(parseLines('deb http://other.example/ubuntu noble main')), undefined);
  assert.equal(archivesOf([]), undefined);
});
