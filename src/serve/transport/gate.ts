// What every message passes before the protocol sees it, whichever transport brought it: is the caller allowed, and not too fast.
// Knows no transport and no tool: the scopes come in a table.
import type { UserError } from '../../base/errors.ts';
import { allowed } from '../identity/allowed.ts';
import { errors } from '../identity/errors.ts';
import type { Principal, Scope } from '../identity/principal.ts';
import { type Asked, askedBy, type ScopeTable } from '../identity/scope-table.ts';
import type { Limits } from './limits.ts';
import { rateLimit } from './rate.ts';

/** What a message costs that makes the server do little, in calls: its rows in the audit must not come for nothing. */
const LITTLE = 0.25;

/** Why a message went no further: for the caller as `error`, for HTTP also as `status`, for the audit as `reason`. */
export type Refusal = {
  readonly reason: 'identity' | 'scope' | 'rate' | 'busy' | 'malformed' | 'host';
  readonly error: UserError;
  readonly status: number;
  /** What was asked for, where that could be read. */
  readonly asked?: Asked;
  /** The message itself, for the audit alone, which takes the secrets out of it. */
  readonly message?: unknown;
  /** Every scope that the request needs. */
  readonly needed?: readonly Scope[];
  readonly retrySeconds?: number;
};

/** Told of every refusal, for the audit. `principal` is missing when nobody was proven. */
export type OnRefused = (refusal: Refusal, principal: Principal | undefined, remote?: string) => void;

export type GateOptions = {
  readonly scopes: ScopeTable;
  readonly limits: Limits;
  readonly onRefused?: OnRefused | undefined;
  /** Milliseconds, never going back. */
  readonly now?: () => number;
};

/** A gate for one server: limits are counted over all of its transports. */
export const openGate = ({ scopes, limits, onRefused, now = () => performance.now() }: GateOptions) => {
  const rate = rateLimit(limits.callsPerSecond, limits.burst);
  let working = 0;
  const workingFor = new Map<string, number>();
  let ending = false;
  let onIdle: (() => void) | undefined;
  const judge = (principal: Principal, message: unknown): Refusal | undefined => {
    const asked = askedBy(message, scopes);
    const wait = rate.take(principal.id, now(), asked?.works === true ? 1 : LITTLE);
    if (wait > 0) {
      const retrySeconds = Math.max(1, Math.ceil(wait));
      const error = errors.tooFast({ rate: limits.callsPerSecond, seconds: retrySeconds });
      return { reason: 'rate', error, status: 429, retrySeconds, ...(asked === undefined ? {} : { asked }) };
    }
    if (asked === undefined) return undefined;
    const { scope, what } = asked;
    if (scope !== undefined && !allowed(principal, { traits: { scope } })) {
      const error = errors.scopeMissing({ what, needed: [scope], held: principal.scopes });
      return { reason: 'scope', error, status: 403, asked, needed: [scope] };
    }
    return undefined;
  };
  const refused = (refusal: Refusal, principal: Principal | undefined, remote?: string): Refusal => {
    // What is no message never came to be judged, and is paid for all the same.
    if (refusal.reason === 'malformed' && principal !== undefined) rate.take(principal.id, now(), LITTLE);
    onRefused?.(refusal, principal, remote ?? principal?.remote);
    return refusal;
  };
  return {
    limits,
    refused,
    /** Undefined when the message may go on. Every message counts, most as a part of a call. */
    refusal: (principal: Principal, message: unknown): Refusal | undefined => {
      const found = judge(principal, message);
      return found === undefined ? undefined : refused({ ...found, message }, principal);
    },
    /** Counts a request that is being answered; undefined when there are too many, of all or of that caller, else what to call when it is done. */
    begin: (caller?: string): (() => void) | undefined => {
      const own = caller === undefined ? 0 : (workingFor.get(caller) ?? 0);
      if (ending || working >= limits.requests || own >= limits.requestsPerCaller) return undefined;
      working++;
      if (caller !== undefined) workingFor.set(caller, own + 1);
      let open = true;
      return () => {
        if (!open) return;
        open = false;
        working--;
        const left = caller === undefined ? 0 : (workingFor.get(caller) ?? 0) - 1;
        if (caller !== undefined && left > 0) workingFor.set(caller, left);
        else if (caller !== undefined) workingFor.delete(caller);
        if (working === 0) onIdle?.();
      };
    },
    /** Lets nothing in any more. Done when what is being answered is, or when the time for that is over. */
    drain: async (): Promise<void> => {
      ending = true;
      if (working === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onIdle = resolve;
      const timer = setTimeout(resolve, limits.endMs);
      await promise;
      clearTimeout(timer);
    },
    busy: (most = limits.requests): Refusal => ({
      reason: 'busy',
      error: errors.tooBusy({ most }),
      status: 503,
      retrySeconds: 1,
    }),
    malformed: (error: UserError, status = 400): Refusal => ({ reason: 'malformed', error, status }),
  };
};

export type Gate = ReturnType<typeof openGate>;
