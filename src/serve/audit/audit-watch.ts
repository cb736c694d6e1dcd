// The audit as the transports take it: looks on at connections and HTTP requests, and hears of every refusal.
import type { OnRefused } from '../transport/gate.ts';
import type { Watch } from '../transport/server-maker.ts';
import type { OnToken } from '../transport/token-service.ts';
import type { AuditSink } from './audit-sink.ts';
import { auditedExchange } from './audited-exchange.ts';
import { auditedRefusals } from './audited-refusals.ts';
import { auditedTokens } from './audited-tokens.ts';
import { auditedTransport } from './audited-transport.ts';
import { openConversation } from './conversation.ts';
import type { Client } from './request-facts.ts';

/** Sessions of older clients over HTTP whose claimed name is remembered. */
const MOST_SESSIONS = 4_096;

export type Audit = { readonly watch: Watch; readonly onRefused: OnRefused; readonly onToken: OnToken };

export type AuditOptions = {
  readonly sink: AuditSink;
  /** Path of the recording that would be asked now; throws when there is none. */
  readonly path: () => string;
};

/** Puts all that passes the transports on record. */
export const createAudit = ({ sink, path }: AuditOptions): Audit => {
  const clients = new Map<string, Client>();
  const recording = (): string | undefined => {
    try {
      return path();
    } catch {
      return undefined;
    }
  };
  const remember = (session: string, client: Client): void => {
    // Last in the map is who was heard last: the first is who has been silent longest.
    clients.delete(session);
    clients.set(session, client);
    const [oldest] = clients.keys();
    if (clients.size > MOST_SESSIONS && oldest !== undefined) clients.delete(oldest);
  };
  const exchange: Watch['exchange'] = (inner, principal) =>
    auditedExchange(inner, {
      conversation: (session) =>
        openConversation({
          ...{ sink, caller: { principal }, recording },
          client: session === null ? undefined : clients.get(`${principal.id} ${session}`),
        }),
      opened: (session, conversation) => remember(`${principal.id} ${session}`, conversation.client()),
    });
  return {
    watch: {
      transport: (inner, principal) =>
        auditedTransport(inner, openConversation({ sink, caller: { principal }, recording })),
      exchange,
    },
    onRefused: auditedRefusals(sink),
    onToken: auditedTokens(sink),
  };
};
