// Which recording is meant when none is named: ./whytrace.db, or the newest one in the state directory.
// Looks at the disk anew each time, so that a server started before the recording finds it.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { identify } from '../store/open.ts';
import { errors } from './errors.ts';

const DEFAULT_FILE = 'whytrace.db';

/** `$XDG_STATE_HOME/whytrace`, or `~/.local/state/whytrace`: https://specifications.freedesktop.org/basedir-spec/. */
export const stateFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const base = environment.XDG_STATE_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'state'), 'whytrace');
};

const isRecording = (path: string): boolean => {
  try {
    return identify(path).recording;
  } catch {
    return false;
  }
};

const newestIn = (folder: string): string | undefined => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.db'))
      .map((entry) => ({ path: join(folder, entry.name), changed: statSync(join(folder, entry.name)).mtimeMs }))
      .sort((a, b) => b.changed - a.changed)
      .find(({ path }) => isRecording(path))?.path;
  } catch {
    // A folder that is missing or cannot be read holds nothing to find.
    return undefined;
  }
};

/** The absolute path of the recording to read. Throws a UserError when none is named and none is found. */
export const findRecording = (named?: string): string => {
  if (named !== undefined) return resolve(named);
  const here = resolve(DEFAULT_FILE);
  if (existsSync(here)) return here;
  const folder = stateFolder();
  const found = newestIn(folder);
  if (found === undefined) throw errors.noRecording({ folder });
  return found;
};
