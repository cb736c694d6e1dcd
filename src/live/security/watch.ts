// The security watch: asks the kernel for the events of its rules, and turns matches into findings with who did it. Knows no
// rule by name.
import type { Finding } from '../../base/alert.ts';
import type { LiveEvent } from '../../capture/live/decode.ts';
import { type Looks, openLooks } from '../../capture/live/looks.ts';
import type { Begun } from '../alerts/exec-memory.ts';
import { identify } from '../alerts/suspects.ts';
import { tapEach } from '../tap-each.ts';
import type { Watching, WatchParts } from '../watch-parts.ts';
import { execRules, type LookRule, openRules, SENSITIVE } from './look-rules.ts';
import type { Judgement, Rule } from './rule.ts';
import { sensitiveFiles } from './sensitive-files.ts';

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

type Seen = { readonly time: number; readonly pid: number; readonly uid: number; readonly comm: string };
type Described = Pick<Rule, 'id' | 'title' | 'severity' | 'technique' | 'benign'>;

/** What a rule says of something seen, with who it was. */
const findingOf = (
  rule: Described,
  judged: Judgement,
  seen: Seen,
  begun: Begun | undefined,
  evidence?: string,
): Finding => {
  const { process, ancestry, container } = identify(seen.pid, seen.comm, begun);
  return {
    rule: rule.id,
    watch: 'security',
    severity: judged.severity ?? rule.severity,
    title: judged.title ?? rule.title,
    time: seen.time,
    key: judged.key ?? process.exe ?? process.comm,
    process: { ...process, uid: seen.uid },
    ancestry,
    container,
    facts: judged.facts ?? {},
    evidence: evidence === undefined ? [] : [evidence],
    benign: rule.benign,
    technique: rule.technique,
  };
};

/** Looks at programs that begin and at files that few should open. */
const startLooking = ({ clock, execs, report }: WatchParts): Looks => {
  const judgeBy = <Look extends Seen>(rules: readonly LookRule<Look>[], look: Look) => {
    for (const rule of rules) {
      const judged = rule.judge(look);
      if (judged !== undefined) report(findingOf(rule, judged, look, execs.of(look.pid)));
    }
  };
  const looks = openLooks(clock, {
    exec: (look) => {
      execs.note(look.pid, look.time, look.asked, look.ancestors);
      judgeBy(execRules, look);
    },
    open: (look) => judgeBy(openRules, look),
  });
  for (const file of sensitiveFiles(SENSITIVE)) looks.guard(file);
  return looks;
};

/** Starts watching by some rules. */
export const startSecurityWatch = (rules: readonly Rule[], parts: WatchParts): Watching => {
  const { tap, report, execs, keep } = parts;
  const looks = startLooking(parts);
  const wanted = rules.flatMap((rule) => {
    const isEnough = createPace(rule.perSecond ?? 1);
    const onEvent = (event: LiveEvent, name: string) => {
      if (rule.perSecond !== undefined && !isEnough(event.pid, event.time)) return;
      const judged = rule.judge === undefined ? {} : rule.judge(event);
      if (judged !== undefined) report(findingOf(rule, judged, event, execs.of(event.pid), keep(event, name)));
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
