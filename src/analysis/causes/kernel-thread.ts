// What a thread of the kernel meets while somebody waits for it: it has no business of its own, so whatever holds it up is
// part of the wait for it. Names what held it up; whose thread it is, it does not know.
import type { Culprit, Grade } from '../chain.ts';
import { weakest } from '../confidence.ts';
import type { Hop } from '../pieces.ts';
import { HELD } from './request.ts';

type Cause = Culprit & { readonly grade: Grade };

/** Kinds of waits for a disk: their words tell where the request was. */
const ON_DISK: ReadonlySet<Culprit['kind']> = new Set(['block_io', 'writeback', 'page_fault']);

/** A wait with the stage that its request was in: "fsync on a file, in disk 254:0". */
export const placed = (cause: Cause, where: string | undefined, service: Hop | undefined): Cause => {
  if (where === undefined) return cause;
  if (service === undefined) return { ...cause, what: `${cause.what}, ${where}` };
  // A kernel thread waits for whatever comes: that a request was not there yet does not mean that it was held back.
  return where.startsWith(HELD) ? { ...cause, kind: 'unknown' } : { ...cause, what: `${service.to.what}, ${where}` };
};

/** What held up the thread that `hop` leads to, as a cause of the wait for it. */
export const causeInService = (cause: Cause, { to, grade }: Hop): Cause => {
  const service = {
    kind: to.kind,
    pid: 0,
    tid: 0,
    comm: '',
    what: to.what,
    grade: weakest([cause.grade, grade]),
  } as const;
  if (cause.kind === 'observer') return cause;
  if (ON_DISK.has(cause.kind)) return { ...service, what: cause.what };
  if (cause.kind !== 'runnable') return { ...service, grade };
  const behind = cause.pid === 0 ? '' : ` behind ${cause.comm} (pid ${cause.pid})`;
  return { ...service, what: `${to.what}, ${to.comm.replace(/[:/].*/, '')} without a CPU${behind}` };
};
