// What can go wrong with a subscription, in the words the user sees.
import { defineError } from '../../base/errors.ts';

const EXAMPLE = `write it like 'syscalls:sys_enter_openat where filename ~ "/etc/*"'`;
const list = (names: readonly string[]) => names.join(', ');

export const errors = {
  badExpression: defineError(
    'bad_expression',
    ({ text, why }: { text: string; why: string }) => ({
      what: `cannot read the expression ${text}`,
      why,
      todo: EXAMPLE,
    }),
    2,
  ),
  noTracepoint: defineError(
    'no_such_tracepoint',
    ({ event, near }: { event: string; near: readonly string[] | undefined }) => ({
      what: `there is no tracepoint ${event}`,
      why: 'the running kernel has none of that name',
      todo:
        near !== undefined && near.length > 0
          ? `did you mean ${list(near)}?`
          : `list them with 'whytrace watch --list'`,
    }),
    2,
  ),
  noCall: defineError(
    'no_such_call',
    ({ event, source, near }: { event: string; source: string; near: readonly string[] | undefined }) => ({
      what: `there is no library call ${event}`,
      why: `${source} has calls by the names that recordings have, such as cuda:cudaMalloc`,
      todo:
        near !== undefined && near.length > 0
          ? `did you mean ${list(near)}?`
          : `list them with 'whytrace watch --list ${source}:'`,
    }),
    2,
  ),
  noLibrary: defineError('no_library', ({ event, why }: { event: string; why: string }) => ({
    what: `cannot watch ${event}`,
    why,
    todo: 'start the program first, and name it with current.pid == PID when its library lies in a place of its own',
  })),
  forbiddenTracepoint: defineError(
    'forbidden_tracepoint',
    ({ event, why }: { event: string; why: string }) => ({
      what: `${event} cannot be watched`,
      why,
      todo: 'choose another event',
    }),
    2,
  ),
  noField: defineError(
    'no_such_field',
    ({
      event,
      field,
      near,
      known,
    }: {
      event: string;
      field: string;
      near: readonly string[] | undefined;
      known: readonly string[];
    }) => ({
      what: `${event} has no field ${field}`,
      why: `its fields are ${list(known)}`,
      todo:
        near !== undefined && near.length > 0
          ? `did you mean ${list(near)}?`
          : 'use one of them, or current.pid, current.comm, current.uid, cpu',
    }),
    2,
  ),
  wrongType: defineError(
    'wrong_type',
    ({ field, type, problem, todo }: { field: string; type: string; problem: string; todo: string }) => ({
      what: `the condition on ${field} cannot hold`,
      why: `${field} is ${type}, and ${problem}`,
      todo,
    }),
    2,
  ),
  tooHot: defineError('too_many_events', ({ event, rate, most }: { event: string; rate: number; most: number }) => ({
    what: `${event} happens too often to be watched like this`,
    why: `it matched ${rate} times a second in a trial, and ${most} are the most`,
    todo: 'add a condition, or take a sample of them',
  })),
  needsPredicate: defineError(
    'needs_a_condition',
    ({ event }: { event: string }) => ({
      what: `${event} needs a condition`,
      why: 'it is one of the events that happen all the time on every machine',
      todo: `add "where ..." with at least one field, or a sample such as 1 in 1000`,
    }),
    2,
  ),
  refused: defineError('watch_refused', ({ event, why }: { event: string; why: string }) => ({
    what: `the kernel refused to watch ${event}`,
    why,
    todo: "run 'whytrace doctor': it tells what this machine lacks",
  })),
} as const;
