// Looks at programs that begin and at what is done to guarded files, and holds it against the rules for both.
import { messageOf } from '../../base/errors.ts';
import type { KeptEvent } from '../../base/live-desk.ts';
import type { FileAction, FileLook } from '../../capture/live/guard.ts';
import { type ExecLook, type Looks, openLooks, type Who } from '../../capture/live/looks.ts';
import { createFloods, type Flood } from '../floods.ts';
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

/** What is counted together of all that is looked at here. */
export const LOOKING = 'programs and files';

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
): Pick<Looks, 'lost' | 'drain' | 'stop'> & {
  readonly missing: () => readonly string[];
  /** Whether more came since the last call than are looked at. */
  readonly floods: () => readonly Flood[];
} => {
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
  let unguarded: readonly string[] = [];
  let soon: NodeJS.Timeout | undefined;
  const ofFiles = fileRules(() => found);
  let isOver = false;
  const listening = {
    exec: (look: ExecLook) => {
      execs.note(look.pid, look.time, look.asked, look.ancestors);
      const { asked, file, links, mode, euid } = look;
      // Of its arguments and environment nothing is kept.
      judgeBy(execRules, look, 'sched:sched_process_exec', { filename: asked, file, links, mode, euid });
    },
    file: (look: FileLook) => {
      const { action, path, flags, device, inode } = look;
      judgeBy(ofFiles, look, SEEN_AT[action], { filename: path, done: action, flags, device, inode });
      if (action === 'placed' && !isOver) soon ??= setTimeout(find, SOON_MS);
    },
  };
  let looks: Looks;
  try {
    looks = openLooks(clock, listening);
  } catch (thrown) {
    return {
      missing: () => [messageOf(thrown)],
      lost: () => 0,
      floods: () => [],
      drain: () => {},
      stop: async () => {},
    };
  }
  const find = () => {
    clearTimeout(soon);
    soon = undefined;
    if (isOver) return;
    const now = findPlaces(places);
    found = now.found;
    unguarded = [...now.cut, ...looks.guard(found)];
  };
  find();
  const timer = setInterval(find, FIND_MS);
  const { look: lookForFlood } = createFloods();
  return {
    missing: () => [...looks.missing, ...unguarded],
    lost: looks.lost,
    drain: looks.drain,
    floods: () => {
      const flood = lookForFlood(LOOKING, [{ unseen: looks.lost(), limitedBy: looks.limitedBy }]);
      return flood === undefined ? [] : [flood];
    },
    stop: () => {
      isOver = true;
      clearInterval(timer);
      clearTimeout(soon);
      return looks.stop();
    },
  };
};
