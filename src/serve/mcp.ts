// The MCP server, as all transports share it: one gate, one factory of servers, one eye on the recording. Knows no transport.
import { shareLive } from './control/share-live.ts';
import { allowed, allowedOf } from './identity/allowed.ts';
import type { ScopeTable } from './identity/scope-table.ts';
import { allChanges, watchRecording } from './protocol/changes.ts';
import { watchLive } from './protocol/live-changes.ts';
import { protocolServer } from './protocol/server.ts';
import type { ToolContext } from './tool.ts';
import { tools } from './tools.ts';
import { type GateOptions, openGate } from './transport/gate.ts';
import { type Limits, usualLimits } from './transport/limits.ts';
import type { ServerMaker, Watch } from './transport/server-maker.ts';
import type { OnToken } from './transport/token-service.ts';

export type ServingOptions = {
  readonly version: string;
  readonly context: ToolContext;
  /** Those that differ from the usual. */
  readonly limits?: Partial<Limits>;
  /** Puts on record what passes, and what is refused. */
  readonly audit?: Audit;
  /** Told of faults that no caller hears of. */
  readonly report: (error: Error) => void;
};

/** What looks on: at messages, at refusals, and at tokens that are given. */
export type Audit = {
  readonly watch: Watch;
  readonly onRefused: NonNullable<GateOptions['onRefused']>;
  readonly onToken?: OnToken;
};

const AUDIT_RESOURCES = /^whytrace:\/\/audit\b/;
const PROBE_RESOURCES = /^whytrace:\/\/subscriptions\b/;

/** What tools and resources need of their callers. */
const scopeTable: ScopeTable = {
  tool: (name) => tools.find((tool) => tool.name === name)?.traits.scope,
  resource: (uri) => {
    if (AUDIT_RESOURCES.test(uri)) return 'admin';
    return PROBE_RESOURCES.test(uri) ? 'probe:control' : 'telemetry:read';
  },
};

/** What every transport is given. */
export const mcpServing = ({ version, context, limits, audit, report }: ServingOptions) => {
  const gate = openGate({ scopes: scopeTable, limits: { ...usualLimits, ...limits }, onRefused: audit?.onRefused });
  const changes = allChanges([watchRecording(context), watchLive(context)]);
  const liveOf = context.live === undefined ? undefined : shareLive(context.live);
  const makeServer: ServerMaker = (principal, request, asked) => {
    const all = tools.every((tool) => allowed(principal, tool));
    const own = liveOf === undefined ? {} : { live: liveOf(principal) };
    const parts = { version, context: { ...context, ...own, principal }, changes };
    // The same list for everybody who may do all: clients may then share it.
    return protocolServer(all ? parts : { ...parts, tools: allowedOf(principal, tools) }, request, asked);
  };
  return { gate, makeServer, changes, watch: audit?.watch, onToken: audit?.onToken, report };
};

export type Serving = ReturnType<typeof mcpServing>;
