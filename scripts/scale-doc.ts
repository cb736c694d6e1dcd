// docs/scale.md: what a recording takes on a large host. The numbers are worked out from the program's constants; what was
// measured comes from the figures that `npm run bench -- --write scale-out sched` kept last.
import { existsSync, readFileSync } from 'node:fs';
import type { Figure } from '../bench/figure.ts';
import { HISTORY, MAX_RINGS, MOST_CPUS, WINDOW_BYTES } from '../src/capture/sizes.ts';
import { code, markdownPage, markdownTable } from '../src/catalogue/derive/markdown.ts';
import { FULL, SLOWEST_MS } from '../src/record/pace.ts';
import { parseKept } from './overhead-doc.ts';
import { bytesInRing, LARGE_HOST, mapsFor, type Scale, scaleOf } from './scale.ts';

const MIB = 1 << 20;
/** Of the lines of the table of maps: what is larger on the large host. */
const WORTH_A_LINE = MIB / 4;
const SIZES = [2, 16, LARGE_HOST.cpus, 512, MOST_CPUS];
const FIGURES = new URL('../docs/figures', import.meta.url).pathname;
/** Samples a second of each CPU that runs a traced thread, unless `record` is told otherwise. */
const SAMPLE_HZ = 99;

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
      row('MiB of rings that it maps at a time', ({ mappedBytes }) => mib(mappedBytes)),
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

/** The figures of a bench's last measurement; none where there was none. */
const readFigures = (bench: string): readonly Figure[] => {
  const path = `${FIGURES}/${bench}.jsonl`;
  return existsSync(path) ? parseKept(bench, readFileSync(path, 'utf8')).figures : [];
};

const contextOf = ({ context }: Figure): string =>
  Object.entries(context)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
    .join(', ');

/** Bytes a second by kind; the last lines are sums. */
const flowTable = (large: Scale): string => {
  const { cpus, switches, calls, traced } = LARGE_HOST;
  const row = (name: string, n: number, bytes: number, isSum = false): string[] => [
    name,
    count(n),
    isSum ? `${(bytes / n).toFixed(1)} on average` : count(bytes / n),
    (bytes / 1e6).toFixed(1),
    ...large.patience(bytes).map(seconds),
  ];
  const samples = cpus * SAMPLE_HZ;
  const own = { calls: calls * bytesInRing('call'), samples: samples * bytesInRing('stack') };
  const waits = (n: number): number => n * bytesInRing('off_cpu');
  const sum = own.calls + own.samples;
  return markdownTable(
    ['', 'a second', 'bytes each', 'MB/s', 'spread over all rings, full after', 'all in one ring, full after'],
    [
      row('calls', calls, own.calls),
      row('switches of traced threads', traced, waits(traced)),
      row('samples, while each CPU runs a traced thread', samples, own.samples),
      row('all of these', calls + traced + samples, sum + waits(traced), true),
      row('the same, were each switch one of a traced thread', calls + switches + samples, sum + waits(switches), true),
    ],
  );
};

/** What switches cost that are not of traced threads, as the bench `sched` measured it. */
const othersText = (scheduled: readonly Figure[]): string => {
  const { cpus, switches } = LARGE_HOST;
  const [pair, recorder] = ['sched_pair_cost_other_ns', 'sched_recorder_cpu_other_pct'].map((name) =>
    scheduled.find(({ figure }) => figure === name),
  );
  const who = 'Switches of others are paid by those who make them: each writes its record.';
  if (pair === undefined || recorder === undefined) return `${who} [overhead.md](overhead.md) says how much.`;
  const share = (switches * pair.value) / 1e7;
  return `${who} A switch with its wake-up took ${pair.value} ns longer (${code(pair.figure)}): at ${count(switches)} a second that is ${share.toFixed(0)} % of one core,
${(share / cpus).toFixed(2)} % of each of ${cpus} CPUs. The recorder itself used ${recorder.value} % of a core beside ${count(Number(recorder.context.switches_per_s ?? 0))} of them a second (${code(recorder.figure)}).`;
};

/** How many switches of traced threads one core reads beside the calls, where that was measured. */
const fullAt = (measured: readonly Figure[]): string => {
  const of = (name: string): number => measured.find(({ figure }) => figure === name)?.value ?? Number.NaN;
  const [alone, mixed] = [of('scale_out_reader_cpu'), of('scale_out_mixed_cpu')];
  const most = ((100 - alone) / (mixed - alone)) * LARGE_HOST.traced;
  return most > 0
    ? ` One core reads about ${count(Math.round(most / 1000) * 1000)} of them a second beside the calls.`
    : '';
};

/** The document. */
export const scaleDoc = (measured = readFigures('scale-out'), scheduled = readFigures('sched')): string => {
  const { cpus, threads, switches, calls, traced, others } = LARGE_HOST;
  const scales = SIZES.map(scaleOf);
  const large = scaleOf(cpus);
  const historySeconds = large.remembered(switches);
  const entriesOf = (name: string): number =>
    mapsFor(cpus, large.sizes).find((map) => map.name === name)?.entries ?? Number.NaN;
  const tasks = threads + others;
  const disk = measured.find(({ figure }) => figure === 'scale_out_disk');
  return markdownPage(
    'A large host',
    '`src/capture/sizes.ts`, the compiled objects in `bpf/build` and what `npm run bench -- --write scale-out sched` kept',
    [
      `One recorder on a host of **${cpus} CPUs** that switches **${count(switches)}** times a second, where **${count(threads)} threads** of the
traced programs make **${count(calls)} calls** a second, and **${count(traced)}** of the switches are theirs. The first part is arithmetic on the program's own
constants; the last was measured on a machine of two CPUs, with the sizes of the large host.`,
      '## What it takes',
      sizesTable(scales),
      `A ring has one lock, so ${2 ** large.sizes.shardShift} CPUs at most share one until there are ${MAX_RINGS} rings; from then on more do. Sizes go by the CPUs that
the kernel says are possible, since one can come later. More than ${count(MOST_CPUS)} are not supported: a position in the flight recorder has 10 bits for its CPU.`,
      `What is mapped counts as memory of the recorder, whether it was looked at or not. So of each ring ${WINDOW_BYTES / 1024} KiB are mapped at a time, and of the
flight recorder what was looked at in the last second or two: next to nothing while the traced programs rest.`,
      `Of the kernel's memory on ${cpus} CPUs (what is not on the list is smaller):`,
      mapsTable([scaleOf(2), large, scaleOf(512)], large),
      `Of ${code('tracked')} processes there can be ${count(entriesOf('tracked'))}, of threads that make calls (${code('thread_calls')}) ${count(entriesOf('thread_calls'))}, each in one of eight places by its id; what finds no room is counted as a loss.
The table of tasks has ${count(entriesOf('tasks'))} places by thread id. Of ${count(tasks)} tasks on the host, ids far apart put about ${count(Math.round(collisions(tasks, entriesOf('tasks'))))} into a place that is
taken: those are kept in storage of their own, found in 30 ns instead of 2.`,
      '## What flows',
      flowTable(large),
      `A sample has its stack with it; frames of Python come on top, and so do stacks of slow calls and long waits, of which there are few.`,
      `The reader comes at least every ${SLOWEST_MS} ms, at once when ${FULL * 100} % of a ring are in use, and reads of all rings together no more in one step than of a
single one. Beyond what one core reads, rows are left out by stated rules (see the guide), and totals stay exact.`,
      `The flight recorder keeps ${count(cpus * large.sizes.historySlots)} switches, ${mib(cpus * large.sizes.historySlots * HISTORY.record)} MiB: **${seconds(historySeconds)}** of this host, when they are spread evenly. A CPU that
switches ten times as often as the others remembers ${seconds(historySeconds / 10)}. The recorder reads of it only what a traced thread's wait leads to; a wait that reaches
further back than that is a loss (${code('history_overwritten')}).`,
      othersText(scheduled),
      ...(disk === undefined
        ? []
        : [
            `On disk ${count(calls)} calls a second${disk.context.argument_sets === undefined ? '' : ', with arguments that mostly come again,'} are ${disk.value} MB/s, ${((disk.value * 3600) / 1000).toFixed(0)} GB an hour: with the size that ${code('record')} is told to keep, the oldest rows go first,
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
              each.goal === undefined ? '' : String(each.goal),
              contextOf(each),
            ]),
          ),
      `* ${code('scale_out_memory_formula')}: the kernel side is loaded here with the sizes of ${cpus} CPUs, and what the kernel accounts for its maps is held against
  the formulas above (the larger over the smaller).
* ${code('scale_out_call_cost')}: calls of ${count(threads)} threads in ${large.sizes.rings} rings, made up in files laid out like the kernel's, are read by the program's own
  reader into a recording with seals; against the same calls of 8 threads in one ring, in turns. One call in 50 has arguments that no other has.
* ${code('scale_out_reader_cpu')} and ${code('scale_out_disk')}: what that comes to at ${count(calls)} calls a second, without a single switch.
* ${code('scale_out_mixed_cpu')} and ${code('scale_out_mixed_disk')}: the same calls with ${count(switches)} switches a second beside them, all of them in a flight recorder of
  that size, and ${count(traced)} of them to traced threads, with an event each. Of these three in four were woken by another traced thread, and one by one of ${count(others)} tasks
  that are not traced: what that one did meanwhile is followed, and written (${code('rows per traced switch')}). A host with more switches of traced threads costs more in proportion; above 100 % rows are left out.${fullAt(measured)}
* The rest are ${count(threads)} real threads: sleeping and waking ten times a second each, and making calls.`,
      'What cannot be tried on two CPUs is the contention of 128: that is why CPUs share a ring by eights and nothing else that is written often is shared.',
    ],
  );
};
