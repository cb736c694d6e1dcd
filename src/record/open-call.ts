// A call that was entered and never returned, as a loss: what a hang looks like, or a program that was ended in a call.
import type { Clock } from '../capture/clock.ts';
import type { OpenCall } from '../capture/kernel-maps.ts';
import { callById } from '../catalogue/calls.ts';
import type { RecordingWriter } from '../store/writer.ts';

/** Records that `call` had not returned by `end` (ns), when `what` (its thread, the recording) ended. */
export const noteOpenCall = (
  writer: RecordingWriter,
  clock: Clock,
  { pid, tid, op, start: entered }: OpenCall,
  end: number,
  what: string,
): void => {
  const began = (BigInt(clock.high) << 32n) + BigInt(clock.low);
  const since = Number(entered - began);
  const name = callById.get(op)?.op ?? `call ${op}`;
  const before = `${((end - since) / 1e9).toFixed(3)} s before ${what} ended`;
  writer.loss('call_unfinished', since, end, 1, `${name} in pid ${pid} tid ${tid}, entered ${before}`);
};
