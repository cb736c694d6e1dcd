// Which file is meant by the name of a second recording. A caller over MCP can name only what lies beside the one that is
// served: else a server would tell strangers which files exist.
import { basename, dirname, join, resolve } from 'node:path';
import { errors } from './errors.ts';
import type { ToolContext } from './tool.ts';

/** The path of another recording. Throws a UserError when a caller over MCP names one in another folder. */
export const otherPath = (context: ToolContext, name: string): string => {
  if (context.principal === undefined) return resolve(name);
  const folder = dirname(context.path());
  if (resolve(folder, name) !== join(folder, basename(name))) throw errors.otherFolder({ name });
  return join(folder, basename(name));
};
