// The kernel's names for the reasons why it drops packets: from the description of its own tracepoint, so they fit the kernel
// that runs. Format: the enumeration in `print fmt` of skb/kfree_skb, `{ 2, "NOT_SPECIFIED" }`.
import type { System } from './libbpf.ts';
import { tracepointFormat } from './tracefs.ts';

/** Names by number, as far as the text tells. */
export const parseDropReasons = (format: string): ReadonlyMap<number, string> =>
  new Map(
    [...format.matchAll(/\{ ?(\d+), "(\w+)" ?\}/g)].flatMap(([, number, name]) =>
      number === undefined || name === undefined ? [] : [[Number(number), name] as const],
    ),
  );

/** The names on this machine; empty where the tracepoint or its description is missing. */
export const readDropReasons = (system: System): ReadonlyMap<number, string> =>
  parseDropReasons(tracepointFormat(system, 'skb/kfree_skb') ?? '');
