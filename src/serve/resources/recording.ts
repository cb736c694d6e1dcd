// A recording as a resource: the answer of get_trace_stats.
import { getTraceStats } from '../tools/get-trace-stats.ts';
import { callTool } from '../worker/call-tool.ts';
import { CURRENT, recordingId } from './recording-id.ts';
import type { ResourceKind } from './resource.ts';

export const recordingResource: ResourceKind = {
  name: 'recording',
  title: 'Recording',
  description: 'What is in the recording: processes, calls with their exact times, losses; as get_trace_stats',
  variable: 'id',
  values: (context) => [recordingId(context)],
  read: async (id, context) =>
    id === CURRENT || id === recordingId(context) ? callTool(getTraceStats, {}, context) : undefined,
};
