import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pythonOffsets } from '../src/capture/python/offsets.gen.ts';
import { offsetsByHeaders, pythonVersions } from './python-offsets.ts';

for (const version of pythonVersions)
  test(`offsets of CPython ${version} are those of its headers`, (t) => {
    const told = offsetsByHeaders(version);
    if (told === undefined) t.skip(`needs gcc and CPython ${version} with its headers`);
    else assert.deepEqual(told, pythonOffsets[version]);
  });
