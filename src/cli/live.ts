// The live desk of a command: opened when a tool first asks for it, closed at the end.
import type { LiveDesk } from '../base/live-desk.ts';

export type Live = { readonly desk: () => Promise<LiveDesk>; readonly close: () => Promise<void> };

/**
 * Nothing is loaded before the first use; the desk is one for all callers. `allowList`: a file of what the owner of this machine
 * declares harmless.
 */
export const createLive = (allowList?: string): Live => {
  let opened: Promise<LiveDesk> | undefined;
  const open = async (): Promise<LiveDesk> => {
    // Detaching waits in the thread pool: room for all probes at once. Read when the pool starts.
    process.env.UV_THREADPOOL_SIZE ??= '64';
    const { requirePrivileges } = await import('../capture/capture.ts');
    requirePrivileges();
    const { startClock } = await import('../capture/clock.ts');
    const { openDesk } = await import('../live/desk.ts');
    const { readAllowList } = await import('../live/alerts/allow-list.ts');
    return openDesk(startClock(), { allowed: allowList === undefined ? [] : readAllowList(allowList) });
  };
  return {
    desk: () => {
      opened ??= open().catch((thrown: unknown) => {
        // Whoever asks next may have better luck.
        opened = undefined;
        throw thrown;
      });
      return opened;
    },
    close: async () => {
      await (await opened)?.stop();
    },
  };
};
