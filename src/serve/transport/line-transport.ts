// MCP over a pair of streams, one message a line: for pipes and for UNIX sockets alike. Every line gets its answer: what is no
// message, what the gate refuses and what is too much are answered here, the rest goes to the protocol.
import type { Readable, Writable } from 'node:stream';
import { withCleanError } from '../clean-error.ts';
import { errors } from '../identity/errors.ts';
import { fieldOf } from '../identity/field-of.ts';
import type { Principal } from '../identity/principal.ts';
import { idOf } from '../identity/scope-table.ts';
import { type JSONRPCMessage, parseJSONRPCMessage, type Transport } from '../protocol/sdk.ts';
import type { Gate } from './gate.ts';
import { parseMessage } from './parse-message.ts';
import { lineSplitter } from './split-lines.ts';
import { invalidRequest, parseError, refusalError, type WireError } from './wire-error.ts';

export type LineOptions = {
  readonly input: Readable;
  readonly output: Writable;
  readonly gate: Gate;
  readonly principal: Principal;
  /** Answers a message of our own that is no part of MCP; undefined for any other. */
  readonly own?: ((message: unknown) => Promise<object> | undefined) | undefined;
};

/** Answers may be long-lived: subscriptions are bounded by the protocol, not by the number of requests at work. */
const LONG_LIVED = 'subscriptions/listen';

/** Time for the other side to read its last answer. */
const LAST_MS = 1_000;

/** Ends a connection so that its last words arrive: what still comes is read and thrown away, else they would be lost. */
export const endSocket = (input: Readable, output: Writable): void => {
  output.end();
  input.resume();
  setTimeout(() => output.destroy(), LAST_MS).unref();
};

/** A transport for the SDK. `close` ends the output after what was written to it. */
export const lineTransport = ({ input, output, gate, principal, own }: LineOptions): Transport => {
  const { limits } = gate;
  const splitter = lineSplitter(limits.messageBytes);
  const working = new Map<string | number, () => void>();
  let closed = false;

  const write = (message: object): void => {
    if (closed || output.destroyed) return;
    output.write(`${JSON.stringify(withCleanError(message))}\n`);
    // A client that asks and never reads would fill our memory.
    if (output.writableLength > limits.unreadBytes) {
      transport.onerror?.(new Error(`${principal.id} does not read its answers: cut off`));
      output.destroy();
      close();
    }
  };
  const done = (id: unknown): void => {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    working.get(id)?.();
    working.delete(id);
  };
  /** Puts on record what is no message that can be answered as it asks. */
  const noted = (answer: WireError): WireError => {
    gate.refused(gate.malformed(errors.malformed({ why: answer.error.message })), principal);
    return answer;
  };
  const malformed = (answer: WireError): void => write(noted(answer));

  const parsedMessage = (value: unknown): JSONRPCMessage | undefined => {
    try {
      return parseJSONRPCMessage(value);
    } catch {
      return undefined;
    }
  };
  /** Lets a request in, or says why not. Notifications are not counted: they are never answered. */
  const admit = (value: unknown): WireError | undefined => {
    const id = idOf(value);
    const method = fieldOf(value, 'method');
    if (method === undefined || id === undefined) return undefined;
    if (working.has(id)) return noted(invalidRequest(`id ${JSON.stringify(id)} is being answered already`, id));
    if (method === LONG_LIVED) return undefined;
    const begun = working.size < limits.requestsPerConnection ? gate.begin(principal.id) : undefined;
    if (begun === undefined) return refusalError(gate.refused(gate.busy(limits.requestsPerConnection), principal), id);
    working.set(id, begun);
    return undefined;
  };
  const receive = (line: Buffer): void => {
    const parsed = parseMessage(line, limits.depth);
    if ('why' in parsed) {
      malformed(parseError(parsed.why));
      return;
    }
    if ('error' in parsed) {
      write(refusalError(gate.refused(gate.malformed(parsed.error), principal), undefined));
      return;
    }
    const { value } = parsed;
    const id = idOf(value);
    const message = parsedMessage(value);
    if (message === undefined) {
      malformed(invalidRequest(Array.isArray(value) ? 'batches are not part of MCP' : 'no JSON-RPC 2.0 message', id));
      return;
    }
    const refusal = gate.refusal(principal, value);
    const answered = refusal === undefined ? own?.(value) : undefined;
    if (answered !== undefined) {
      answered.then(write, (thrown: Error) => transport.onerror?.(thrown));
      return;
    }
    const stopped = refusal === undefined ? admit(value) : refusalError(refusal, id);
    if (stopped !== undefined) {
      // A notification has no id and is never answered.
      if (id !== undefined) write(stopped);
      return;
    }
    if (fieldOf(value, 'method') === 'notifications/cancelled') done(fieldOf(fieldOf(value, 'params'), 'requestId'));
    transport.onmessage?.(message);
  };
  const onData = (bytes: Buffer): void => {
    const lines = splitter.take(bytes);
    if (lines === undefined) {
      const refusal = gate.refused(gate.malformed(errors.tooLong({ most: limits.messageBytes }), 413), principal);
      write(refusalError(refusal, undefined));
      close();
      return;
    }
    for (const line of lines) {
      if (closed) return;
      if (line.some((byte) => byte > 0x20)) receive(line);
    }
  };
  const onFault = (error: Error): void => {
    if (!closed) transport.onerror?.(error);
    close();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    input.off('data', onData);
    for (const end of working.values()) end();
    working.clear();
    // Stdout belongs to the process; a socket ends for both sides.
    if (output === process.stdout) input.pause();
    else endSocket(input, output);
    transport.onclose?.();
  };

  const transport: Transport = {
    start: async () => {
      input.on('data', onData);
      // Left attached for good: a fault of a stream that nobody listens to would end the program.
      input.on('error', onFault);
      output.on('error', onFault);
      input.on('end', close);
      input.on('close', close);
    },
    send: async (message) => {
      if (closed) throw new Error('the connection is closed');
      if (!('method' in message)) done(fieldOf(message, 'id'));
      write(message);
    },
    close: async () => close(),
  };
  return transport;
};
