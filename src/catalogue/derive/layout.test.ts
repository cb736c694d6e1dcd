import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from '../events.ts';
import { type Field, field } from '../field.ts';
import { kernelStructs } from '../kernel-structs.ts';
import { layoutOf } from './layout.ts';

test('fields are aligned to their own width, the struct to its widest', () => {
  const layout = layoutOf([
    field('small', 'small', 'x'),
    field('wide', 'time', 'x'),
    field('name', 'comm', 'x', 5),
    field('word', 'number', 'x'),
  ]);
  const places = (['small', 'wide', 'name', 'word'] as const).map((name) => layout.at(name));
  assert.deepEqual(places, [
    { offset: 0, size: 2, length: 1 },
    { offset: 8, size: 8, length: 1 },
    { offset: 16, size: 5, length: 5 },
    { offset: 24, size: 4, length: 1 },
  ]);
  assert.equal(layout.size, 32);
});

test('no event has padding between its fields, and each begins with the common head', () => {
  for (const { name, fields } of [...Object.values(events), ...Object.values(kernelStructs)]) {
    const list: readonly Field[] = fields;
    const { at } = layoutOf(list);
    let end = 0;
    for (const each of list) {
      assert.equal(at(each.name).offset, end, `${name}.${each.name}`);
      end += at(each.name).size;
    }
  }
  for (const { fields } of Object.values(events))
    assert.deepEqual(
      fields.slice(0, 4).map(({ name }) => name),
      ['type', 'cpu', 'pid', 'tid'],
    );
});
