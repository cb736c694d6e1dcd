// One traced process as a resource: who it was and what its calls took; as get_trace_stats with its pid.
import { UserError } from '../../base/errors.ts';
import { withRecording } from '../tool.ts';
import { getTraceStats } from '../tools/get-trace-stats.ts';
import { callTool } from '../worker/call-tool.ts';
import type { ResourceKind } from './resource.ts';

const MOST = 200;

export const processResource: ResourceKind = {
  name: 'process',
  title: 'Process',
  description: 'One traced process: what it was, its calls and their exact times',
  variable: 'pid',
  values: (context) =>
    withRecording(context, (recording) =>
      recording.database
        .prepare('SELECT DISTINCT pid FROM process WHERE tracked = 1 ORDER BY pid LIMIT ?')
        .all(MOST)
        .map(({ pid }) => String(pid)),
    ),
  read: async (pid, context) => {
    if (!/^\d{1,9}$/.test(pid)) return undefined;
    try {
      return await callTool(getTraceStats, { pid: Number(pid) }, context);
    } catch (thrown) {
      if (thrown instanceof UserError && thrown.parts.code === 'unknown_pid') return undefined;
      throw thrown;
    }
  },
};
