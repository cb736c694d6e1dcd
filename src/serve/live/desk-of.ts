// The live desk of a server, opened when it is first asked for.
import type { LiveDesk } from '../../base/live-desk.ts';
import { errors } from '../errors.ts';
import type { LiveState, ToolContext } from '../tool.ts';

/** Whether the running kernel can be asked through this server now. */
export const liveState = ({ live, liveState: state }: ToolContext): LiveState =>
  live === undefined ? 'absent' : (state?.() ?? 'awake');

/** Throws a UserError when this server does not watch the kernel. */
export const deskOf = async ({ live }: ToolContext): Promise<LiveDesk> => {
  if (live === undefined) throw errors.notLive({});
  return live();
};
