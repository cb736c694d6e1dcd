// What tools get from the command line: where the recording is, and how to check this machine.
import { findRecording } from '../serve/find-recording.ts';
import type { ToolContext } from '../serve/tool.ts';
import { auditPlace } from './audit-place.ts';

/** `named` and `audit` are the files the user gave, `budget` the length of a first answer in characters. */
export const toolContext = (named: string | undefined, budget: number, audit?: string): ToolContext => ({
  path: () => findRecording(named),
  // Loaded when asked for: it loads the door to the kernel, which readers of recordings do without.
  check: async () => ({
    ...(await import('../capture/features.ts')).checkMachine(),
    libraries: (await import('../capture/known-libraries.ts')).knownLibraries(),
  }),
  servers: async () => (await import('../capture/mcp/find-servers.ts')).findMcpServers(),
  budget,
  audit: auditPlace(audit),
});
