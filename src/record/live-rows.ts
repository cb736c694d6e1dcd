// What subscriptions and watches deliver beside a recording, as rows: cleaned, without secrets, and no more of them than a
// recording has room for. Knows neither the kernel nor what a rule means.
import { type Alert, type AlertsPending, type Finding, isAtLeast, type Severity, type Suspect } from '../base/alert.ts';
import type { KeptEvent, LiveValue } from '../base/live-desk.ts';
import { redactText } from '../base/redact.ts';
import { cleanText } from '../base/sanitize.ts';
import type { LossName } from '../catalogue/losses.ts';
import type { RecordingWriter } from '../store/writer.ts';

/** Rows a second that the watches keep of one event of the kernel; those of subscriptions have limits of their own. */
const MOST_KEPT = 100;
/** The same of all that others ask for while it is recorded: what they fill the file with, its owner loses. */
const MOST_ASKED = 500;
const ASKED = 'rows of what others asked for';
const SECOND_NS = 1e9;
/** UTF-16 units: of a text that is looked at, since a secret must not be cut in two; of one that is kept. */
const LOOKED_AT = 16_384;
const TEXT = 512;
const COMM = 16;
/** Texts whose clean form is remembered. */
const REMEMBERED = 2000;
/** Rows that one row of an alert found again names. */
const MOST_EVIDENCE = 3;

export type LiveRows = {
  /** An event that a subscription, given by its expression, delivered. */
  readonly event: (event: KeptEvent, name: string, expression: string) => void;
  /** The same of a subscription that others asked for, as far as there is room. */
  readonly asked: (event: KeptEvent, name: string, expression: string) => void;
  /** An event that a watch looked at: returns its row as evidence, undefined when there was no room for it. */
  readonly keep: (event: KeptEvent, name: string) => string | undefined;
  readonly alert: (alert: Alert) => void;
  /** An alert was found again. */
  readonly again: (alert: Alert, finding: Finding) => void;
  /** So many are missing since the last `settle`. */
  readonly loss: (reason: LossName, count: number, detail: string) => void;
  readonly fact: (key: string, value: string) => void;
  /** Writes what was counted since the last time; about once a second. */
  readonly settle: () => void;
  /** Alerts so far that do more than inform. */
  readonly alerts: () => AlertsPending | undefined;
};

type Parts = {
  readonly writer: RecordingWriter;
  readonly now: () => number;
  /** Keep texts as they are, with the secrets that may be in them. */
  readonly keepArguments: boolean;
  /** A process turns up in an alert. */
  readonly met: (pid: number, comm: string) => void;
  /** Runs a step that writes, unless the recording is over. */
  readonly guarded: (step: () => void) => void;
};

type Again = { readonly start: number; end: number; count: number; readonly evidence: string[] };

export const createLiveRows = ({ writer, now, keepArguments, met, guarded }: Parts): LiveRows => {
  let raised = 0;
  let worst: Severity = 'info';
  const again = new Map<number, Again>();
  const rooms = new Map<string, { second: number; count: number }>();
  const leftOut = new Map<string, number>();
  let settled = 0;

  // Looking for secrets is dear, and the same texts come again and again.
  let known = new Map<string, string>();
  const textOf = (text: string): string => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const clean = cleanText(text, LOOKED_AT);
    const kept = cleanText(keepArguments ? clean : redactText(clean).text, TEXT);
    if (known.size >= REMEMBERED) known = new Map();
    if (text.length <= TEXT) known.set(text, kept);
    return kept;
  };
  const jsonOf = (values: Readonly<Record<string, LiveValue>>): string =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? textOf(value) : value]),
      ),
    );
  const suspectOf = ({ pid, comm, exe }: Suspect) => ({
    pid,
    comm: cleanText(comm, COMM),
    ...(exe === undefined ? {} : { exe: textOf(exe) }),
  });

  const write = ({ time, pid, tid, uid, cpu, comm, values }: KeptEvent, name: string, expression: string | null) =>
    writer.live.event({
      ...{ time, uid, cpu, fields: jsonOf(values) },
      source: writer.live.sourceId(name, expression === null ? null : textOf(expression)),
      thread: pid === 0 ? null : writer.threadId(pid, tid, cleanText(comm, COMM)),
    });

  /** `what` is said of those that find none. */
  const hasRoom = (what: string, most: number): boolean => {
    const second = Math.floor(now() / SECOND_NS);
    const room = rooms.get(what);
    if (room?.second !== second) {
      rooms.set(what, { second, count: 1 });
      return true;
    }
    room.count++;
    if (room.count <= most) return true;
    leftOut.set(what, (leftOut.get(what) ?? 0) + 1);
    return false;
  };

  const loss = (reason: LossName, count: number, detail: string) =>
    guarded(() => void writer.loss(reason, settled, now(), count, textOf(detail)));

  return {
    event: (event, name, expression) => guarded(() => void write(event, name, expression)),
    asked: (event, name, expression) => {
      if (hasRoom(ASKED, MOST_ASKED)) guarded(() => void write(event, name, expression));
    },
    keep: (event, name) => {
      let id: number | undefined;
      if (hasRoom(`${name}: rows of evidence`, MOST_KEPT))
        guarded(() => {
          id = write(event, name, null);
        });
      return id === undefined ? undefined : `live_events:${id}`;
    },
    alert: (alert) =>
      guarded(() => {
        const { id, time, watch, rule, severity, title, technique, container, facts, evidence, benign } = alert;
        const { process, ancestry = [] } = alert;
        if (severity !== 'info') raised++;
        if (isAtLeast(severity, worst)) worst = severity;
        writer.live.alert({
          ...{ id, time_ns: time, watch, rule, severity, title, benign },
          technique: technique ?? null,
          pid: process?.pid ?? null,
          comm: process === undefined ? null : cleanText(process.comm, COMM),
          exe: process?.exe === undefined ? null : textOf(process.exe),
          exe_id: process?.exe_id ?? null,
          uid: process?.uid ?? null,
          container: container === undefined ? null : textOf(container),
          parents: JSON.stringify(ancestry.map(suspectOf)),
          facts: jsonOf(facts),
          evidence: JSON.stringify(evidence),
        });
        if (process !== undefined) met(process.pid, process.comm);
      }),
    again: ({ id }, { time, evidence }) => {
      const before = again.get(id);
      const one = before ?? { start: time, end: time, count: 0, evidence: [] };
      one.end = Math.max(one.end, time);
      one.count++;
      if (one.evidence.length < MOST_EVIDENCE) one.evidence.push(...evidence);
      if (before === undefined) again.set(id, one);
    },
    loss,
    fact: (key, value) => guarded(() => writer.setFact(key, value)),
    settle: () => {
      guarded(() => {
        for (const [alert, { start, end, count, evidence }] of again)
          writer.live.alertAgain({ alert, start, end, count, evidence: JSON.stringify(evidence) });
        again.clear();
      });
      for (const [what, count] of leftOut) loss('live_limited', count, what);
      leftOut.clear();
      settled = now();
    },
    alerts: () => (raised === 0 ? undefined : { count: raised, max_severity: worst }),
  };
};
