// Where a block request was while a thread waited for it: held back before the block layer had it, in the queue of the disk,
// or in the disk. Straight from the times of the request; why it was there, it does not know.
import { cleanText } from '../../base/sanitize.ts';
import type { WaitRow } from '../../store/recording.ts';

/** A stretch of a wait; `where` is the end of a phrase: "queued at disk 254:0". Undefined where nothing is known. */
export type Stage = { readonly start_ns: number; readonly end_ns: number; readonly where: string | undefined };

/** What is said of a request that was not yet in the block layer: only a limit or a driver on top of it keeps one there. */
export const HELD = 'held back before ';

/** Splits a stretch of a wait by the stage that its request was in; times in ns. Without a request it is one stretch. */
export const requestStages = ({ request }: WaitRow, start_ns: number, end_ns: number): readonly Stage[] => {
  if (request === null) return [{ start_ns, end_ns, where: undefined }];
  const disk = request.device === null ? 'the disk' : `disk ${cleanText(request.device, 16)}`;
  const within = (time: number) => Math.min(end_ns, Math.max(start_ns, time));
  // Without a time of its own for its queueing all before the disk had it is time in the queue.
  const { queued_ns, issued_ns } = request;
  const queued = queued_ns === null || queued_ns >= issued_ns ? start_ns : within(queued_ns);
  const issued = Math.max(queued, within(issued_ns));
  return [
    { start_ns, end_ns: queued, where: `${HELD}${disk}` },
    { start_ns: queued, end_ns: issued, where: `queued at ${disk}` },
    { start_ns: issued, end_ns, where: `in ${disk}` },
  ].filter((stage) => stage.end_ns > stage.start_ns);
};
