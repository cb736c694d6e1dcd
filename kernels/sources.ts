// Where this system gets its packages from: its own sources, in both of their forms (sources.list(5)). Kernels of other
// releases lie in the same archives. Knows no host by name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Source = {
  readonly address: string;
  readonly suites: readonly string[];
  /** Path of the keys that sign it; undefined for those that the system trusts anyway. */
  readonly signedBy: string | undefined;
};
/** Where the releases of Debian lie, and their updates for security. */
export type Archives = { readonly main: Source; readonly security: Source };

const words = (text: string | undefined): readonly string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');

/** Sources in stanzas, as in `debian.sources`. */
export const parseStanzas = (text: string): readonly Source[] =>
  text
    .replace(/^#.*\n?/gm, '')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = new Map(
        [...stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm)].map(([, name = '', value = '']) => [
          name.toLowerCase(),
          value.trim(),
        ]),
      );
      if (fields.get('enabled') === 'no' || !words(fields.get('types')).includes('deb')) return [];
      const signed = fields.get('signed-by');
      const signedBy = signed?.startsWith('/') ? signed : undefined;
      return words(fields.get('uris')).map((address) => ({ address, suites: words(fields.get('suites')), signedBy }));
    });

/** Sources in lines, as in `sources.list`. */
export const parseLines = (text: string): readonly Source[] =>
  text.split('\n').flatMap((line) => {
    const [, options, address, suite] = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line) ?? [];
    if (address === undefined || suite === undefined) return [];
    return [{ address, suites: [suite], signedBy: /signed-by=(\/\S+)/.exec(options ?? '')?.[1] }];
  });

// Debian's code names and what it calls their states; a suite of another distribution is none of these.
const RELEASE = /^(?:bullseye|bookworm|trixie|forky|duke|sid|(?:old)*stable|testing|unstable)(-updates|-security)?$/;

/** The archives of Debian among some sources; undefined where there are none. */
export const archivesOf = (sources: readonly Source[]): Archives | undefined => {
  const has = (ending: string) => (source: Source) =>
    source.suites.some((suite) => (RELEASE.exec(suite)?.slice(1) ?? []).some((found) => (found ?? '') === ending));
  const main = sources.find(has(''));
  if (main === undefined) return undefined;
  const security = sources.find(has('-security'));
  // A mirror has both side by side.
  return { main, security: security ?? { ...main, address: `${main.address.replace(/\/$/, '')}-security` } };
};

/** All sources of a folder such as /etc/apt. */
export const readSources = (folder: string): readonly Source[] => {
  const parts = join(folder, 'sources.list.d');
  const files = [join(folder, 'sources.list')].concat(
    existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [],
  );
  return files.filter(existsSync).flatMap((path) => {
    if (path.endsWith('.sources')) return parseStanzas(readFileSync(path, 'utf8'));
    return path.endsWith('.list') ? parseLines(readFileSync(path, 'utf8')) : [];
  });
};
