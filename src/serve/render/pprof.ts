// Stacks as a profile of pprof (`go tool pprof`, speedscope, Pyroscope): gzipped protocol buffers of
// https://github.com/google/pprof/blob/main/proto/profile.proto. The one door to the package that encodes them.
import { gzipSync } from 'node:zlib';
import { type LocationInput, Profile, type SampleInput, StringTable } from 'pprof-format';
import { functionText } from '../../analysis/frame-text.ts';
import type { StackGroup } from '../../analysis/stacks.ts';
import { cleanText } from '../../base/sanitize.ts';
import type { StackFrame, StackSource } from '../../store/read-stacks.ts';
import type { Window } from '../../store/recording.ts';

export type ProfileOf = {
  readonly source: StackSource;
  readonly groups: readonly StackGroup[];
  /** Samples a second of CPU time. */
  readonly sample_hz: number;
  /** When the recording began, in ns since 1970, as text: more than a number holds exactly. Anything else is unknown. */
  readonly started_unix_ns: string;
  readonly window: Window;
};

/** Name and unit of the two values of a sample; the second is shown first. */
const VALUES = {
  calls: ['calls', 'time'],
  waits: ['waits', 'delay'],
  cpu_samples: ['samples', 'cpu'],
} as const;
const PATH = 512;

/** Gives each key the next number from 1, making its entry once. */
const createEntries = <T>() => {
  const ids = new Map<string, number>();
  const entries: T[] = [];
  return {
    entries,
    idOf: (key: string, make: (id: number) => T): number => {
      const found = ids.get(key);
      if (found !== undefined) return found;
      const id = ids.size + 1;
      ids.set(key, id);
      entries.push(make(id));
      return id;
    },
  };
};

/** The profile, gzipped. A sample is labelled with its process; the call or the wait is its innermost frame. */
export const pprofBytes = ({ source, groups, sample_hz, started_unix_ns, window }: ProfileOf): Uint8Array => {
  const stringTable = new StringTable();
  const word = (text: string): number => stringTable.dedup(text);
  const path = (text: string | null): number => word(text === null ? '' : cleanText(text, PATH));
  const mappings = createEntries<{ id: number; filename: number; hasFunctions: boolean }>();
  const functions = createEntries<{ id: number; name: number; systemName: number; filename: number }>();
  const locations = createEntries<LocationInput>();

  const locationOf = (name: string, file: string | null, line: number, module: string | null): number =>
    locations.idOf(JSON.stringify([name, file, line, module]), (id) => {
      const functionId = functions.idOf(JSON.stringify([name, file ?? module]), (own) => ({
        id: own,
        name: word(name),
        systemName: word(name),
        filename: path(file),
      }));
      const mappingId =
        module === null ? 0 : mappings.idOf(module, (own) => ({ id: own, filename: path(module), hasFunctions: true }));
      return { id, mappingId, line: [{ functionId, line }] };
    });
  const moduleOf = ({ kind, path, module }: StackFrame) => (kind === 'kernel' ? '[kernel]' : (path ?? module));
  const ofFrame = (frame: StackFrame): number =>
    locationOf(functionText(frame), frame.file, frame.line ?? 0, moduleOf(frame));
  const ofWord = (name: string): number => locationOf(name, null, 0, null);

  const sample = groups.map(
    ({ what, pid, comm, frames, complete, count, total_ns }): SampleInput => ({
      locationId: [
        ...(source === 'cpu_samples' ? [] : [ofWord(source === 'waits' ? `[${what}]` : what)]),
        ...frames.map(ofFrame),
        ...(complete ? [] : [ofWord('[truncated]')]),
      ],
      value: [count, Math.round(total_ns)],
      label: [
        { key: word('pid'), num: pid },
        { key: word('comm'), str: word(comm) },
      ],
    }),
  );
  const [counted, timed] = VALUES[source];
  const profile = new Profile({
    sampleType: [
      { type: word(counted), unit: word('count') },
      { type: word(timed), unit: word('nanoseconds') },
    ],
    sample,
    mapping: mappings.entries,
    location: locations.entries,
    function: functions.entries,
    stringTable,
    ...(/^\d+$/.test(started_unix_ns)
      ? { timeNanos: BigInt(started_unix_ns) + BigInt(Math.round(window.start_ns)) }
      : {}),
    durationNanos: window.end_ns - window.start_ns,
    defaultSampleType: word(timed),
    ...(source === 'cpu_samples' && sample_hz > 0
      ? { periodType: { type: word('cpu'), unit: word('nanoseconds') }, period: Math.round(1e9 / sample_hz) }
      : {}),
  });
  return gzipSync(profile.encode());
};
