// One connection on record, whichever transport carries it: what came in, what is about to leave, and when each. No answer
// leaves before its row is written; where it cannot be written, an error leaves instead.
import { UserError } from '../../base/errors.ts';
import { fieldOf } from '../identity/field-of.ts';
import { type AnswerFacts, answerFacts } from './answer-facts.ts';
import type { AuditSink, Told } from './audit-sink.ts';
import type { Caller } from './blank-row.ts';
import { type Moment, now } from './moment.ts';
import { type Client, type RequestFacts, requestFacts } from './request-facts.ts';

export type Conversation = {
  /** Notes a message of the client. Returns the answer to give at once when it must not go on. */
  readonly received: (message: unknown) => object | undefined;
  /** Notes what is about to leave, of so many bytes. Returns what is to leave instead, when that could not be noted. */
  readonly sending: (message: unknown, bytes?: number) => object | undefined;
  /** The connection is over: how what is still unanswered ended. */
  readonly closed: (outcome: 'cancelled' | 'error') => void;
  /** Who the client claims to be, as far as it has. */
  readonly client: () => Client;
};

export type ConversationOptions = {
  readonly sink: AuditSink;
  readonly caller: Caller;
  /** The file that would be asked now; undefined when there is none. */
  readonly recording: () => string | undefined;
  /** What the client claimed before, where a connection is more than one conversation. */
  readonly client?: Client | undefined;
};

const NOBODY: Client = { client: null, client_version: null };

type Pending = { readonly at: Moment; readonly told: Told };

/** https://www.jsonrpc.org/specification#error_object */
const INTERNAL_ERROR = -32603;
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

const refusal = (id: unknown, thrown: unknown): object => {
  if (!(thrown instanceof UserError)) throw thrown;
  return { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message: thrown.message, data: thrown.parts } };
};

const isId = (id: unknown): id is string | number => typeof id === 'string' || typeof id === 'number';

/** Puts one connection on record. */
export const openConversation = (options: ConversationOptions): Conversation => {
  const { sink, caller, recording } = options;
  const pending = new Map<string | number, Pending>();
  let client = options.client ?? NOBODY;

  const toldOf = ({ begins, client: claimed, ...facts }: RequestFacts): Told => {
    client = claimed ?? client;
    return { ...facts, ...client, recording: begins ? (recording() ?? null) : null };
  };
  const finish = ({ at, told }: Pending, facts: Partial<AnswerFacts>): void => {
    const duration_ns = Number(now().monotonic_ns - at.monotonic_ns);
    sink.append('call', at, caller, { ...told, ...facts, duration_ns });
  };
  /** For what is not answered: a failure has been reported, and there is nobody to refuse. */
  const finishQuietly = (one: Pending, facts: Partial<AnswerFacts>): void => {
    try {
      finish(one, facts);
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
    }
  };
  const take = (id: unknown): Pending | undefined => {
    if (!isId(id)) return undefined;
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };

  const receivedRequest = (id: string | number, at: Moment, facts: RequestFacts): object | undefined => {
    const told = toldOf(facts);
    try {
      const begun = facts.begins ? sink.append('begin', at, caller, told) : null;
      pending.set(id, { at, told: { ...told, begun } });
      return undefined;
    } catch (thrown) {
      return refusal(id, thrown);
    }
  };
  const receivedNotification = (message: unknown, at: Moment, facts: RequestFacts): void => {
    finishQuietly({ at, told: toldOf(facts) }, { outcome: 'ok' });
    if (facts.method !== 'notifications/cancelled') return;
    const cancelled = take(fieldOf(fieldOf(message, 'params'), 'requestId'));
    if (cancelled !== undefined) finishQuietly(cancelled, { outcome: 'cancelled' });
  };

  return {
    received: (message) => {
      const at = now();
      const facts = requestFacts(message);
      const id = fieldOf(message, 'id');
      if (isId(id) && fieldOf(message, 'method') !== undefined) return receivedRequest(id, at, facts);
      receivedNotification(message, at, facts);
      return undefined;
    },
    sending: (message, bytes) => {
      const method = fieldOf(message, 'method');
      // A subscription is answered when it ends; its beginning is what counts.
      const isBeginning = method === ACKNOWLEDGED;
      if (method !== undefined && !isBeginning) return undefined;
      const id = isBeginning
        ? fieldOf(fieldOf(fieldOf(message, 'params'), '_meta'), SUBSCRIPTION_ID)
        : fieldOf(message, 'id');
      const one = take(id);
      if (one === undefined) return undefined;
      try {
        finish(one, isBeginning ? { outcome: 'ok' } : answerFacts(message, bytes));
        return undefined;
      } catch (thrown) {
        return refusal(id, thrown);
      }
    },
    client: () => client,
    closed: (outcome) => {
      for (const one of pending.values()) finishQuietly(one, { outcome });
      pending.clear();
    },
  };
};
