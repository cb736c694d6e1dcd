// The security watch: asks the kernel for the events of its rules, and turns matches into findings with who did it. Knows no
// rule by name.
import { readlinkSync } from 'node:fs';
import type { LiveEvent } from '../../capture/live/decode.ts';
import { tapEach } from '../tap-each.ts';
import type { Watching, WatchParts } from '../watch-parts.ts';
import { findingOf } from './finding.ts';
import { startLooking } from './look-watch.ts';
import { notSeen } from './not-seen.ts';
import type { Place } from './places.ts';
import { type Around, allow, type Rule } from './rule.ts';

/** Events a second of one rule: what comes more often is counted, not looked at. */
const RATE = 500;
const SECOND_NS = 1e9;
const FLOOD_MS = 1000;

/** Whoever floods a rule hides others behind it: so it is told itself. */
export const FLOODED = {
  id: 'watch_flooded',
  title: 'did something so often that a rule could not see all of it, nor what others did',
  severity: 'medium',
  technique: 'T1562.006',
  benign: `programs that do one thing thousands of times a second do; ${allow('watch_flooded')}`,
} as const;

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
    for (const { rule, unseen, loudest, delivered } of tapped.floods()) {
      const judged = {
        key: `${rule} ${loudest.pid}`,
        facts: { flooded_rule: rule, unseen, seen_of_process: delivered },
      };
      report(findingOf(FLOODED, judged, { ...loudest, time: Math.max(loudest.time, clock.now()) }, suspects));
    }
  };
  const timer = setInterval(tellFloods, FLOOD_MS);
  return {
    get missing() {
      const looking = looks.missing().map((why) => ({ rule: 'programs and files', event: 'look', why }));
      return [...looking, ...tapped.missing, ...blind];
    },
    unseen: () => {
      const lost = looks.lost();
      return new Map([...tapped.unseen(), ...(lost > 0 ? [['programs and files', lost] as const] : [])]);
    },
    stop: () => {
      clearInterval(timer);
      tapped.stop();
      return looks.stop();
    },
  };
};
