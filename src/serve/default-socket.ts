// Where the socket of a user's server is when nobody named a path.
import { join } from 'node:path';
import { stateFolder } from './find-recording.ts';

/** In the folder that ends with the session (https://specifications.freedesktop.org/basedir-spec/), else beside the state. */
export const defaultSocket = (environment: NodeJS.ProcessEnv = process.env): string => {
  const runtime = environment.XDG_RUNTIME_DIR;
  return runtime?.startsWith('/') ? join(runtime, 'whytrace', 'mcp.sock') : join(stateFolder(environment), 'mcp.sock');
};

/** Where a program that watches the kernel offers that to others: the same for every user, in a folder that only root can make. */
export const CONTROL_SOCKET = '/run/whytrace-live/live.sock';
