// What one client of 2025 may have missed while its stream was interrupted: the last messages, so that it can ask for them.
// Bounded: a client that stays away longer asks anew.
import type { EventStore } from './sdk.ts';

const MOST = 200;

type Message = Parameters<EventStore['storeEvent']>[1];

/** A store for one session. An id is the number of the event and the stream it belongs to. */
export const eventMemory = (): EventStore => {
  const events: { readonly id: string; readonly stream: string; readonly message: Message }[] = [];
  let count = 0;
  const streamOf = (id: string): string | undefined => events.find((event) => event.id === id)?.stream;
  return {
    storeEvent: async (stream, message) => {
      count++;
      const id = `${count}-${stream}`;
      events.push({ id, stream, message });
      if (events.length > MOST) events.shift();
      return id;
    },
    getStreamIdForEventId: async (id) => streamOf(id),
    replayEventsAfter: async (last, { send }) => {
      const stream = streamOf(last) ?? '';
      const from = events.findIndex(({ id }) => id === last) + 1;
      // The first event of a stream has no message: it only gives the client an id to come back with.
      for (const event of events.slice(from))
        if (event.stream === stream && 'jsonrpc' in event.message) await send(event.id, event.message);
      return stream;
    },
  };
};
