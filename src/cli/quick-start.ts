// Keeps compiled modules between runs: taking the types out of them is half of the time that a short command needs.
import { statSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Whether nobody else may put code there: root, when it has the home of a user, must neither run that user's nor leave its own. */
const isOurs = (folder: string): boolean => {
  const { uid } = statSync(folder);
  return uid === process.geteuid?.();
};

/** Call before the modules in question are imported. Never fails: without a cache the start is only slower. */
export const quickStart = (environment: NodeJS.ProcessEnv = process.env): void => {
  // Under sudo, HOME may be the user's: leave no files of root there. Never in /tmp, where strangers could put code.
  if (environment.SUDO_UID !== undefined) return;
  const { XDG_CACHE_HOME: asked } = environment;
  try {
    const base = asked?.startsWith('/') ? asked : homedir();
    if (isOurs(base)) enableCompileCache(join(base, ...(base === asked ? [] : ['.cache']), 'whytrace'));
  } catch {
    // No such folder: none is made for this.
  }
};
