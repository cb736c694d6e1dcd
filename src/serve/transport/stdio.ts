// MCP over stdin and stdout: one client, the process that started this one. Stdout is the wire: nothing here may print.
import { parentPrincipal } from '../identity/parent.ts';
import { serveStdio } from '../protocol/sdk.ts';
import type { Gate } from './gate.ts';
import { lineTransport } from './line-transport.ts';
import type { ServerMaker, Watch } from './server-maker.ts';

export type StdioOptions = {
  readonly gate: Gate;
  readonly makeServer: ServerMaker;
  readonly watch?: Watch['transport'] | undefined;
  readonly report: (error: Error) => void;
};

/** Serves until stdin ends. */
export const serveOverStdio = ({ gate, makeServer, watch, report }: StdioOptions): void => {
  const principal = parentPrincipal();
  const lines = lineTransport({ input: process.stdin, output: process.stdout, gate, principal });
  serveStdio((request) => makeServer(principal, request), {
    transport: watch === undefined ? lines : watch(lines, principal),
    maxSubscriptions: gate.limits.subscriptions,
    onerror: report,
  });
};
