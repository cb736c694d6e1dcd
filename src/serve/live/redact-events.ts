// Events of the running kernel without the secrets in their texts: for whoever did not start the watch. Knows no tool and no wire.
import type { LiveEvent, LiveValue } from '../../base/live-desk.ts';
import { redactText } from '../../base/redact.ts';

/** The same events; passwords, tokens and keys in the texts of their fields are replaced by `[redacted]`. */
export const redactEvents = (events: readonly LiveEvent[]): readonly LiveEvent[] => {
  // To look for secrets is dear, and the same texts come again and again.
  const known = new Map<string, string>();
  const clean = (value: LiveValue): LiveValue => {
    if (typeof value !== 'string') return value;
    const found = known.get(value) ?? redactText(value).text;
    known.set(value, found);
    return found;
  };
  return events.map((event) => ({
    ...event,
    values: Object.fromEntries(Object.entries(event.values).map(([name, value]) => [name, clean(value)])),
  }));
};
