// Puts on record what never reached the protocol: callers that were turned away, and what was no message.
import { UserError } from '../../base/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { OnRefused } from '../transport/gate.ts';
import { outcomeOf } from './answer-facts.ts';
import type { AuditSink, Told } from './audit-sink.ts';
import type { Caller } from './blank-row.ts';
import { now } from './moment.ts';
import { kept, requestFacts } from './request-facts.ts';

const MALFORMED = '(malformed)';
const CONNECTION = '(connection)';

/**
 * Rows in each span of time of all callers that nobody has proven, and of each proven one that sends no messages or too many;
 * the rest of that span is one row with their number. Else anybody who reaches the address could push all others out of the log.
 */
const MOST_IN_SPAN = 50;
const SPAN_MS = 1_000;
/** Of a proven caller; it pays for all else that is refused. */
const COALESCED: ReadonlySet<Refused['reason']> = new Set(['malformed', 'rate', 'busy']);

type Refused = Parameters<OnRefused>[0];

const toldOf = ({ reason, error, asked, message }: Refused): Told => {
  const { code, why } = error.parts;
  const isMalformed = reason === 'malformed';
  const { begins: _, client, ...facts } = requestFacts(message);
  return {
    ...(message === undefined ? {} : { ...facts, ...client }),
    method: isMalformed ? MALFORMED : (asked?.method ?? CONNECTION),
    ...(asked === undefined ? {} : { name: kept(asked.what) }),
    outcome: isMalformed ? 'error' : outcomeOf(code, 'denied'),
    error_code: code,
    ...(isMalformed ? { arguments: kept(why) } : {}),
  };
};

/** For the gate that all transports share. A failure to write is reported by the sink: the refusal stands either way. */
export const auditedRefusals = (sink: AuditSink): OnRefused => {
  const append = (caller: Caller, told: Told): void => {
    try {
      sink.append('call', now(), caller, told);
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
    }
  };
  /** Refusals of the span that runs, by the caller's id; those of the unproven together. */
  const spans = new Map<string | undefined, number>();
  const endSpan = (principal: Principal | undefined): void => {
    const more = (spans.get(principal?.id) ?? 0) - MOST_IN_SPAN;
    spans.delete(principal?.id);
    if (more <= 0) return;
    const detail = JSON.stringify({ refused: more });
    append({ principal }, { method: CONNECTION, outcome: 'denied', error_code: 'many_refused', detail });
  };
  return (refused, principal, remote) => {
    if (principal === undefined || COALESCED.has(refused.reason)) {
      const count = (spans.get(principal?.id) ?? 0) + 1;
      spans.set(principal?.id, count);
      if (count === 1) setTimeout(endSpan, SPAN_MS, principal).unref();
      if (count > MOST_IN_SPAN) return;
    }
    append({ principal, remote }, toldOf(refused));
  };
};
