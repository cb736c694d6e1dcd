// A package client with a configuration of its own: its sources, lists and packages lie in our cache, for a release and an
// architecture that need not be this system's. Nothing is installed, and nothing of the system is changed.
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersAt } from './answers.ts';
import { type Output, run } from './command.ts';
import { errors } from './errors.ts';
import type { Archives } from './sources.ts';
import type { Release } from './targets.ts';

/** Lists that are older are fetched anew. */
const LISTS_LAST_MS = 7 * 86_400_000;
const PROBLEM = /^[EW]: /;

export type Apt = {
  /** The packages and all that they need, downloaded. */
  readonly withNeeds: (names: readonly string[]) => readonly string[];
  /** These packages alone, downloaded. */
  readonly alone: (names: readonly string[]) => readonly string[];
  /** Names of the packages that one needs. */
  readonly needsOf: (name: string) => readonly string[];
};

const reasonOf = ({ stdout, stderr, code }: Output): string =>
  [...stderr.split('\n'), ...stdout.split('\n')]
    .filter((line) => PROBLEM.test(line))
    .slice(0, 3)
    .join('; ') || `apt ended with code ${code}`;

const sourceLines = (release: Release, archives: Archives): string =>
  release.suites
    .map(({ archive, suite }) => {
      const { address, signedBy } = archives[archive];
      return `deb ${signedBy === undefined ? '' : `[signed-by=${signedBy}] `}${address} ${suite} main\n`;
    })
    .join('');

/** How this system reaches its archives: proxies, checks of dates. */
const waysOfTheSystem = (): string =>
  run('apt-config', ['dump'])
    .stdout.split('\n')
    .filter((line) => /^Acquire::(?:https?|Check-|Retries|ForceIPv)/.test(line))
    .join('\n');

const settings = (folder: string, architecture: string): string => `
Dir::State "${folder}/state";
Dir::State::status "${folder}/status";
Dir::State::lists "${folder}/lists";
Dir::Cache "${folder}/cache";
Dir::Etc "${folder}/etc";
Dir::Etc::parts "${folder}/etc/none";
Dir::Etc::sourcelist "${folder}/etc/sources.list";
Dir::Etc::sourceparts "${folder}/etc/none";
Dir::Etc::preferences "${folder}/etc/preferences";
Dir::Etc::preferencesparts "${folder}/etc/none";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
Dir::Log "${folder}/log";
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
${waysOfTheSystem()}
`;

/** The file of a package, as apt names it. */
const fileOf = (name: string, version: string, architecture: string) =>
  `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;

export type Wanted = {
  readonly release: Release;
  readonly architecture: string;
  /** Fetch the lists even where they are not old. */
  readonly refresh: boolean;
  readonly tell: (line: string) => void;
};

/** A client for one release and architecture, whose lists are there when this returns. Throws `packages_failed`. */
export const openApt = (cache: string, archives: Archives, { release, architecture, refresh, tell }: Wanted): Apt => {
  const folder = join(cache, 'apt', `${release.name}-${architecture}`);
  const packages = join(cache, 'packages');
  for (const name of ['state', 'lists/partial', 'cache/archives/partial', 'etc/none', 'log'])
    mkdirSync(join(folder, name), { recursive: true });
  mkdirSync(packages, { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'etc/sources.list'), sourceLines(release, archives));
  const config = join(folder, 'apt.conf');
  writeFileSync(config, settings(folder, architecture));
  const apt = (program: string, args: readonly string[]) =>
    run(program, args, { env: { APT_CONFIG: config, DEBIAN_FRONTEND: 'noninteractive' }, cwd: packages });

  const stamp = join(folder, 'updated');
  const answers = answersAt(join(folder, 'answers.json'));
  const update = () => {
    tell(`lists of ${release.name} for ${architecture}`);
    rmSync(stamp, { force: true });
    answers.forget();
    const updated = apt('apt-get', ['update', '-q']);
    if (updated.code !== 0)
      throw errors.packagesFailed({ doing: `fetch the lists of ${release.name}`, why: reasonOf(updated) });
    writeFileSync(stamp, '');
  };
  if (refresh || !existsSync(stamp) || Date.now() - statSync(stamp).mtimeMs > LISTS_LAST_MS) update();

  /** What the lists say of each package. */
  const show = (names: readonly string[]) => {
    const shown = apt('apt-cache', ['show', '--no-all-versions', ...names]).stdout.split('\n\n');
    const found = new Map(
      shown.map((stanza) => {
        const fields = [...stanza.matchAll(/^([\w-]+): (.*)$/gm)];
        const about = new Map(fields.map(([, key = '', value = '']) => [key, value]));
        return [about.get('Package') ?? '', about];
      }),
    );
    return names.map((name) => {
      const about = found.get(name);
      if (about === undefined) throw errors.noPackage({ name, release: release.name });
      return (field: string): string => about.get(field) ?? '';
    });
  };
  const download = (names: readonly string[], isFirst = true): readonly string[] => {
    const wanted = show(names).map((say) => ({
      name: say('Package'),
      path: join(packages, fileOf(say('Package'), say('Version'), say('Architecture'))),
    }));
    const missing = wanted.filter(({ path }) => !existsSync(path)).map(({ name }) => name);
    if (missing.length > 0) {
      tell(`${missing.length} packages of ${release.name} for ${architecture}`);
      const fetched = apt('apt-get', ['download', '-q', ...missing]);
      if (fetched.code !== 0) {
        if (!isFirst)
          throw errors.packagesFailed({
            doing: `fetch ${missing.length} packages of ${release.name}`,
            why: reasonOf(fetched),
          });
        // What a list names may have gone since.
        update();
        return download(names, false);
      }
    }
    return wanted.map(({ path }) => path);
  };
  const areThere = (paths: readonly string[]) => paths.every(existsSync);
  return {
    alone: (names) => answers.to(`alone ${names.join(' ')}`, () => download(names), areThere),
    withNeeds: (names) =>
      answers.to(
        `all of ${names.join(' ')}`,
        () => {
          const planned = apt('apt-get', ['install', '--simulate', '-q', ...names]);
          if (planned.code !== 0)
            throw errors.packagesFailed({ doing: `find what ${names.join(', ')} need`, why: reasonOf(planned) });
          return download([...planned.stdout.matchAll(/^Inst (\S+?)(?::\w+)? /gm)].map(([, name = '']) => name));
        },
        areThere,
      ),
    needsOf: (name) =>
      answers.to(`needs of ${name}`, () =>
        show([name])
          .flatMap((say) => `${say('Pre-Depends')},${say('Depends')}`.split(/[,|]/))
          .flatMap((need) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(need)?.[1] ?? []),
      ),
  };
};
