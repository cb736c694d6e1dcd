// docs/scale.md: what a recording takes on a large host. The numbers are worked out from the program's constants; what was
// measured comes from the figures that `npm run bench -- --write scale-out` kept last.
import { existsSync, readFileSync } from 'node:fs';
import type { Figure } from '../bench/figure.ts';
import { HISTORY, MAX_RINGS, MOST_CPUS } from '../src/capture/sizes.ts';
import { code, markdownPage, markdownTable } from '../src/catalogue/derive/markdown.ts';
import { FULL, SLOWEST_MS } from '../src/record/pace.ts';
import { parseKept } from './overhead-doc.ts';
import { bytesInRing, LARGE_HOST, mapsFor, type Scale, scaleOf } from './scale.ts';

const MIB = 1 << 20;
/** Of the lines of the table of maps: what is larger on the large host. */
const WORTH_A_LINE = MIB / 4;
/** Tasks of a large host that nobody traces: its kernel's own threads, and what else runs. */
const OTHER_TASKS = 3000;
const SIZES = [2, 16, LARGE_HOST.cpus, 512, MOST_CPUS];
const MEASURED = new URL('../docs/figures/scale-out.jsonl', import.meta.url).pathname;

const mib = (bytes: number): string => {
  const value = bytes / MIB;
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
};
const count = (n: number): string => n.toLocaleString('en-US');
const seconds = (s: number): string => (s >= 1 ? `${s.toFixed(1)} s` : `${(s * 1000).toFixed(0)} ms`);

/** How many of `n` things find their place taken, where each has one of `places` at random. */
const collisions = (n: number, places: number): number => n - places * (1 - (1 - 1 / places) ** n);

const sizesTable = (scales: readonly Scale[]): string => {
  const row = (name: string, value: (scale: Scale) => string) => [name, ...scales.map(value)];
  return markdownTable(
    ['possible CPUs', ...scales.map(({ cpus }) => count(cpus))],
    [
      row('rings of events', ({ sizes }) => count(sizes.rings)),
      row('CPUs to a ring', ({ sizes }) => count(2 ** sizes.shardShift)),
      row('MiB of each ring', ({ sizes }) => mib(sizes.ringBytes)),
      row('switches remembered of each CPU', ({ sizes }) => count(sizes.historySlots)),
      row('disk requests remembered of each CPU', ({ sizes }) => count(sizes.requestSlots)),
      row('MiB of kernel memory', ({ kernelBytes }) => mib(kernelBytes)),
      row('MiB of the recorder that grow with it', ({ ownBytes }) => mib(ownBytes)),
    ],
  );
};

const mapsTable = (scales: readonly Scale[], large: Scale): string => {
  const worth = large.maps.filter(({ bytes }) => bytes >= WORTH_A_LINE).map(({ name }) => name);
  const of = ({ maps }: Scale, holds: (name: string) => boolean) =>
    maps.reduce((sum, { name, bytes }) => sum + (holds(name) ? bytes : 0), 0);
  return markdownTable(
    ['map', ...scales.map(({ cpus }) => `MiB, ${count(cpus)} CPUs`)],
    [
      ...worth.map((name) => [code(name), ...scales.map((scale) => mib(of(scale, (each) => each === name)))]),
      ['all others', ...scales.map((scale) => mib(of(scale, (each) => !worth.includes(each))))],
    ],
  );
};

/** The figures of the last measurement; none where there was none. */
const readMeasured = (): readonly Figure[] =>
  existsSync(MEASURED) ? parseKept('scale-out', readFileSync(MEASURED, 'utf8')).figures : [];

const contextOf = ({ context }: Figure): string =>
  Object.entries(context)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
    .join(', ');

/** The document. */
export const scaleDoc = (measured = readMeasured()): string => {
  const { cpus, threads, switches, calls } = LARGE_HOST;
  const scales = SIZES.map(scaleOf);
  const large = scaleOf(cpus);
  const callBytes = calls * bytesInRing('call');
  const waitBytes = switches * bytesInRing('off_cpu');
  const [evenCalls, oneRingCalls] = large.patience(callBytes);
  const [evenBoth, oneRingBoth] = large.patience(callBytes + waitBytes);
  const historySeconds = large.remembered(switches);
  const entriesOf = (name: string): number =>
    mapsFor(cpus, large.sizes).find((map) => map.name === name)?.entries ?? Number.NaN;
  const tasks = threads + OTHER_TASKS;
  const disk = measured.find(({ figure }) => figure === 'scale_out_disk');
  return markdownPage(
    'A large host',
    '`src/capture/sizes.ts`, the compiled objects in `bpf/build` and what `npm run bench -- --write scale-out` kept',
    [
      `One recorder on a host of **${cpus} CPUs** that switches **${count(switches)}** times a second, where **${count(threads)} threads** of the
traced programs make **${count(calls)} calls** a second. The first part is arithmetic on the program's own constants; the last was measured
on a machine of two CPUs, with the sizes of the large host.`,
      '## What it takes',
      sizesTable(scales),
      `A ring has one lock, so ${2 ** large.sizes.shardShift} CPUs at most share one until there are ${MAX_RINGS} rings; from then on more do. Sizes go by the CPUs that
the kernel says are possible, since one can come later. More than ${count(MOST_CPUS)} are not supported: a position in the flight recorder has 10 bits for its CPU.`,
      `Of the kernel's memory on ${cpus} CPUs (what is not on the list is smaller):`,
      mapsTable([scaleOf(2), large, scaleOf(512)], large),
      `Of ${code('tracked')} processes there can be ${count(entriesOf('tracked'))}, of threads with a call open (${code('thread_calls')}) ${count(entriesOf('thread_calls'))}; what finds no room is counted as a loss.
The table of tasks has ${count(entriesOf('tasks'))} places by thread id. Of ${count(tasks)} tasks on the host, ids far apart put about ${count(Math.round(collisions(tasks, entriesOf('tasks'))))} into a place that is
taken: those are kept in storage of their own, found in 30 ns instead of 2.`,
      '## What flows',
      markdownTable(
        ['', 'a second', 'bytes each', 'MB/s', 'spread over all rings, full after', 'all in one ring, full after'],
        [
          [
            'calls',
            count(calls),
            count(bytesInRing('call')),
            (callBytes / 1e6).toFixed(1),
            seconds(evenCalls),
            seconds(oneRingCalls),
          ],
          [
            'calls, and each switch is one of a traced thread',
            count(calls + switches),
            count(bytesInRing('off_cpu')),
            ((callBytes + waitBytes) / 1e6).toFixed(1),
            seconds(evenBoth),
            seconds(oneRingBoth),
          ],
        ],
      ),
      `The reader comes at least every ${SLOWEST_MS} ms, at once when ${FULL * 100} % of a ring are in use, and reads of all rings together no more in one step than of a
single one. Beyond what one core reads, rows are left out by stated rules (see the guide), and totals stay exact.`,
      `The flight recorder keeps ${count(cpus * large.sizes.historySlots)} switches, ${mib(cpus * large.sizes.historySlots * HISTORY.record)} MiB: **${seconds(historySeconds)}** of this host, when they are spread evenly. A CPU that
switches ten times as often as the others remembers ${seconds(historySeconds / 10)}. Only what a traced thread's wait leads to is read of it, so switches of others
cost the recorder nothing; a wait that reaches further back than that is a loss (${code('history_overwritten')}).`,
      ...(disk === undefined
        ? []
        : [
            `On disk ${count(calls)} calls a second are ${disk.value} MB/s, ${((disk.value * 3600) / 1000).toFixed(0)} GB an hour: with the size that ${code('record')} is told to keep, the oldest rows go first,
and their totals stay.`,
          ]),
      '## What was measured',
      measured.length === 0
        ? 'Nothing yet.'
        : markdownTable(
            ['figure', 'value', 'goal', 'of what'],
            measured.map((each) => [
              code(each.figure),
              `${each.value} ${each.unit}`,
              String(each.goal),
              contextOf(each),
            ]),
          ),
      `* ${code('scale_out_memory_formula')}: the kernel side is loaded here with the sizes of ${cpus} CPUs, and what the kernel accounts for its maps is held against
  the formulas above (the larger over the smaller).
* ${code('scale_out_call_cost')}: calls of ${count(threads)} threads in ${large.sizes.rings} rings, made up in files laid out like the kernel's, are read by the program's own
  reader into a recording with seals; against the same calls of 8 threads in one ring, in turns.
* ${code('scale_out_reader_cpu')} and ${code('scale_out_disk')}: what that comes to at ${count(calls)} calls a second.
* The rest are ${count(threads)} real threads: sleeping and waking ten times a second each, and making calls.`,
      'What cannot be tried on two CPUs is the contention of 128: that is why CPUs share a ring by eights and nothing else that is written often is shared.',
    ],
  );
};
