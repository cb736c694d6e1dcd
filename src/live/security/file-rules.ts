// The rules of the security watch about guarded files: who opens secrets, wipes logs, changes what starts by itself, touches our own.
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { FileLook, GuardKind } from '../../capture/live/guard.ts';
import type { FoundPlace } from './find-places.ts';
import { allow, type Judgement, type LookRule } from './rule.ts';

// asm-generic/fcntl.h
const WRITTEN = 0x3;
const O_TRUNC = 0x200;

/** The place because of which a look was told; undefined when the name is none of those that matter there. */
export const placeOf = (places: readonly FoundPlace[], as: GuardKind, path: string): FoundPlace | undefined =>
  places.find(
    (found) =>
      found.as === as &&
      (found.path === path ||
        (found.isFolder &&
          path.startsWith(`${found.path}/`) &&
          (found.place.names === undefined || found.place.names.test(basename(path))))),
  );

/** Whether the process runs the same program as we do. */
const runsOurProgram = (pid: number): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === process.execPath;
  } catch {
    return false;
  }
};

const isWiped = ({ action, flags, isNew }: FileLook): boolean =>
  action === 'removed' || action === 'cut' || (action === 'opened' && (flags & O_TRUNC) !== 0 && !isNew);

/** `places`: those that are guarded now. */
export const fileRules = (places: () => readonly FoundPlace[]): readonly LookRule<FileLook>[] => {
  const judge =
    (as: GuardKind, matters: (look: FileLook, found: FoundPlace) => Judgement | undefined) =>
    (look: FileLook): Judgement | undefined => {
      const found = look.guards.includes(as) ? placeOf(places(), as, look.path) : undefined;
      const judged = found === undefined ? undefined : matters(look, found);
      if (found === undefined || judged === undefined) return undefined;
      const { technique, what, severity } = found.place;
      return {
        technique,
        ...(severity === undefined ? {} : { severity }),
        ...judged,
        facts: { file: look.path, holds: what, done: look.action, ...judged.facts },
      };
    };
  const isHistory = ({ place }: FoundPlace) => place.names !== undefined;
  return [
    {
      id: 'sensitive_file',
      title: 'opened a file that holds secrets or rights',
      severity: 'medium',
      technique: 'T1003.008',
      benign: `su, sudo, sshd, ssh, cron and backups do; ${allow('sensitive_file')}`,
      judge: judge('secret', ({ flags }) => ({
        ...((flags & (WRITTEN | O_TRUNC)) === 0
          ? {}
          : { title: 'opened a file that holds secrets or rights, to write', severity: 'high' as const }),
        facts: { flags },
      })),
    },
    {
      id: 'log_wiped',
      title: 'emptied or removed a log',
      severity: 'medium',
      technique: 'T1070.002',
      benign: `logrotate, systemd-journald and the removal of packages do; ${allow('log_wiped')}`,
      judge: judge('log', (look, found) => (isWiped(look) && !isHistory(found) ? {} : undefined)),
    },
    {
      id: 'history_wiped',
      title: 'emptied or removed the history of a shell',
      severity: 'medium',
      technique: 'T1070.003',
      benign: `whoever tidies a home does, and so does the removal of a user; ${allow('history_wiped')}`,
      judge: judge('log', (look, found) => (isWiped(look) && isHistory(found) ? {} : undefined)),
    },
    {
      id: 'persistence',
      title: 'changed what starts by itself',
      severity: 'medium',
      technique: 'T1053.003',
      benign: `package managers, editors, crontab and tools of configuration do; ${allow('persistence')}`,
      judge: judge('start', ({ action }) => (action === 'opened' || action === 'placed' ? {} : undefined)),
    },
    {
      id: 'recorder_files',
      title: 'changed files of whytrace',
      severity: 'high',
      technique: 'T1562.001',
      benign: `an update of whytrace does, and whoever removes old recordings; ${allow('recorder_files')}`,
      judge: judge('own', ({ pid }) => (runsOurProgram(pid) ? { severity: 'info' } : {})),
    },
  ];
};
