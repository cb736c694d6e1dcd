// Which stacks are wanted: the arguments of get_stacks and of `export`, checked against a recording.

import type { StacksFilter } from '../analysis/stacks.ts';
import { nearest } from '../base/nearest.ts';
import { isRootKind, rootKinds } from '../catalogue/root-kinds.ts';
import type { StackSource } from '../store/read-stacks.ts';
import type { Recording } from '../store/recording.ts';
import { errors } from './errors.ts';
import { filterOf } from './filter.ts';

type Time = number | string | undefined;
export type WantedStacks = {
  readonly pid?: number | undefined;
  readonly op?: string | undefined;
  readonly wait_kind?: string | undefined;
  readonly on_cpu?: boolean | undefined;
  readonly event_id?: number | string | undefined;
  readonly from?: Time;
  readonly to?: Time;
  readonly native?: boolean | undefined;
};

const SOURCES: readonly StackSource[] = ['calls', 'waits', 'cpu_samples'];

/** `calls:12`, `waits:5`, `cpu_samples:7`; a number alone is a call. Throws a UserError for anything else. */
const eventOf = (recording: Recording, wanted: number | string): { readonly of: StackSource; readonly id: number } => {
  const [, name = 'calls', digits = ''] = /^(?:([a-z_]+):)?(\d{1,15})$/.exec(String(wanted)) ?? [];
  const of = SOURCES.find((source) => source === name);
  const id = Number(digits);
  if (of === undefined || id < 1) throw errors.badEvent({ id: String(wanted) });
  if (recording.stackCover(of, { id }).count === 0) throw errors.unknownEvent({ id: `${of}:${id}` });
  return { of, id };
};

/**
 * The filter as the analysis takes it. Without `op`, `wait_kind` and `on_cpu` it is of calls, waits and CPU samples. Throws a
 * UserError for what the recording does not have.
 */
export const stackFilterOf = (recording: Recording, wanted: WantedStacks): StacksFilter => {
  const { pid, op, wait_kind, on_cpu = false, event_id, from, to, native = false } = wanted;
  const { minDuration: _, ...filter } = filterOf(recording, { pid, op, from, to });
  if (wait_kind !== undefined && !isRootKind(wait_kind))
    throw errors.unknownWaitKind({ kind: wait_kind, near: nearest(wait_kind, Object.keys(rootKinds)) });
  if (event_id !== undefined) {
    const { of, id } = eventOf(recording, event_id);
    return { sources: [of], id, native };
  }
  const named = SOURCES.filter(
    (source) => ({ calls: op !== undefined, waits: wait_kind !== undefined, cpu_samples: on_cpu })[source],
  );
  return {
    ...filter,
    ...(wait_kind === undefined ? {} : { kind: wait_kind }),
    sources: named.length === 0 ? SOURCES : named,
    native,
  };
};
