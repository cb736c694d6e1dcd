import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation } from './conversation.ts';
import { messageEvents } from './message-events.ts';

/** A conversation that refuses messages with the id 2, and what it saw. */
const conversation = () => {
  const seen: string[] = [];
  const noting: Conversation = {
    received: () => undefined,
    sending: (message) => {
      const text = JSON.stringify(message);
      seen.push(text);
      return text.includes('"id":2') ? { id: 2, error: 'refused' } : undefined;
    },
    closed: (outcome) => seen.push(outcome),
    client: () => ({ client: null, client_version: null }),
  };
  return { seen, noting };
};

const streamOf = (text: string, size: number): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.slice(i * size, (i + 1) * size),
  );
  return ReadableStream.from(pieces);
};

const EVENTS =
  ': keep-alive\n\nevent: message\nid: 7\ndata: {"id":1,"text":"é😀"}\n\ndata: {"id":2,\ndata: "result":5}\r\n\r\ndata: {"id":3}\n\n';

test('events pass as they are, however they are cut, but for an answer that could not be noted', async () => {
  for (const size of [1, 2, 7, 1000]) {
    const { seen, noting } = conversation();
    const text = await new Response(messageEvents(streamOf(EVENTS, size), noting)).text();
    assert.deepEqual(seen, ['{"id":1,"text":"é😀"}', '{"id":2,"result":5}', '{"id":3}', 'cancelled']);
    assert.equal(
      text,
      ': keep-alive\n\nevent: message\nid: 7\ndata: {"id":1,"text":"é😀"}\n\nevent: message\ndata: {"id":2,"error":"refused"}\n\ndata: {"id":3}\n\n',
    );
  }
});

test('a reader that goes away, and a source that breaks, end the conversation', async () => {
  const left = conversation();
  const reader = messageEvents(streamOf(EVENTS, 40), left.noting).getReader();
  await reader.read();
  await reader.cancel();
  assert.equal(left.seen.at(-1), 'cancelled');
  const broken = conversation();
  const source = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error('torn')) });
  await assert.rejects(new Response(messageEvents(source, broken.noting)).text(), /torn/);
  assert.deepEqual(broken.seen, ['error']);
});
