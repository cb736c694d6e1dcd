// The live desk of a server, opened when it is first asked for.
import type { LiveDesk } from '../../base/live-desk.ts';
import { errors } from '../errors.ts';
import type { ToolContext } from '../tool.ts';

/** Throws a UserError when this server does not watch the kernel. */
export const deskOf = async ({ live }: ToolContext): Promise<LiveDesk> => {
  if (live === undefined) throw errors.notLive({});
  return live();
};
