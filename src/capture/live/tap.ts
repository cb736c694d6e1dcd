// Subscriptions in the kernel: starts and ends each, reads what it sends and what it counted. Keeps nothing
// that was sent.
import { randomInt } from 'node:crypto';
import { closeSync } from 'node:fs';
import { type Clock, sinceStart } from '../clock.ts';
import { errno, errnoName, type Libbpf, loadLibbpf, loadSystem, onReadable } from '../libbpf.ts';
import { mapRing } from '../ring.ts';
import { tracefsFolder } from '../tracefs.ts';
import { callLayout } from './call-format.ts';
import { callOf } from './call-names.ts';
import { callSites } from './call-sites.ts';
import { divide, type Test } from './conditions.ts';
import { createDecoder, createSocketKey, type LiveEvent } from './decode.ts';
import { errors } from './errors.ts';
import { parseExpression } from './expression.ts';
import { FAIR_BYTES, type Limited, limitedOf, type SharePart, sharePartsOf } from './fair-limit.ts';
import type { Format } from './format.ts';
import { type Inventory, openInventory } from './inventory.ts';
import { askPaced, type Pace } from './paced.ts';
import { placeOnCall, placeOnTracepoint } from './place.ts';
import { COUNTERS } from './program.ts';
import { HEAD, recordLayout } from './record.ts';
import { createRest } from './rest.ts';

const BPF_MAP_TYPE_ARRAY = 2;
const BPF_MAP_TYPE_PERCPU_ARRAY = 6;
const BPF_MAP_TYPE_RINGBUF = 27;
const RING_BYTES = 8 << 20;
/** A reader waits for it. */
const SOON: Pace = { least: 10, most: 20 };
/** What nobody waits for is read in larger parts: a timer that fires a hundred times a second costs a third of a percent of a core. */
const LAZY: Pace = { least: 100, most: 500 };

export type Counts = Readonly<Record<(typeof COUNTERS)[number], number>>;

export type SubscribeOptions = {
  /** One of so many matching events; 1: all. */
  readonly sample: number;
  /**
   * Events a second at most, over all CPUs; 0: count only, deliver nothing. An eighth is kept for sources that had few in that second, and
   * for users that had: who floods a subscription hides nobody else.
   */
  readonly rate: number;
  /** Wake the reader at each event instead of every 10 to 20 ms: for rare ones. */
  readonly wake: boolean;
  /** Nobody waits for it: read with what comes next, after 0.5 s at the latest. */
  readonly lazy?: boolean;
  /** Fields that tell its sources apart, of those that the event has; unless told, the process that runs. */
  readonly shareBy?: readonly string[];
};

export type Tapped = {
  readonly event: string;
  readonly format: Format;
  /** Exact, since the subscription began. `matched`: by what the kernel tested. */
  readonly counts: () => Counts;
  /** Whose events the limit held back: exact for each since it has a place in the table, which it may lose 2 s after the last. */
  readonly limitedBy: () => readonly Limited[];
  /** Ends it; returns before the kernel has detached the probe. */
  readonly stop: () => void;
};

/** `socket`: a key of the socket that it is about, to tell sockets apart here; not to be told to anybody. */
export type OnEvent = (event: LiveEvent, socket?: string) => void;

export type Tap = {
  readonly inventory: Inventory;
  /** Starts a subscription. Throws a UserError when the expression or the kernel does not allow it. */
  readonly subscribe: (text: string, options: SubscribeOptions, onEvent: OnEvent) => Tapped;
  /** Delivers what waits in the ring now. */
  readonly drain: () => void;
  /** Ends all subscriptions; resolves when the kernel has detached them. */
  readonly stop: () => Promise<void>;
};

const readCounts = (bpf: Libbpf, fd: number, cpus: number): Counts => {
  const values = new BigUint64Array(cpus * COUNTERS.length);
  bpf.lookup(fd, new Uint8Array(4), new Uint8Array(values.buffer));
  const sum = (at: number) => {
    let total = 0;
    for (let cpu = 0; cpu < cpus; cpu++) total += Number(values[cpu * COUNTERS.length + at]);
    return total;
  };
  const [seen = 0, matched = 0, sampled_out = 0, limited = 0, lost = 0, sent = 0] = COUNTERS.map((_, at) => sum(at));
  return { seen, matched, sampled_out, limited, lost, sent };
};

/** The one process that a subscription is about, where its condition says so. */
const processOf = (tests: readonly Test[]): number | undefined => {
  const found = tests.find(({ of, operator }) => of === 'current.pid' && operator === '==');
  return found?.kind === 'number' ? found.value : undefined;
};

/** What tells the sources of an event apart. */
const shareOf = ({ fields }: Format, names: readonly string[]): readonly SharePart[] =>
  names.flatMap((name) => fields.filter((field) => field.name === name).flatMap(sharePartsOf));

/** Opens the live side of the kernel. Throws a UserError when this machine or user cannot. */
export const openTap = (clock: Clock): Tap => {
  const bpf = loadLibbpf();
  const system = loadSystem();
  const folder = tracefsFolder(system);
  if (folder === undefined) throw errors.refused({ event: 'tracepoints', why: 'tracefs cannot be opened' });
  const inventory = openInventory(folder);
  const cpus = bpf.possibleCpus();
  const refuse = (event: string) => errors.refused({ event, why: errnoName(errno()) });
  const createMap = (type: number, name: string, key: number, value: number, entries: number) => {
    const fd = bpf.createMap(type, name, key, value, entries, null);
    if (fd < 0) throw refuse(name);
    return fd;
  };
  const ringFd = createMap(BPF_MAP_TYPE_RINGBUF, 'whytrace_live', 0, 0, RING_BYTES);
  const ring = mapRing(system, ringFd, RING_BYTES);
  if (ring === undefined) throw errors.refused({ event: 'the ring', why: 'its memory could not be mapped' });
  const timeOf = (low: number, high: number) => sinceStart(clock, low, high);

  type Subscription = {
    readonly deliver: (bytes: Uint8Array) => void;
    readonly stop: () => void;
    /** How often the ring is read for it. */
    readonly pace: Pace;
  };
  const subscriptions = new Map<number, Subscription>();
  const closing = new Set<Promise<void>>();
  let nextId = 1;

  const drain = () =>
    ring.drain((words, at) => {
      const id = words[at + HEAD.subscription / 4] ?? 0;
      const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4);
      subscriptions.get(id)?.deliver(bytes);
    }, Number.POSITIVE_INFINITY);
  let asking: { readonly stop: () => void } | undefined;
  let readable: { readonly stop: () => void } | undefined;
  let pace: Pace | undefined;
  let isClosed = false;
  /** Reads as often as the most impatient wants. */
  const keepTime = () => {
    const paces = [...subscriptions.values()].map((one) => one.pace);
    const wanted = paces.find((one) => one === SOON) ?? paces[0];
    if (wanted === pace) return;
    asking?.stop();
    pace = wanted;
    asking = wanted === undefined ? undefined : askPaced(drain, wanted);
  };

  return {
    inventory,
    drain,
    subscribe: (text, { sample, rate, wake, lazy = false, shareBy = [] }, onEvent) => {
      const { category, name, condition } = parseExpression(text);
      const call = callOf(category, name);
      const calling = call === undefined ? undefined : callLayout(category, call);
      const format = calling?.format ?? inventory.format(category, name);
      const event = `${category}:${format.name}`;
      const { kernel: tests, rest } = divide(format, condition);
      const sites = call === undefined ? [] : callSites(event, call, processOf(tests));
      const layout = recordLayout(format, format.fields);
      const share = calling === undefined ? shareOf(format, shareBy) : [];
      const id = nextId++;
      const opened: number[] = [];
      const keep = (fd: number) => {
        if (fd < 0) throw refuse(event);
        opened.push(fd);
        return fd;
      };
      try {
        const countersFd = keep(createMap(BPF_MAP_TYPE_PERCPU_ARRAY, 'live_counts', 4, COUNTERS.length * 8, 1));
        const limiterFd = keep(createMap(BPF_MAP_TYPE_ARRAY, 'live_limit', 4, FAIR_BYTES, 1));
        const plan = {
          ...{ tests, layout, subscription: id, observer: process.pid, sample, rate, wake },
          ...{ countersFd, limiterFd, ringFd, seed: randomInt(2 ** 31), share },
        };
        const placing = { bpf, system, keep, createMap };
        const probes =
          calling === undefined
            ? placeOnTracepoint(placing, plan, format.id)
            : placeOnCall(placing, plan, calling, sites);
        const late = new Set([countersFd, ...probes.flat()]);
        const decode = createDecoder(format, layout, timeOf);
        const socketOf = createSocketKey(format);
        const matches = createRest(format, rest);
        const stop = () => {
          if (!subscriptions.delete(id)) return;
          // Probes last: closing them waits for the kernel.
          for (const fd of opened) if (!late.has(fd)) closeSync(fd);
          const closed = probes.map(([link, of]) => system.closeLater(link).then(() => system.closeLater(of)));
          const ended = Promise.all(closed).then(() => {
            closeSync(countersFd);
            closing.delete(ended);
          });
          closing.add(ended);
          keepTime();
        };
        const deliver = (bytes: Uint8Array) => {
          const decoded = decode(bytes);
          if (matches(decoded)) onEvent(decoded, socketOf(bytes));
        };
        subscriptions.set(id, { deliver, stop, pace: wake || lazy ? LAZY : SOON });
        keepTime();
        if (wake) readable ??= onReadable(ringFd, drain);
        let last: Counts = { seen: 0, matched: 0, sampled_out: 0, limited: 0, lost: 0, sent: 0 };
        const counts = () => {
          if (subscriptions.has(id)) last = readCounts(bpf, countersFd, cpus);
          return last;
        };
        return {
          event,
          format,
          counts,
          limitedBy: () => {
            if (!subscriptions.has(id)) return [];
            const value = new Uint8Array(FAIR_BYTES);
            bpf.lookup(limiterFd, new Uint8Array(4), value);
            return limitedOf(value);
          },
          stop: () => {
            counts();
            stop();
          },
        };
      } catch (thrown) {
        for (const fd of opened) closeSync(fd);
        throw thrown;
      }
    },
    stop: async () => {
      for (const { stop } of [...subscriptions.values()]) stop();
      asking?.stop();
      readable?.stop();
      await Promise.all(closing);
      if (isClosed) return;
      isClosed = true;
      ring.close();
      closeSync(ringFd);
    },
  };
};
