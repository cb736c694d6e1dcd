// The live desk of a command: this program's own, or that of the program that watches the kernel for others. Opened when a tool
// first asks for it, closed at the end.
import { lstatSync } from 'node:fs';
import type { AlertsPending } from '../base/alert.ts';
import type { LiveDesk } from '../base/live-desk.ts';
import type { LiveState } from '../serve/tool.ts';

export type Live = {
  readonly desk: () => Promise<LiveDesk>;
  readonly state: () => LiveState;
  /** Alerts after an id, as far as the kernel is watched by now; starts nothing. */
  readonly pending: (after: number) => Promise<AlertsPending | undefined>;
  readonly close: () => Promise<void>;
};

/** A desk that is opened at the first use, one for all callers. */
const openedOnce = (open: () => Promise<LiveDesk>, isThere: () => boolean): Live => {
  let opened: Promise<LiveDesk> | undefined;
  return {
    desk: () => {
      opened ??= open().catch((thrown: unknown) => {
        // Whoever asks next may have better luck.
        opened = undefined;
        throw thrown;
      });
      return opened;
    },
    state: () => (isThere() ? (opened === undefined ? 'asleep' : 'awake') : 'absent'),
    pending: async (after) => (await opened)?.pending?.(after),
    close: async () => {
      await (await opened)?.stop();
    },
  };
};

/** Watches the kernel by itself. `allowList`: a file of what the owner of this machine declares harmless. */
export const createLive = (allowList?: string): Live =>
  openedOnce(
    async () => {
      // Detaching waits in the thread pool: room for all probes at once. Read when the pool starts.
      process.env.UV_THREADPOOL_SIZE ??= '64';
      const { requirePrivileges } = await import('../capture/capture.ts');
      requirePrivileges();
      const { startClock } = await import('../capture/clock.ts');
      const { openDesk } = await import('../live/desk.ts');
      const { readAllowList } = await import('../live/alerts/allow-list.ts');
      const { stateFolder } = await import('../serve/find-recording.ts');
      const allowed = allowList === undefined ? [] : readAllowList(allowList);
      return openDesk(startClock(), { allowed, own: [stateFolder()] });
    },
    () => true,
  );

/** Has another program watch the kernel: the one that listens at this path, whenever there is one. */
export const createRemoteLive = (path: string): Live => {
  const live = openedOnce(
    async () => (await import('../serve/control/remote-desk.ts')).openRemoteDesk(path),
    () => lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true,
  );
  // To connect starts nothing there.
  const pending: Live['pending'] = async (after) =>
    live.state() === 'absent' ? undefined : (await live.desk()).pending?.(after);
  return { ...live, pending };
};

/** The desk of a user: its own where the user may watch the kernel, else that of the program that does. */
export const liveOf = async (control: string | undefined): Promise<Live> => {
  if (control !== undefined) return createRemoteLive(control);
  const { mayTrace } = await import('../capture/privileges.ts');
  if (process.geteuid?.() === 0 || mayTrace()) return createLive();
  return createRemoteLive((await import('../serve/default-socket.ts')).CONTROL_SOCKET);
};
