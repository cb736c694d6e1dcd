// The security watch: asks the kernel for the events of its rules, and turns matches into findings with who did it. Knows no
// rule by name.
import { readlinkSync } from 'node:fs';
import type { LiveEvent } from '../../capture/live/decode.ts';
import { askPaced } from '../../capture/live/paced.ts';
import { tapEach } from '../tap-each.ts';
import type { Watching, WatchParts } from '../watch-parts.ts';
import { findingOf } from './finding.ts';
import { floodFindings } from './flooded.ts';
import { LOOKING, startLooking } from './look-watch.ts';
import { notSeen } from './not-seen.ts';
import type { Place } from './places.ts';
import type { Around, Rule } from './rule.ts';

/** Events a second of one rule: what comes more often is counted, not looked at. */
const RATE = 500;
const SECOND_NS = 1e9;
const FLOOD_PACE = { least: 1000, most: 1000 } as const;

/** Remembers how many matches each process made in the second now. */
const createPace = (perSecond: number) => {
  const seconds = new Map<number, { start: number; count: number }>();
  return (pid: number, time: number): boolean => {
    const second = seconds.get(pid);
    if (second === undefined || time - second.start >= SECOND_NS) {
      if (seconds.size > 10_000) seconds.clear();
      seconds.set(pid, { start: time, count: 1 });
      return perSecond <= 1;
    }
    second.count++;
    return second.count === perSecond;
  };
};

const pidNamespace = (pid: number | 'self'): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
};

/** Starts watching by some rules, and over some places. */
export const startSecurityWatch = (rules: readonly Rule[], places: readonly Place[], parts: WatchParts): Watching => {
  const { tap, clock, report, suspects, keep } = parts;
  const looks = startLooking(parts, places);
  const ourNamespace = pidNamespace('self');
  const events = new Set(tap.inventory.events());
  const around: Around = {
    descends: (pid, from) => suspects.identify(pid, '').ancestry.some((parent) => parent.pid === from),
    // Of a process that is gone nobody knows: then what it did counts in full.
    sharesNumbers: (pid) => (pidNamespace(pid) ?? ourNamespace) === ourNamespace,
  };
  const blind = notSeen((event) => events.has(event));
  const wanted = rules.flatMap((rule) => {
    const isEnough = createPace(rule.perSecond ?? 1);
    const onEvent = (event: LiveEvent, name: string) => {
      if (rule.perSecond !== undefined && !isEnough(event.pid, event.time)) return;
      const judged = rule.judge === undefined ? {} : rule.judge(event, around);
      if (judged !== undefined) report(findingOf(rule, judged, event, suspects, keep(event, name)));
    };
    return rule.events.map((expression) => ({ rule: rule.id, expression, onEvent }));
  });
  // At once: a short process can still be asked who it is.
  const tapped = tapEach(tap, wanted, { rate: RATE, wake: true });
  const tellFloods = () => {
    for (const flood of [...tapped.floods(), ...looks.floods()])
      for (const finding of floodFindings(flood, clock.now(), suspects)) report(finding);
    return 0;
  };
  const telling = askPaced(tellFloods, FLOOD_PACE);
  return {
    get missing() {
      const looking = looks.missing().map((why) => ({ rule: LOOKING, event: 'look', why }));
      return [...looking, ...tapped.missing, ...blind];
    },
    unseen: () => {
      const lost = looks.lost();
      return new Map([...tapped.unseen(), ...(lost > 0 ? [[LOOKING, lost] as const] : [])]);
    },
    catchUp: looks.drain,
    stop: () => {
      telling.stop();
      tapped.stop();
      return looks.stop();
    },
  };
};
