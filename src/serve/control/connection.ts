// A connection to the program that watches the kernel: questions and answers by number, opened when first needed and anew when it
// was lost. Knows the framing and what an error is, no question by name but the first.
import { connect, type Socket } from 'node:net';
import { messageOf, systemCodeOf, UserError } from '../../base/errors.ts';
import { fieldOf, textFieldOf } from '../identity/field-of.ts';
import { parseMessage } from '../transport/parse-message.ts';
import { lineSplitter } from '../transport/split-lines.ts';
import type { z } from '../zod.ts';
import { errors } from './errors.ts';
import { ANSWER_BYTES, CANCELLED, DEPTH, faultShape, questions, VERSION } from './language.ts';

/** How long an answer may take beyond what it was asked to wait. */
const PATIENCE_MS = 20_000;

type Question<A extends z.ZodType> = { readonly method: string; readonly answer: A };
type Asking = {
  readonly signal?: AbortSignal | undefined;
  /** How long the other side was asked to wait. */
  readonly waitMs?: number | undefined;
  /** Does not keep this program running. */
  readonly isAside?: boolean | undefined;
};
export type Connection = {
  /** Rejects with a UserError: that of the desk, or why it cannot be asked. */
  readonly ask: <A extends z.ZodType>(question: Question<A>, params: object, asking?: Asking) => Promise<z.output<A>>;
  readonly close: () => void;
};

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'the program that made that socket is gone',
  EACCES: 'this user may not use that socket: its owner lets users in with --allow-uid or --allow-gid',
};

const connected = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (thrown: Error) =>
      reject(errors.noWatcher({ path, why: WHY[systemCodeOf(thrown)] ?? messageOf(thrown) }, thrown));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });

/** The other side's error as it gave it. */
const faultIn = (path: string, message: unknown): UserError | undefined => {
  const error = fieldOf(message, 'error');
  if (error === undefined) return undefined;
  const parsed = faultShape.safeParse(fieldOf(error, 'data'));
  if (!parsed.success) return errors.otherVersion({ path, why: textFieldOf(error, 'message') ?? 'it gave an error' });
  const { exit_code = 1, ...parts } = parsed.data;
  return new UserError(parts, exit_code);
};

type Line = {
  readonly ask: Connection['ask'];
  readonly isOpen: () => boolean;
  readonly close: () => void;
};

/** One socket, from its first to its last byte. */
const openLine = async (path: string): Promise<Line> => {
  const socket = await connected(path);
  const splitter = lineSplitter(ANSWER_BYTES);
  const waiting = new Map<number, (outcome: unknown, fault?: UserError) => void>();
  let nextId = 1;
  let inFront = 0;
  let isOpen = true;
  let last: UserError | undefined;

  const receive = (line: Buffer) => {
    const parsed = parseMessage(line, DEPTH);
    const message = 'value' in parsed ? parsed.value : undefined;
    const id = fieldOf(message, 'id');
    const fault = faultIn(path, message);
    if (typeof id === 'number') waiting.get(id)?.(fieldOf(message, 'result'), fault);
    // Said to nobody in particular: its last words.
    else last = fault ?? last;
  };
  const end = () => {
    isOpen = false;
    for (const settle of [...waiting.values()]) settle(undefined, last ?? errors.watcherGone({ path }));
  };
  socket.on('data', (bytes) => {
    const lines = splitter.take(bytes);
    if (lines === undefined) {
      last = errors.otherVersion({ path, why: `an answer has more than ${ANSWER_BYTES} bytes` });
      socket.destroy();
    }
    for (const line of lines ?? []) receive(line);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', end);
  socket.unref();

  const ask: Connection['ask'] = async ({ method, answer }, params, { signal, waitMs = 0, isAside = false } = {}) => {
    if (!isOpen) throw last ?? errors.watcherGone({ path });
    const id = nextId++;
    const write = (message: object) => socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    const cancel = () => write({ method: CANCELLED, params: { requestId: id } });
    if (!isAside && inFront++ === 0) socket.ref();
    let timer: NodeJS.Timeout | undefined;
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        waiting.set(id, (outcome, fault) => (fault === undefined ? resolve(outcome) : reject(fault)));
        timer = setTimeout(() => reject(errors.watcherSilent({ path })), waitMs + PATIENCE_MS);
        if (isAside) timer.unref();
        write({ id, method, params });
        signal?.addEventListener('abort', cancel);
        if (signal?.aborted === true) cancel();
      });
      const checked = answer.safeParse(result);
      if (checked.success) return checked.data;
      throw errors.otherVersion({ path, why: `its answer to ${method} has another shape` });
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
      signal?.removeEventListener('abort', cancel);
      if (!isAside && --inFront === 0) socket.unref();
    }
  };
  return { ask, isOpen: () => isOpen, close: () => socket.destroy() };
};

/** Connects when first asked. Never throws itself. */
export const connectionTo = (path: string): Connection => {
  let line: Promise<Line> | undefined;
  const greet = async (): Promise<Line> => {
    const opened = await openLine(path);
    const { version } = await opened.ask(questions.hello, { version: VERSION }).catch((thrown: unknown) => {
      opened.close();
      throw thrown;
    });
    if (version === VERSION) return opened;
    opened.close();
    throw errors.otherVersion({ path, why: `it speaks version ${version} of the control socket, this one ${VERSION}` });
  };
  const current = async (): Promise<Line> => {
    const before = line;
    const known = await before?.catch(() => undefined);
    if (known?.isOpen() === true) return known;
    // Several may find it lost at once: the first opens it for all.
    if (line === before) line = undefined;
    line ??= greet();
    const opening = line;
    opening.catch(() => {
      if (line === opening) line = undefined;
    });
    return opening;
  };
  return {
    ask: async (question, params, asking) => (await current()).ask(question, params, asking),
    close: () => {
      line?.then(
        (opened) => opened.close(),
        () => {},
      );
      line = undefined;
    },
  };
};
