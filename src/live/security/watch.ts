// The security watch: asks the kernel for the events of its rules, and turns matches into findings with who did it. Knows no
// rule by name.
import type { LiveEvent } from '../../capture/live/decode.ts';
import { tapEach } from '../tap-each.ts';
import type { Watching, WatchParts } from '../watch-parts.ts';
import { findingOf } from './finding.ts';
import { startLooking } from './look-watch.ts';
import type { Place } from './places.ts';
import type { Around, Rule } from './rule.ts';

/** Events a second of one rule: what comes more often is counted, not looked at. */
const RATE = 500;
const SECOND_NS = 1e9;

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

/** Starts watching by some rules, and over some places. */
export const startSecurityWatch = (rules: readonly Rule[], places: readonly Place[], parts: WatchParts): Watching => {
  const { tap, report, suspects, keep } = parts;
  const looks = startLooking(parts, places);
  const around: Around = {
    descends: (pid, from) => suspects.identify(pid, '').ancestry.some((parent) => parent.pid === from),
  };
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
  return {
    missing: [...looks.missing.map((why) => ({ rule: 'programs and files', event: 'look', why })), ...tapped.missing],
    unseen: () => tapped.unseen() + looks.lost(),
    stop: () => {
      tapped.stop();
      return looks.stop();
    },
  };
};
