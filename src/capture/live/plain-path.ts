// Absolute paths as programs may write them, against those that are guarded. Text only: nothing is asked of the file system,
// whose links a program could have made for us to follow.
import { normalize } from 'node:path/posix';

const ROOT_OF_PROCESS = /^\/proc\/(?:self|thread-self|\d+)(?:\/task\/\d+)?\/root(?=\/)/;

/** A path without doubled slashes, `.`, `..` and the ways through /proc by which a process reaches its root. */
export const plainPath = (path: string): string => {
  let plain = normalize(path);
  while (ROOT_OF_PROCESS.test(plain)) plain = plain.replace(ROOT_OF_PROCESS, '');
  return plain;
};
