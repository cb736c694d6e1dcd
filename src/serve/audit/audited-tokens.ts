// Puts on record who was given a token, for what and how long, and who was refused one. The token itself is nowhere near.
import { UserError } from '../../base/errors.ts';
import type { OnToken } from '../transport/token-service.ts';
import type { AuditSink } from './audit-sink.ts';
import { now } from './moment.ts';
import { requestFacts } from './request-facts.ts';

/** For the service of tokens. Throws when a token that is about to be given cannot be put on record: then it is not given. */
export const auditedTokens =
  (sink: AuditSink): OnToken =>
  (principal, message, error) => {
    const { begins: _, client: __, ...facts } = requestFacts(message);
    const ending =
      error === undefined
        ? ({ outcome: 'ok' } as const)
        : ({ outcome: 'denied', error_code: error.parts.code } as const);
    try {
      sink.append('call', now(), { principal }, { ...facts, ...ending });
    } catch (thrown) {
      if (error === undefined || !(thrown instanceof UserError)) throw thrown;
    }
  };
