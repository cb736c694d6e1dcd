// Where alerts come from: the running kernel where this server watches it, else the recording. And what each caller has been
// shown of them, so that it can be told of the others. Knows no transport.
import { type AlertsPending, isAtLeast, type Severity } from '../../base/alert.ts';
import type { AlertsRead, NetworkCounters, Proof } from '../../base/live-desk.ts';
import { readAlerts, readNetworkCounters, readPending, readProof, watchesOf } from '../../store/read-alerts.ts';
import { type ToolContext, withRecording } from '../tool.ts';
import { z } from '../zod.ts';
import { deskOf, liveState } from './desk-of.ts';
import { redactProof } from './redact-events.ts';

/** Lines about what is not watched that an answer holds. */
const MOST_LINES = 6;
/** Callers and sources whose place is remembered; who is forgotten is told again. */
const MOST_PLACES = 1000;

export const recordingField = z.boolean().optional().describe('Of the recording, not live');

/** Whether the recording is asked, and not the running kernel. */
const isRecorded = (context: ToolContext, recorded: boolean | undefined): boolean =>
  recorded === true || liveState(context) === 'absent';

export type AlertsWanted = {
  readonly recorded: boolean | undefined;
  readonly after: number;
  readonly least: Severity;
  readonly waitMs: number;
};

/** Alerts with an id above `after`. What was recorded does not grow by being waited for. */
export const alertsFrom = async (context: ToolContext, wanted: AlertsWanted): Promise<AlertsRead> => {
  const { recorded, ...request } = wanted;
  if (!isRecorded(context, recorded)) return (await deskOf(context)).alerts({ ...request, signal: context.signal });
  return withRecording(context, ({ database, facts }) => readAlerts(database, facts, request));
};

/** The events that prove an alert. Those of the running kernel come without the secrets in their texts, as they are written. */
export const proofFrom = async (context: ToolContext, recorded: boolean | undefined, id: number): Promise<Proof> =>
  isRecorded(context, recorded)
    ? withRecording(context, ({ database }) => readProof(database, id))
    : redactProof(await (await deskOf(context)).proof(id));

/** What the kernel counted of the network of this host. */
export const networkCountersFrom = async (
  context: ToolContext,
  recorded: boolean | undefined,
): Promise<NetworkCounters> =>
  isRecorded(context, recorded)
    ? withRecording(context, ({ facts }) => readNetworkCounters(facts))
    : (await deskOf(context)).networkCounters();

/** The first lines, and how many more there are. */
export const firstLines = (lines: readonly string[]): string[] =>
  lines.length <= MOST_LINES ? [...lines] : [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more`];

const places = new Map<string, number>();
const placeKey = (context: ToolContext, source: string): string => `${context.principal?.id ?? ''}\0${source}`;

/** Whose alerts count: those of the running kernel, or of one recording. */
const sourceOf = (context: ToolContext, recorded: boolean | undefined): string =>
  isRecorded(context, recorded) ? context.path() : 'live';

export type Shown = { readonly since: number; readonly least: Severity; readonly id: number };

/** The caller has seen the alerts from `since` to `id`: counts where none before them, and none that is told of, was left out. */
export const noteShown = (context: ToolContext, recorded: boolean | undefined, { since, least, id }: Shown): void => {
  const key = placeKey(context, sourceOf(context, recorded));
  const before = places.get(key) ?? 0;
  if (since > before || !isAtLeast('low', least)) return;
  places.delete(key);
  places.set(key, Math.max(before, id));
  const [oldest] = places.size > MOST_PLACES ? places.keys() : [];
  if (oldest !== undefined) places.delete(oldest);
};

/** Alerts that do more than inform, and that this caller has not been shown; undefined when there are none, or none can be read. */
const alertsPending = async (context: ToolContext): Promise<AlertsPending | undefined> => {
  try {
    const after = places.get(placeKey(context, sourceOf(context, undefined))) ?? 0;
    if (!isRecorded(context, undefined)) return await context.pendingAlerts?.(after);
    return withRecording(context, ({ database, facts }) =>
      watchesOf(facts).length === 0 ? undefined : readPending(database, after),
    );
  } catch {
    // Without a recording, or with a damaged one, the tool itself has said so where it matters.
    return undefined;
  }
};

/** An answer on its way out, with the alerts that its reader has not been shown, if there are any. */
export const withAlertsPending = async (
  answer: Record<string, unknown>,
  context: ToolContext,
): Promise<Record<string, unknown>> => {
  const pending = await alertsPending(context);
  return pending === undefined ? answer : { ...answer, alerts_pending: pending };
};
