// The rules of the security watch about guarded files: who opens secrets, wipes logs, changes what starts by itself, touches our own.
import { basename, dirname } from 'node:path';
import { type FileLook, type GuardKind, kernelDevice } from '../../capture/live/guard.ts';
import type { FoundPlace } from './find-places.ts';
import { allow, type Judgement, type LookRule } from './rule.ts';

// asm-generic/fcntl.h
const WRITTEN = 0x3;
const O_TRUNC = 0x200;

/**
 * The place because of which a look was told: the file itself, by whatever name it is reached now, else the folder by what it is or
 * by its path. Undefined when the name is none of those that matter there.
 */
export const placeOf = (places: readonly FoundPlace[], as: GuardKind, look: FileLook): FoundPlace | undefined => {
  const those = places.filter((found) => found.as === as);
  const isIt = ({ device, inode }: FoundPlace, number: number, on: number) =>
    inode !== 0 && inode === number && kernelDevice(device) === on;
  return (
    those.find((found) => !found.isFolder && isIt(found, look.inode, look.device)) ??
    those.find(
      (found) =>
        (look.inode === 0 && found.path === look.path) ||
        (found.isFolder &&
          (isIt(found, look.folderInode, look.folderDevice) ||
            (found.place.names === undefined
              ? look.path.startsWith(`${found.path}/`)
              : dirname(look.path) === found.path)) &&
          (found.place.names === undefined || found.place.names.test(basename(look.path)))),
    )
  );
};

const isWiped = ({ action, flags, isNew }: FileLook): boolean =>
  action === 'removed' || action === 'cut' || (action === 'opened' && (flags & O_TRUNC) !== 0 && !isNew);

/** `places`: those that are guarded now. */
export const fileRules = (places: () => readonly FoundPlace[]): readonly LookRule<FileLook>[] => {
  const judge =
    (as: GuardKind, matters: (look: FileLook, found: FoundPlace) => Judgement | undefined) =>
    (look: FileLook): Judgement | undefined => {
      const found = look.guards.includes(as) ? placeOf(places(), as, look) : undefined;
      const judged = found === undefined ? undefined : matters(look, found);
      if (found === undefined || judged === undefined) return undefined;
      const { technique, what, severity } = found.place;
      return {
        technique,
        ...(severity === undefined ? {} : { severity }),
        ...judged,
        facts: {
          file: look.path,
          ...(found.isFolder || found.path === look.path ? {} : { is_also: found.path }),
          ...{ holds: what, done: look.action },
          ...judged.facts,
        },
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
      // The kernel side leaves out our own process: whoever else runs the same program is not us.
      judge: judge('own', () => ({})),
    },
  ];
};
