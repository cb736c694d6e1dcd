// Prints alerts of the watches as they are raised. On a terminal with the events that prove each.
import { type Alert, isAtLeast } from '../base/alert.ts';
import type { LiveDesk } from '../base/live-desk.ts';
import { cleanAnswer } from '../serve/clean-answer.ts';
import { alertLine } from './alert-line.ts';
import type { Arguments } from './arguments.ts';
import { eventLine } from './event-line.ts';
import { err, out } from './print.ts';
import { severityOption } from './severity-option.ts';
import { untilStopped } from './until-stopped.ts';

const WAIT_MS = 1000;

/** An alert as the options want it. */
const alertText = async (desk: LiveDesk, args: Arguments, alert: Alert, unixStartMs: number): Promise<string> => {
  const line = `${alertLine(alert, unixStartMs)}\n`;
  if (args.flag('line')) return line;
  const { events } = await desk.proof(alert.id);
  if (args.flag('json')) return `${JSON.stringify(cleanAnswer({ ...alert, proof: events }))}\n`;
  return line + events.map((event) => `  proof ${eventLine(event, event.event, unixStartMs)}\n`).join('');
};

/** Until it is stopped, or what the options ask for has come. Returns the exit code. */
export const followAlerts = async (desk: LiveDesk, args: Arguments, unixStartMs: number): Promise<number> => {
  const least = severityOption(args, 'min-severity') ?? 'low';
  const last = severityOption(args, 'until-severity');
  const most = args.integer('count') ?? Number.POSITIVE_INFINITY;
  const { signal, done } = untilStopped(args);
  let after = 0;
  let shown = 0;
  let hasCome = false;
  const told = new Map<string, number>();
  /** What nobody looked at, or that was not told, since the last time. */
  const sayMissed = (what: string, counts: Readonly<Record<string, number>>) => {
    for (const [rule, count] of Object.entries(counts)) {
      const key = `${what} ${rule}`;
      const more = count - (told.get(key) ?? 0);
      told.set(key, count);
      if (more > 0) err(`whytrace: ${rule}: ${more} ${what}\n`);
    }
  };
  await desk.startWatches();
  for (const missing of (await desk.alerts({ after, least, waitMs: 0 })).not_watched)
    err(`whytrace: not watched: ${missing}\n`);
  if (!args.flag('line') && !args.flag('json') && process.stderr.isTTY)
    err(`whytrace: watching for alerts of severity ${least} or more; Ctrl-C ends it\n`);
  for (let isLast = false; !isLast && shown < most && !hasCome; ) {
    isLast = signal.aborted;
    const read = await desk.alerts({ after, least, waitMs: isLast ? 0 : WAIT_MS, signal });
    const { alerts, last_id } = read;
    sayMissed('events not looked at: too many came', read.unseen);
    sayMissed('findings held back: too many came', read.held_back);
    if (read.gap > 0) err(`whytrace: ${read.gap} alerts are kept no longer\n`);
    for (const alert of alerts) {
      if (shown >= most || hasCome) break;
      shown++;
      out(await alertText(desk, args, alert, unixStartMs));
      hasCome = last !== undefined && isAtLeast(alert.severity, last);
    }
    after = Math.max(after, alerts.length > 0 ? (alerts.at(-1)?.id ?? after) : last_id);
  }
  done();
  if (last === undefined || hasCome || shown >= most) return 0;
  err(`whytrace: no alert of severity ${last} or more came\n`);
  return 1;
};
