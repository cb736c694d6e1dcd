// Files and folders that are guarded, and why: data. `~` is the home of each user. Knows no event.
import type { Severity } from '../../base/alert.ts';
import type { GuardKind } from '../../capture/live/guard.ts';

export type Place = {
  /** A file; with a `*` in its name every file of that kind; a folder ends in `/`, one with all below it in `/**`. */
  readonly path: string;
  readonly as: GuardKind;
  /** MITRE ATT&CK. */
  readonly technique: string;
  /** Of a folder: names that matter. */
  readonly names?: RegExp;
  readonly severity?: Severity;
  /** What lies there, in words. */
  readonly what: string;
};

const secret = (technique: string, what: string, ...paths: readonly string[]): readonly Place[] =>
  paths.map((path) => ({ path, as: 'secret', technique, what }));
const start = (technique: string, what: string, ...paths: readonly string[]): readonly Place[] =>
  paths.map((path) => ({ path, as: 'start', technique, what }));

export const PLACES: readonly Place[] = [
  ...secret('T1003.008', 'passwords', '/etc/shadow', '/etc/gshadow'),
  ...secret('T1548.003', 'who may become root', '/etc/sudoers', '/etc/sudoers.d/*'),
  ...secret('T1552.004', 'a private key', '/etc/ssh/*_key', '/etc/krb5.keytab', '~/.ssh/id_*'),
  ...secret(
    'T1552.001',
    'credentials',
    '/etc/kubernetes/admin.conf',
    '~/.aws/credentials',
    '~/.docker/config.json',
    '~/.kube/config',
    '~/.netrc',
  ),
  { path: '/var/log/**', as: 'log', technique: 'T1070.002', what: 'logs' },
  {
    path: '~/',
    as: 'log',
    technique: 'T1070.003',
    // Those that shells put in place by another name: who empties or removes one is no shell.
    names: /^\.(bash|zsh|ash|sh|ksh)_history$|^\.history$/,
    what: 'the history of a shell',
  },
  ...start('T1053.003', 'schedules', '/etc/cron.d/', '/etc/cron.hourly/', '/etc/cron.daily/', '/etc/cron.weekly/'),
  ...start('T1053.003', 'schedules', '/etc/cron.monthly/', '/var/spool/cron/**'),
  ...start('T1543.002', 'services', '/etc/systemd/system/**', '/usr/lib/systemd/system/', '~/.config/systemd/user/**'),
  ...start('T1548.003', 'who may become root', '/etc/sudoers.d/'),
  ...start('T1037.004', 'scripts of the start', '/etc/init.d/'),
  ...start('T1546.004', 'what shells run first', '/etc/profile.d/'),
  ...start('T1547.013', 'programs of the desktop', '/etc/xdg/autostart/', '~/.config/autostart/'),
  { path: '~/.ssh/', as: 'start', technique: 'T1098.004', names: /^authorized_keys2?$/, what: 'who may log in' },
  {
    path: '~/',
    as: 'start',
    technique: 'T1546.004',
    names: /^\.(bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|kshrc)$/,
    what: 'what shells run first',
  },
  { path: '/etc/', as: 'start', technique: 'T1053.003', names: /^crontab$/, what: 'schedules' },
  { path: '/etc/', as: 'start', technique: 'T1037.004', names: /^rc\.local$/, what: 'scripts of the start' },
  {
    path: '/etc/',
    as: 'start',
    technique: 'T1546.004',
    names: /^(profile|bash\.bashrc|zshenv|zshrc)$/,
    what: 'what shells run first',
  },
  {
    path: '/etc/',
    as: 'start',
    technique: 'T1574.006',
    names: /^ld\.so\.preload$/,
    severity: 'high',
    what: 'a library for every program',
  },
];

/** Files and folders of this program, which nobody else changes. */
export const ownPlaces = (paths: readonly string[]): readonly Place[] =>
  paths.map((path) => ({ path, as: 'own', technique: 'T1562.001', what: 'files of whytrace' }));
