// Who is at the other end of stdin and stdout. Apart from `peer.ts`, so that a server over pipes starts without foreign code.
import { readlinkSync } from 'node:fs';
import { type Principal, scopes } from './principal.ts';

/** Whoever started this server over pipes: it holds the rights of this process, and so may do all that it can. */
export const parentPrincipal = (): Principal => {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const pid = process.ppid;
  let exe: string | undefined;
  try {
    exe = readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // Another user's, or gone: the audit does without.
  }
  const program = exe === undefined ? {} : { exe };
  return { kind: 'parent', id: `uid:${uid}`, scopes, transport: 'stdio', uid, gid, pid, ...program };
};
