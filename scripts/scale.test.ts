// What docs/scale.md says follows from the code: the maps are those of the objects, and sizes grow as they are meant to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureOf } from '../bench/figure.ts';
import { HISTORY } from '../src/capture/sizes.ts';
import { mapBytes, mapTypes } from './map-memory.ts';
import { bytesInRing, LARGE_HOST, mapsFor, scaleOf } from './scale.ts';
import { scaleDoc } from './scale-doc.ts';

const MIB = 1 << 20;

test('maps are read from the objects, each once, with the sizes that the loader gives them', () => {
  const { sizes } = scaleOf(128);
  const maps = mapsFor(128, sizes);
  const of = (name: string) => maps.filter((map) => map.name === name);
  assert.equal(of('rings of events').length, 16);
  const [history, ...more] = of(HISTORY.name);
  assert.deepEqual(more, []);
  assert.deepEqual([history?.entries, history?.value, history?.type], [128 * 8192, HISTORY.record, mapTypes.array]);
  const [tasks] = of('tasks');
  assert.equal(tasks?.entries, 32_768);
  const [perCpu] = of('cpus');
  assert.equal(perCpu?.type, mapTypes.perCpuArray);
  for (const { name, type, value, entries } of maps)
    if (type !== mapTypes.taskStorage)
      assert.ok(entries > 0 && (value > 0 || type === mapTypes.ring || type === mapTypes.arrayOfMaps), name);
});

test('memory of maps by hand', () => {
  const map = { name: 'm', key: 4, value: 12, entries: 100, flags: 0 };
  // 100 elements of 16 bytes; the same on each of 8 CPUs, with a pointer each; 128 buckets, and 8 elements to spare.
  assert.equal(
    mapBytes({ ...map, type: mapTypes.array }, 8) - mapBytes({ ...map, type: mapTypes.array, entries: 0 }, 8),
    1600,
  );
  assert.equal(mapBytes({ ...map, type: mapTypes.perCpuArray }, 8) - 512, 100 * (8 + 8 * 16));
  assert.equal(mapBytes({ ...map, type: mapTypes.hash }, 8) - 512, 128 * 16 + 8 * 32 + 108 * 72 + 8 * 8);
  assert.throws(() => mapBytes({ ...map, type: 99 }, 8), /type 99, such as m/);
});

test('memory grows with the CPUs up to a bound, and what is remembered stays long enough', () => {
  const sizes = [1, 2, 8, 64, 128, 512, 1024].map(scaleOf);
  for (const [i, scale] of sizes.entries())
    assert.ok(scale.kernelBytes >= (sizes[i - 1]?.kernelBytes ?? 0), `${scale.cpus} CPUs`);
  const large = scaleOf(LARGE_HOST.cpus);
  assert.ok(large.kernelBytes < 320 * MIB, `${large.kernelBytes / MIB} MiB`);
  assert.ok(large.remembered(LARGE_HOST.switches) > 1, 'a second of switches');
  const [even, oneRing] = large.patience(LARGE_HOST.calls * bytesInRing('call'));
  assert.ok(even > 1 && oneRing > 0.1, `${even} s over all rings, ${oneRing} s in one`);
});

test('the document says what was measured, where something was', () => {
  const line = figureOf('scale_out_disk', 'MB/s', { atMost: 12 }, [8], { cpus: 128 });
  const text = scaleDoc([line]);
  assert.match(text, /`scale_out_disk` \| 8 MB\/s \| 12 \| cpus 128/);
  assert.match(text, /29 GB an hour/);
  assert.match(scaleDoc([]), /Nothing yet/);
  assert.doesNotMatch(text, /NaN|undefined|Infinity/);
});
