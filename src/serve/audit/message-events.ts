// A stream of server-sent events on record: each event that carries a message passes when that message is noted.
import type { Conversation } from './conversation.ts';

// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
const END_OF_EVENT = /\r?\n\r?\n/;

const dataOf = (event: string): string =>
  event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''))
    .join('\n');

const messageOf = (data: string): unknown => {
  try {
    return JSON.parse(data);
  } catch {
    // A comment that keeps the connection open, or an event without data.
    return undefined;
  }
};

/** What leaves for an event: itself, or an error in its place. */
const noted = (event: string, conversation: Conversation): string => {
  const data = dataOf(event);
  const message = messageOf(data);
  const instead = message === undefined ? undefined : conversation.sending(message, Buffer.byteLength(data));
  return instead === undefined ? event : `event: message\ndata: ${JSON.stringify(instead)}`;
};

/** The same events; when the reader goes away, what is unanswered was cancelled. */
export const messageEvents = (
  body: ReadableStream<Uint8Array>,
  conversation: Conversation,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let held = '';
  return new ReadableStream({
    pull: async (controller) => {
      for (;;) {
        const { done, value } = await reader.read().catch((thrown: unknown) => {
          conversation.closed('error');
          throw thrown;
        });
        if (done) {
          conversation.closed('cancelled');
          if (held !== '') controller.enqueue(encoder.encode(held));
          controller.close();
          return;
        }
        const events = (held + decoder.decode(value, { stream: true })).split(END_OF_EVENT);
        held = events.pop() ?? '';
        if (events.length === 0) continue;
        controller.enqueue(encoder.encode(events.map((event) => `${noted(event, conversation)}\n\n`).join('')));
        return;
      }
    },
    cancel: async (reason) => {
      conversation.closed('cancelled');
      await reader.cancel(reason);
    },
  });
};
