// Offers what a command watches to servers and users without privilege, where its options ask for that.
import type { LiveDesk } from '../base/live-desk.ts';
import type { Arguments } from './arguments.ts';
import { auditOption, auditPlace } from './audit-place.ts';
import type { Options } from './command.ts';
import { err } from './print.ts';
import { VERSION } from './version.ts';

export const offerOptions = {
  serve: {
    type: 'flag',
    doc: "let 'whytrace mcp' and 'whytrace ask' of users without privilege watch through this program",
  },
  control: {
    type: 'text',
    value: 'PATH',
    doc: 'the socket at which they do',
    default: '/run/whytrace-live/live.sock',
  },
  'allow-uid': { type: 'integer', value: 'UID', repeat: true, doc: 'let this user do so, besides your own and root' },
  'allow-gid': { type: 'integer', value: 'GID', repeat: true, doc: 'let this group do so' },
  audit: { ...auditOption, doc: 'with --serve: log of what they ask, which cannot be turned off' },
} as const satisfies Options;

/** Whether the options ask for it. */
export const isOffered = (args: Arguments): boolean => args.flag('serve') || args.text('control') !== undefined;

/** Begins to offer the desk. Resolves to what ends that; at once when it was not asked for. Throws a UserError. */
export const offerDesk = async (args: Arguments, desk: LiveDesk): Promise<() => Promise<void>> => {
  const { CONTROL_SOCKET } = await import('../serve/default-socket.ts');
  if (!isOffered(args)) return async () => {};
  const path = args.text('control') ?? CONTROL_SOCKET;
  const { controlScopes, serveDesk } = await import('../serve/control/serve-desk.ts');
  const { peerPolicy } = await import('../serve/identity/peer.ts');
  const { createAudit } = await import('../serve/audit/audit-watch.ts');
  const { createAuditSink } = await import('../serve/audit/audit-sink.ts');
  const report = (text: string) => err(`whytrace: ${text}\n`);
  const sink = createAuditSink({ ...auditPlace(args.text('audit')), report });
  // A recorder may write no other file once it has given up its privileges.
  sink.open();
  const noRecording = () => {
    throw new Error('what is watched is no recording');
  };
  const { address, close } = await serveDesk({
    path,
    policy: peerPolicy(args.integers('allow-uid'), args.integers('allow-gid'), controlScopes),
    desk,
    version: VERSION,
    audit: createAudit({ sink, path: noRecording }),
    report: (error) => report(error.message),
  });
  report(`others may watch through ${address}`);
  return async () => {
    await close();
    sink.close();
  };
};
