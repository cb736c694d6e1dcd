// Keeps compiled modules between runs, so that a client that starts the server has its list of tools 100 ms earlier.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Call before the modules in question are imported. Never fails: without a cache the start is only slower. */
export const quickStart = (environment: NodeJS.ProcessEnv = process.env): void => {
  // Under sudo, HOME may be the user's: leave no files of root there. Never in /tmp, where strangers could put code.
  if (environment.SUDO_UID !== undefined) return;
  const base = environment.XDG_CACHE_HOME;
  enableCompileCache(join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'whytrace'));
};
