// What the file, pipe or socket is that a wait was for: looked up once for each, while its process lives.
import { descriptorName, mappedName } from '../capture/file-names.ts';
import { createSocketPeers } from '../capture/socket-peers.ts';
import { fileTypes } from '../catalogue/events.ts';
import type { FileRow, WaitWriter } from '../store/wait-writer.ts';
import type { Interval } from './interval.ts';

/** Files remembered at most; after that one may be looked up again. */
const REMEMBERED = 50_000;
/** How often a file is looked up that could not be named. */
const ATTEMPTS = 3;

type Known = { id: number; left: number };
type Waited = Pick<Interval, 'pid' | 'syscall' | 'arg0' | 'fileType' | 'fileInode' | 'fileDevice'>;

export type Files = {
  /** Id of the row of what an interval was waiting for; null when it was for no file. */
  readonly idOf: (interval: Waited) => number | null;
  /** Ids from before are not given again. */
  readonly forget: () => void;
};

const sockets: ReadonlySet<number> = new Set([fileTypes.inet, fileTypes.unix, fileTypes.socket]);

export const createFiles = (writer: WaitWriter): Files => {
  const known = new Map<string, Known>();
  const peers = createSocketPeers();

  const nameOf = ({ pid, syscall, arg0, fileInode, fileDevice }: Waited): string | null =>
    (syscall < 0 ? mappedName(pid, { device: fileDevice, inode: fileInode }) : descriptorName(pid, arg0, fileInode)) ??
    null;

  const describe = (waited: Waited): FileRow => {
    const { pid, fileType: type, fileInode: inode, fileDevice: device } = waited;
    const plain = { inode, device, type, local: null, remote: null, peer_pid: null, peer_comm: null };
    if (type === fileTypes.pipe) return { ...plain, name: `pipe:[${inode}]` };
    if (!sockets.has(type)) return { ...plain, name: nameOf(waited) };
    const socket = peers.describe(pid, inode);
    return {
      ...plain,
      name: `socket:[${inode}]`,
      local: socket?.local ?? null,
      remote: socket?.remote ?? null,
      peer_pid: socket?.peer?.pid ?? null,
      peer_comm: socket?.peer?.comm ?? null,
    };
  };
  const isComplete = ({ name, type, remote, peer_pid }: FileRow) =>
    name !== null && (type !== fileTypes.inet || (remote !== null && peer_pid !== null));

  return {
    forget: () => known.clear(),
    idOf: (waited) => {
      const { pid, arg0, fileType: type, fileInode: inode } = waited;
      if (type === fileTypes.none || inode === 0) return null;
      // All anonymous files share one inode.
      const key = type === fileTypes.anonymous ? `${type}:${pid}:${arg0}` : `${type}:${waited.fileDevice}:${inode}`;
      const found = known.get(key);
      if (found !== undefined && found.left <= 0) return found.id;
      const row = describe(waited);
      if (known.size >= REMEMBERED) known.clear();
      const left = isComplete(row) ? 0 : (found?.left ?? ATTEMPTS) - 1;
      const id = writer.fileId(row);
      known.set(key, { id, left });
      return id;
    },
  };
};
