// Reads what the kernel says of its tracepoints. Where tracefs is not mounted it is opened without mounting it anywhere, so
// that nothing on the machine changes.
import { closeSync, readFileSync, statSync } from 'node:fs';
import type { System } from './libbpf.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

const formatIn = (folder: string, name: string): string | undefined => {
  try {
    return readFileSync(`${folder}/events/${name}/format`, 'utf8');
  } catch {
    return undefined;
  }
};

/** The description of a tracepoint such as "skb/kfree_skb"; undefined when this kernel has no such tracepoint. */
export const tracepointFormat = (system: System, name: string): string | undefined => {
  for (const folder of PLACES) {
    const text = formatIn(folder, name);
    if (text !== undefined) return text;
  }
  const mounted = system.mountDetached('tracefs');
  if (mounted < 0) return undefined;
  try {
    return formatIn(`/proc/self/fd/${mounted}`, name);
  } finally {
    closeSync(mounted);
  }
};

/** By stat(2): access(2) does not count the capabilities of a user who is not root. */
const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

let mount: number | undefined;

/** The folder that holds `events`; undefined without tracefs. A mount made for it lasts as long as this program. */
export const tracefsFolder = (system: System): string | undefined => {
  const place = PLACES.find((folder) => isFolder(`${folder}/events`));
  if (place !== undefined) return place;
  // One for all who ask.
  mount ??= system.mountDetached('tracefs');
  if (mount >= 0) return `/proc/self/fd/${mount}`;
  mount = undefined;
  return undefined;
};
