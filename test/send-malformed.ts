// Sends messages to a server and holds what comes back against what each is owed. For tests and the bench only.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Malformed } from './malformed-messages.ts';

/** `unanswered` shows those that did not get what they are owed, cut. */
export type Outcome = { readonly sent: number; readonly unanswered: readonly string[] };

const PER_CONNECTION = 100;
const PATIENCE_MS = 20_000;
const CAPABILITIES = { capabilities: {}, clientInfo: { name: 'x', version: '1' } };
const OPENINGS = [
  { method: 'initialize', params: { protocolVersion: '2025-11-25', ...CAPABILITIES } },
  {
    method: 'server/discover',
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  },
  { method: 'no/opening', params: {} },
];

const shown = ({ bytes, owed }: Malformed): string =>
  `${JSON.stringify(owed)} ${bytes.toString('latin1').slice(0, 300)}`;

type Answer = { readonly id?: unknown; readonly error?: unknown };
const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && ('error' in value || 'result' in value);

const take = (messages: Iterator<Malformed>, count: number): readonly Malformed[] =>
  Array.from({ length: count }, () => {
    const { value } = messages.next();
    return value;
  });

/** One connection: all messages, then one that must be answered whatever came before. */
const sendBatch = async (path: string, batch: readonly Malformed[], opening: object): Promise<readonly string[]> => {
  const socket = connect(path);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const answered = new Set<unknown>();
  let errorsWithoutId = 0;
  let rest = '';
  const owing = batch.filter(({ owed }) => owed.kind === 'answer');
  const wrong = batch.filter(({ owed }) => owed.kind === 'error').length;
  const ended = new Promise<void>((resolve) => {
    const isDone = () =>
      answered.has('last') && owing.every(({ owed }) => owed.kind === 'answer' && answered.has(owed.id));
    const timer = setTimeout(resolve, PATIENCE_MS);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const answer: unknown = JSON.parse(line);
        if (!isAnswer(answer)) continue;
        answered.add(answer.id);
        if (answer.error !== undefined && !owing.some(({ owed }) => owed.kind === 'answer' && owed.id === answer.id))
          errorsWithoutId++;
      }
      if (!isDone()) return;
      clearTimeout(timer);
      resolve();
    });
  });
  socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 'first', ...opening })}\n`);
  for (const { bytes } of batch)
    if (!socket.write(Buffer.concat([bytes, Buffer.from('\n')]))) await once(socket, 'drain');
  socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 'last', method: 'no/such', params: {} })}\n`);
  await ended;
  socket.destroy();
  const missing = owing.filter(({ owed }) => owed.kind === 'answer' && !answered.has(owed.id)).map(shown);
  return [
    ...missing,
    ...(answered.has('last') ? [] : ['the last one']),
    ...(errorsWithoutId >= wrong ? [] : [`${wrong - errorsWithoutId} errors of ${wrong}`]),
  ];
};

/** Over connections to a UNIX socket, a hundred messages each. */
export const sendOverSocket = async (path: string, messages: Iterator<Malformed>, count: number): Promise<Outcome> => {
  const unanswered: string[] = [];
  for (let sent = 0; sent < count; sent += PER_CONNECTION) {
    const batch = take(messages, Math.min(PER_CONNECTION, count - sent));
    unanswered.push(...(await sendBatch(path, batch, OPENINGS[(sent / PER_CONNECTION) % OPENINGS.length] ?? {})));
  }
  return { sent: count, unanswered };
};

/** Over HTTP, eight at once: an error for what is wrong, an answer for each request, never an internal error. */
export const sendOverHttp = async (url: string, messages: Iterator<Malformed>, count: number): Promise<Outcome> => {
  const unanswered: string[] = [];
  const one = async (message: Malformed, i: number): Promise<void> => {
    const { bytes, owed } = message;
    const modern = i % 3 === 0 ? { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/list' } : {};
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...modern },
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    const isWrong = owed.kind === 'error' && response.ok && !text.includes('"error"');
    if (response.status === 500 || isWrong || (owed.kind === 'answer' && text === ''))
      unanswered.push(`${response.status} ${shown(message)}`);
  };
  for (let sent = 0; sent < count; sent += 8)
    await Promise.all(
      take(messages, Math.min(8, count - sent)).map((message, i) =>
        one(message, i).catch((thrown) => unanswered.push(`${thrown} ${shown(message)}`)),
      ),
    );
  return { sent: count, unanswered };
};
