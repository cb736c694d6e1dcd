// MCP servers among the processes that a recording saw, by their command lines and parents: all that a recording tells of
// them. Claims no more than the signs do.
import type { McpServer } from '../base/mcp-server.ts';
import { cleanText } from '../base/sanitize.ts';
import { LIKELY, mcpEvidence } from '../catalogue/mcp-evidence.ts';
import type { Recording } from '../store/recording.ts';

const NAME = 16;
const LINE = 256;
const MOST_PARENTS = 6;

/** Likeliest first. */
export const recordedServers = (recording: Recording): readonly McpServer[] => {
  const processes = recording.processes();
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const parentsOf = (pid: number) => {
    const parents: { readonly pid: number; readonly comm: string; readonly args: string }[] = [];
    let at = byPid.get(pid)?.parent_pid;
    while (at != null && parents.length < MOST_PARENTS && !parents.some((parent) => parent.pid === at)) {
      const parent = byPid.get(at);
      if (parent === undefined) break;
      parents.push({ pid: at, comm: cleanText(parent.comm ?? '', NAME), args: cleanText(parent.args ?? '', LINE) });
      at = parent.parent_pid;
    }
    return parents;
  };
  return processes
    .flatMap((process): readonly McpServer[] => {
      const { pid } = process;
      const comm = cleanText(process.comm ?? '', NAME);
      const args = cleanText(process.args ?? '', LINE);
      const parents = parentsOf(pid);
      const evidence = mcpEvidence({ comm, args, parents });
      if (evidence.confidence < LIKELY) return [];
      return [
        {
          ...{ pid, comm, uid: null, user: null, args, package: evidence.package, transport: 'unknown', addresses: [] },
          parents: parents.map((parent) => ({ pid: parent.pid, comm: parent.comm })),
          ...{ client: evidence.client, confidence: evidence.confidence, why: evidence.why, seen: 'recorded' },
        },
      ];
    })
    .toSorted((a, b) => b.confidence - a.confidence || a.pid - b.pid);
};
