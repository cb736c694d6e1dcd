// Can the program to record be executed at all? Asked before anything is begun, so that a typing error costs no file.
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../base/errors.ts';
import { errors } from '../capture/errors.ts';

const NOT_THERE = 'there is no such program';

/** Why a path cannot be executed; undefined when it can. */
const obstacle = (path: string): string | undefined => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? undefined : 'it is not a file';
  } catch (thrown) {
    return systemCodeOf(thrown) === 'EACCES' ? 'it may not be executed' : NOT_THERE;
  }
};

/** Throws a UserError when execvp(3) would not find a program by the first word of a command. */
export const requireProgram = ([command = '']: readonly string[]): void => {
  const folders = (process.env.PATH ?? '').split(':');
  const paths = command.includes('/')
    ? [command]
    : folders.map((folder) => join(folder === '' ? '.' : folder, command));
  const obstacles = command === '' ? [NOT_THERE] : paths.map(obstacle);
  if (obstacles.includes(undefined)) return;
  throw errors.commandFailed({ command, why: obstacles.find((why) => why !== NOT_THERE) ?? NOT_THERE });
};
