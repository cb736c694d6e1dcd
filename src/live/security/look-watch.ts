// Looks at programs that begin and at what is done to guarded files, and holds it against the rules for both.
import type { KeptEvent } from '../../base/live-desk.ts';
import type { FileAction } from '../../capture/live/guard.ts';
import { type Looks, openLooks, type Who } from '../../capture/live/looks.ts';
import type { WatchParts } from '../watch-parts.ts';
import { fileRules } from './file-rules.ts';
import { type FoundPlace, findPlaces } from './find-places.ts';
import { findingOf } from './finding.ts';
import { execRules } from './look-rules.ts';
import type { Place } from './places.ts';
import type { LookRule } from './rule.ts';

/** How often the guarded places are looked for anew: a file that is replaced is another one. */
const FIND_MS = 60_000;
/** After a file was put in a guarded folder: once for all that come together. */
const SOON_MS = 200;

/** The event at which each is seen. */
const SEEN_AT: Readonly<Record<FileAction, string>> = {
  opened: 'syscalls:sys_exit_openat',
  removed: 'syscalls:sys_exit_unlinkat',
  placed: 'syscalls:sys_exit_renameat2',
  moved: 'syscalls:sys_exit_renameat2',
  cut: 'syscalls:sys_exit_ftruncate',
};

/** Starts looking. */
export const startLooking = (
  { clock, execs, suspects, report, keep }: WatchParts,
  places: readonly Place[],
): Pick<Looks, 'missing' | 'lost' | 'stop'> => {
  const judgeBy = <Look extends Who>(
    rules: readonly LookRule<Look>[],
    look: Look,
    name: string,
    values: KeptEvent['values'],
  ) => {
    const { time, pid, tid, uid, comm } = look;
    let row: string | undefined;
    for (const rule of rules) {
      const judged = rule.judge(look);
      if (judged === undefined) continue;
      row ??= keep({ time, pid, tid, uid, cpu: null, comm, values }, name);
      report(findingOf(rule, judged, look, suspects, row));
    }
  };
  let found: readonly FoundPlace[] = [];
  let soon: NodeJS.Timeout | undefined;
  const ofFiles = fileRules(() => found);
  const looks = openLooks(clock, {
    exec: (look) => {
      execs.note(look.pid, look.time, look.asked, look.ancestors);
      const { asked, file, links, mode, euid } = look;
      // Of its arguments and environment nothing is kept.
      judgeBy(execRules, look, 'sched:sched_process_exec', { filename: asked, file, links, mode, euid });
    },
    file: (look) => {
      const { action, path, flags, device, inode } = look;
      judgeBy(ofFiles, look, SEEN_AT[action], { filename: path, done: action, flags, device, inode });
      if (action === 'placed') soon ??= setTimeout(find, SOON_MS);
    },
  });
  const find = () => {
    clearTimeout(soon);
    soon = undefined;
    found = findPlaces(places);
    for (const one of found) looks.guard(one);
  };
  find();
  const timer = setInterval(find, FIND_MS);
  return {
    missing: looks.missing,
    lost: looks.lost,
    stop: () => {
      clearInterval(timer);
      clearTimeout(soon);
      return looks.stop();
    },
  };
};
