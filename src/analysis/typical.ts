// What calls of the usual length spend their time on: a cause that takes as much of them is no reason for a slow one.
import type { RootKind } from '../catalogue/root-kinds.ts';
import type { Recording } from '../store/recording.ts';
import type { SlowCalls } from './symptoms/slow-call.ts';
import { attribute, type Part } from './walk.ts';

export type Typical = {
  /** Calls of the usual length that were looked at; 0 when there are none with rows of their own. */
  readonly calls: number;
  /** Mean time in ns that one of them spends on the cause of a part. */
  readonly timeOf: (part: Cause) => number;
};

type Cause = Pick<Part, 'kind' | 'pid' | 'path'>;

/** What a thread does by itself is one cause, whoever woke it. */
export const causeKey = ({ kind, pid, path }: Cause, own: RootKind): string =>
  kind === own && path.length === 0 ? kind : `${kind} ${pid}`;

/** The kind of time that a call is made of when nothing holds it up. */
export const ownKindOf = (role: string): RootKind => (role === 'sync' ? 'gpu_wait' : 'on_cpu');

/** Walks the calls nearest to the usual length. */
export const typicalOf = (recording: Recording, { typical, role }: SlowCalls): Typical => {
  const own = ownKindOf(role);
  const calls = typical.map(({ id }) => recording.callById(id)).filter((call) => call !== undefined);
  const times = new Map<string, number>();
  for (const call of calls) {
    const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
    for (const part of attribute(recording, call, window).parts) {
      const key = causeKey(part, own);
      times.set(key, (times.get(key) ?? 0) + part.duration_ns / calls.length);
    }
  }
  return { calls: calls.length, timeOf: (part) => Math.round(times.get(causeKey(part, own)) ?? 0) };
};
