// The alerts of this program: equal findings within a while are one, noisy rules are held back and counted. Knows no rules.
import { type Alert, type Finding, isAtLeast, type Severity, type Suspect, severities } from '../../base/alert.ts';

/** Equal findings this long after the first are the same alert, in ns: a repeat keeps none open for ever. */
const SAME_NS = 60e9;
/** New alerts of one rule about one program (or network) in a minute; more are counted. What floods hides nobody else. */
const MOST_PER_MINUTE = 20;
/** The same of one rule, whoever it is about: a program can be copied under many names. */
const MOST_OF_RULE = 200;
const MINUTE_NS = 60e9;
const KEPT = 5000;
/** Other facts of the same alert that are kept. */
const MOST_ALSO = 3;
/** Rows of the same alert that prove it: its first, and the last few of the findings after it. */
const FIRST_PROOFS = 2;
const MOST_PROOFS = 5;
/** Characters of a name that a program chose. */
const MOST_TEXT = 512;

const cut = (suspect: Suspect): Suspect =>
  suspect.exe === undefined ? suspect : { ...suspect, exe: suspect.exe.slice(0, MOST_TEXT).toWellFormed() };

/** The finding with names that fit. */
const bounded = (finding: Finding): Finding => ({
  ...finding,
  process: finding.process === undefined ? undefined : cut(finding.process),
  ancestry: finding.ancestry?.map(cut),
});

const isSame = (a: Finding['facts'], b: Finding['facts']): boolean => JSON.stringify(a) === JSON.stringify(b);
const alsoOf = ({ facts, also = [] }: Alert, more: Finding['facts']): Alert['also'] =>
  [facts, ...also].some((one) => isSame(one, more)) ? also : [...also, more].slice(-MOST_ALSO);
const proofsOf = ({ evidence }: Alert, more: Finding['evidence']): Finding['evidence'] => {
  const all = [...evidence, ...more];
  return all.length <= MOST_PROOFS ? all : [...all.slice(0, FIRST_PROOFS), ...all.slice(FIRST_PROOFS - MOST_PROOFS)];
};

/** Counts by name in minutes; says whether one more is within the limit. */
const createLimit = (most: number) => {
  const minutes = new Map<string, { start: number; count: number }>();
  return (name: string, time: number): boolean => {
    const minute = minutes.get(name);
    if (minute !== undefined && time - minute.start < MINUTE_NS) return ++minute.count <= most;
    if (minutes.size >= KEPT) minutes.clear();
    minutes.set(name, { start: time, count: 1 });
    return true;
  };
};

const nameOf = ({ rule, key }: Finding): string => `${rule}\0${key}`;

export type AlertBook = {
  /** The alert of a finding; undefined when its rule is held back. `isNew`: it was not there before. */
  readonly add: (finding: Finding) => { readonly alert: Alert; readonly isNew: boolean } | undefined;
  /** Alerts with an id above `after`, of at least a severity, oldest first. */
  readonly list: (after: number, least: Severity) => readonly Alert[];
  /** Findings of each rule that were held back. */
  readonly heldBack: () => ReadonlyMap<string, number>;
  readonly lastId: () => number;
  /** Alerts with an id above `after` that are kept no longer. */
  readonly gap: (after: number) => number;
};

/** A book; `onAlert` hears of each new alert, `onAgain` of each that was found again, and of the finding. */
export const createAlertBook = (
  onAlert: (alert: Alert) => void = () => {},
  onAgain: (alert: Alert, finding: Finding) => void = () => {},
): AlertBook => {
  const alerts: Alert[] = [];
  const open = new Map<string, Alert>();
  const isWithin = createLimit(MOST_PER_MINUTE);
  const isWithinRule = createLimit(MOST_OF_RULE);
  const held = new Map<string, number>();
  let lastId = 0;

  const mayRaise = ({ rule, time, process, facts }: Finding): boolean => {
    const source = `${rule}\0${process?.exe ?? process?.comm ?? facts.namespace ?? ''}`;
    if (isWithin(source, time) && isWithinRule(rule, time)) return true;
    held.set(rule, (held.get(rule) ?? 0) + 1);
    return false;
  };

  const replace = (alert: Alert) => {
    const at = alerts.findIndex(({ id }) => id === alert.id);
    if (at >= 0) alerts[at] = alert;
  };

  /** What informs goes before what is critical, and the older first. */
  const dropOne = () => {
    const least = severities.find((severity) => alerts.some((alert) => alert.severity === severity));
    const at = alerts.findIndex(({ severity }) => severity === least);
    const [gone] = at < 0 ? [] : alerts.splice(at, 1);
    if (gone === undefined) return;
    const name = nameOf(gone);
    if (open.get(name)?.id === gone.id) open.delete(name);
  };

  return {
    add: (found) => {
      const finding = bounded(found);
      const name = nameOf(finding);
      const before = open.get(name);
      if (before !== undefined && finding.time - before.time < SAME_NS) {
        const also = alsoOf(before, finding.facts);
        const evidence = proofsOf(before, finding.evidence);
        const alert = { ...before, count: before.count + 1, last: finding.time, also, evidence };
        open.set(name, alert);
        replace(alert);
        onAgain(alert, finding);
        return { alert, isNew: false };
      }
      if (!mayRaise(finding)) return undefined;
      lastId++;
      const alert: Alert = { ...finding, id: lastId, count: 1, last: finding.time };
      open.set(name, alert);
      alerts.push(alert);
      if (alerts.length > KEPT) dropOne();
      onAlert(alert);
      return { alert, isNew: true };
    },
    list: (after, least) => alerts.filter(({ id, severity }) => id > after && isAtLeast(severity, least)),
    heldBack: () => held,
    lastId: () => lastId,
    gap: (after) => Math.max(0, lastId - after) - alerts.filter(({ id }) => id > after).length,
  };
};
