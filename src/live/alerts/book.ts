// The alerts of this program: equal findings within a while are one, noisy rules are held back and counted. Knows no rules.
import { type Alert, type Finding, isAtLeast, type Severity } from '../../base/alert.ts';

/** Equal findings this long after the last are the same alert, in ns. */
const SAME_NS = 60e9;
/** New alerts of one rule about one program (or network) in a minute; more are counted. What floods hides nobody else. */
const MOST_PER_MINUTE = 20;
const MINUTE_NS = 60e9;
const KEPT = 5000;

export type AlertBook = {
  /** The alert of a finding; undefined when its rule is held back. `isNew`: it was not there before. */
  readonly add: (finding: Finding) => { readonly alert: Alert; readonly isNew: boolean } | undefined;
  /** Alerts with an id above `after`, of at least a severity, oldest first. */
  readonly list: (after: number, least: Severity) => readonly Alert[];
  /** Findings of each rule that were held back. */
  readonly heldBack: () => ReadonlyMap<string, number>;
  readonly lastId: () => number;
};

/** A book; `onAlert` hears of each new alert, `onAgain` of each that was found again, and of the finding. */
export const createAlertBook = (
  onAlert: (alert: Alert) => void = () => {},
  onAgain: (alert: Alert, finding: Finding) => void = () => {},
): AlertBook => {
  const alerts: Alert[] = [];
  const open = new Map<string, Alert>();
  const minutes = new Map<string, { start: number; count: number }>();
  const held = new Map<string, number>();
  let lastId = 0;

  const mayRaise = ({ rule, time, process, facts }: Finding): boolean => {
    const source = `${rule}\0${process?.exe ?? process?.comm ?? facts.namespace ?? ''}`;
    const minute = minutes.get(source);
    if (minute === undefined || time - minute.start >= MINUTE_NS) {
      if (minutes.size >= KEPT) minutes.clear();
      minutes.set(source, { start: time, count: 1 });
      return true;
    }
    minute.count++;
    if (minute.count <= MOST_PER_MINUTE) return true;
    held.set(rule, (held.get(rule) ?? 0) + 1);
    return false;
  };

  const replace = (alert: Alert) => {
    const at = alerts.findIndex(({ id }) => id === alert.id);
    if (at >= 0) alerts[at] = alert;
  };

  return {
    add: (finding) => {
      const name = `${finding.rule}\0${finding.key}`;
      const before = open.get(name);
      if (before !== undefined && finding.time - before.last < SAME_NS) {
        const alert = { ...before, count: before.count + 1, last: finding.time };
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
      if (alerts.length > KEPT) {
        const [oldest] = alerts.splice(0, 1);
        if (oldest !== undefined) open.delete(`${oldest.rule}\0${oldest.key}`);
      }
      onAlert(alert);
      return { alert, isNew: true };
    },
    list: (after, least) => alerts.filter(({ id, severity }) => id > after && isAtLeast(severity, least)),
    heldBack: () => held,
    lastId: () => lastId,
  };
};
