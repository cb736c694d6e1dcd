// The message in an HTTP request, from its body to the gate: read within bounds, parsed strictly, allowed or refused.
import type { IncomingMessage } from 'node:http';
import { challenge } from '../identity/challenge.ts';
import { errors } from '../identity/errors.ts';
import { fieldOf } from '../identity/field-of.ts';
import { type Principal, type Scope, scopes } from '../identity/principal.ts';
import { idOf } from '../identity/scope-table.ts';
import type { Gate, Refusal } from './gate.ts';
import { refusalHeaders } from './http-answer.ts';
import { parseMessage } from './parse-message.ts';
import { invalidRequest, parseError, refusalError } from './wire-error.ts';

/** The body; undefined when it is longer than `most` bytes. Rejects when the sender goes away. */
export const readBody = async (request: IncomingMessage, most: number): Promise<Buffer | undefined> => {
  if (Number(request.headers['content-length']) > most) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > most) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

/** A message that may go on, or the answer that it gets in place of that. */
export type Judged =
  | { readonly value: unknown; readonly staysOpen: boolean }
  | { readonly status: number; readonly answer: object; readonly headers: Readonly<Record<string, string>> };

/** Every scope that a caller must ask for to keep what it has and get what it needs, in one challenge. */
const stepUp = (held: readonly Scope[], needed: readonly Scope[]): readonly Scope[] =>
  scopes.filter((scope) => held.includes(scope) || needed.includes(scope));

/** Judges the body of a request of a proven caller. `resource` is what a challenge names; undefined without an issuer. */
export const judgeMessage = (gate: Gate, principal: Principal, resource: string | undefined, body: Buffer): Judged => {
  const refused = (refusal: Refusal, id: string | number | undefined): Judged => {
    const told = {
      resource,
      error: 'insufficient_scope',
      why: refusal.error.parts.why,
      scopes: stepUp(principal.scopes, refusal.needed ?? []),
    } as const;
    return {
      status: refusal.status,
      answer: refusalError(refusal, id),
      headers: refusalHeaders(refusal, refusal.reason === 'scope' ? challenge(told) : undefined),
    };
  };
  const malformed = (answer: ReturnType<typeof parseError>): Judged => {
    gate.refused(gate.malformed(errors.malformed({ why: answer.error.message })), principal);
    return { status: 400, answer, headers: {} };
  };
  const parsed = parseMessage(body, gate.limits.depth);
  if ('why' in parsed) return malformed(parseError(parsed.why));
  if ('error' in parsed) return refused(gate.refused(gate.malformed(parsed.error), principal), undefined);
  const { value } = parsed;
  // Only 2025-03-26 had them. One message a request is what limits, challenges and the audit can speak about.
  if (Array.isArray(value)) return malformed(invalidRequest('batches are not part of MCP', undefined));
  const refusal = gate.refusal(principal, value);
  if (refusal !== undefined) return refused(refusal, idOf(value));
  return { value, staysOpen: fieldOf(value, 'method') === 'subscriptions/listen' };
};
