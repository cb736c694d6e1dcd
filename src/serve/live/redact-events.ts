// Events of the running kernel without the secrets in their texts: for whoever did not start the watch. Knows no tool and no wire.
import type { KeptEvent, LiveValue, Proof, Watched } from '../../base/live-desk.ts';
import { redactText } from '../../base/redact.ts';

/** Makes values without passwords, tokens and keys: `[redacted]` stands in their place. */
const createRedactor = () => {
  // To look for secrets is dear, and the same texts come again and again.
  const known = new Map<string, string>();
  return (value: LiveValue): LiveValue => {
    if (typeof value !== 'string') return value;
    const found = known.get(value) ?? redactText(value).text;
    known.set(value, found);
    return found;
  };
};

const redacted =
  (clean: (value: LiveValue) => LiveValue) =>
  <E extends Pick<KeptEvent, 'values'>>(event: E): E => ({
    ...event,
    values: Object.fromEntries(Object.entries(event.values).map(([name, value]) => [name, clean(value)])),
  });

/** The same answer to a reader of events: the events, the one that matched, and what was counted. */
export const redactWatched = (watched: Watched): Watched => {
  const clean = createRedactor();
  const { events, match, collapsed } = watched;
  return {
    ...watched,
    events: events.map(redacted(clean)),
    ...(match === undefined ? {} : { match: redacted(clean)(match) }),
    ...(collapsed === undefined
      ? {}
      : { collapsed: { ...collapsed, rows: collapsed.rows.map((row) => row.map(clean)) } }),
  };
};

/** The same proof of an alert. */
export const redactProof = ({ events, gone }: Proof): Proof => ({
  events: events.map(redacted(createRedactor())),
  gone,
});
