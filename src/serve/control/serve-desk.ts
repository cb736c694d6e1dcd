// Offers the live desk of this program at a UNIX socket, to servers that have no privilege of their own. Who may is decided by the
// kernel's word on each connection; every question passes the gate and stands in the audit log.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LiveDesk } from '../../base/live-desk.ts';
import type { PeerPolicy } from '../identity/peer.ts';
import type { Scope } from '../identity/principal.ts';
import type { Audit } from '../mcp.ts';
import { openGate } from '../transport/gate.ts';
import { type Limits, usualLimits } from '../transport/limits.ts';
import type { Listening } from '../transport/server-maker.ts';
import { serveOverSocket } from '../transport/socket.ts';
import { answerDesk } from './answer-desk.ts';
import { errors } from './errors.ts';
import { DEPTH, QUESTION_BYTES, scopeOf } from './language.ts';
import { shareDesk } from './own-desk.ts';

/** What a caller who is let in may do: there is no other reason to let one in. */
export const controlScopes: readonly Scope[] = ['telemetry:read', 'probe:control'];

/** A few servers are at the other end, and each of their callers was counted there already. */
const LIMITS = {
  messageBytes: QUESTION_BYTES,
  depth: DEPTH,
  connections: 64,
  connectionsPerGuest: 8,
  connectionsReserved: 8,
  endMs: 200,
} as const satisfies Partial<Limits>;

export type ServeDeskOptions = {
  readonly path: string;
  readonly policy: PeerPolicy;
  readonly desk: LiveDesk;
  /** Of this program. */
  readonly version: string;
  /** Puts all that passes on record. */
  readonly audit: Audit;
  readonly report: (error: Error) => void;
  /** Those that differ from the usual. */
  readonly limits?: Partial<Limits>;
};

/** Listens until it is closed; the desk stays open. Throws a UserError when the path cannot be had. */
export const serveDesk = async (options: ServeDeskOptions): Promise<Listening> => {
  const { path, policy, desk, version, audit, report, limits } = options;
  const gate = openGate({
    scopes: { tool: () => undefined, resource: () => undefined, method: scopeOf },
    limits: { ...usualLimits, ...LIMITS, ...limits },
    onRefused: audit.onRefused,
  });
  const deskFor = shareDesk(desk);
  // Whom the policy lets in has to get to the file. A folder that is there is left as its owner wants it, and that is said.
  const folder = dirname(path);
  if (policy.uids.length + policy.gids.length > 0) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const mode = statSync(folder).mode & 0o777;
    if ((mode & 0o001) === 0) report(errors.closedFolder({ folder, mode: `0${mode.toString(8)}` }));
  }
  return serveOverSocket({
    ...{ path, policy, gate, report, watch: audit.watch.transport },
    speak: (transport, { id, uid }) =>
      answerDesk(transport, {
        ...{ program: version, report },
        desk: deskFor({ id, owns: uid === 0 || uid === policy.owner }),
      }),
  });
};
