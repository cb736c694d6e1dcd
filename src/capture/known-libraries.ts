// Where the probes of this machine's CUDA libraries would sit, and at what price: those that lie where programs find them, and
// those in use now. Reads files; must not attach anything.
import type { ProbedLibrary } from '../base/check.ts';
import { UserError } from '../base/errors.ts';
import { candidateLibraries } from './candidates.ts';
import { type PlannedProbe, probesOf } from './library-probes.ts';
import { siteText } from './sites/probe-site.ts';
import { findCudaProcesses, type LibraryFile } from './targets.ts';

const bySite = (probes: readonly PlannedProbe[]): ProbedLibrary['sites'] => {
  const names = new Map<string, string[]>();
  for (const probe of probes) {
    const site = siteText(probe);
    names.set(site, [...(names.get(site) ?? []), probe.name]);
  }
  return Object.fromEntries(names);
};

const inUse = (): readonly LibraryFile[] => {
  try {
    return findCudaProcesses().targets.flatMap(({ libraries }) => libraries);
  } catch (thrown) {
    if (thrown instanceof UserError) return [];
    throw thrown;
  }
};

/** The libraries, by path, and where each function that they have would be probed. Files that cannot be read are left out. */
export const knownLibraries = (): readonly ProbedLibrary[] => {
  const { libraries } = candidateLibraries(process.env, process.cwd(), []);
  const files = new Map([...libraries, ...inUse()].map((file) => [file.key, file] as const));
  return [...files.values()].flatMap(({ openPath, displayPath, kind }): ProbedLibrary[] => {
    try {
      return [{ path: displayPath, sites: bySite(probesOf(openPath, kind).probes) }];
    } catch (thrown) {
      if (thrown instanceof UserError) return [];
      throw thrown;
    }
  });
};
