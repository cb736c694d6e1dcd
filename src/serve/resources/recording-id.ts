// What a recording is called in the address of a resource: the name of its file, where that is fit for one.
import { basename } from 'node:path';
import type { ToolContext } from '../tool.ts';

/** Always names the recording that is served. */
export const CURRENT = 'current';

/** `run` of `/data/run.db`; `current` where the name has characters that an address should not carry. */
export const recordingId = (context: ToolContext): string => {
  const name = basename(context.path()).replace(/\.db$/, '');
  return /^[\w.-]{1,60}$/.test(name) ? name : CURRENT;
};
