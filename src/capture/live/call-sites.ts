// Where a library call is probed: in which files, at which places. Looks at what runs now and at where programs that start later find
// their libraries. Attaches nothing.
import { UserError } from '../../base/errors.ts';
import type { CallSpec } from '../../catalogue/call.ts';
import { candidateLibraries } from '../candidates.ts';
import { probesOf } from '../library-probes.ts';
import { findCudaProcesses, type LibraryFile, targetOf } from '../targets.ts';
import { errors } from './errors.ts';

export type CallSite = { readonly path: string; readonly fileOffset: number };

/** Files of one call: more are not looked at. */
const MOST_FILES = 32;

const librariesOf = (pid: number | undefined): readonly LibraryFile[] => {
  if (pid !== undefined) return targetOf(pid, { searchSymbols: true })?.libraries ?? [];
  return [
    ...findCudaProcesses().targets.flatMap(({ libraries }) => libraries),
    ...candidateLibraries(process.env, process.cwd(), []).libraries,
  ];
};

const sitesIn = ({ openPath, kind }: LibraryFile, call: CallSpec): readonly CallSite[] => {
  if (kind !== 'static' && kind !== call.library) return [];
  try {
    return probesOf(openPath, kind)
      .probes.filter(({ op }) => op === call.id)
      .map(({ fileOffset }) => ({ path: openPath, fileOffset }));
  } catch (thrown) {
    // What lies there is no library, or is gone.
    if (thrown instanceof UserError) return [];
    throw thrown;
  }
};

/** The places, of the libraries of one process where it is named. Throws a UserError when there is none. */
export const callSites = (event: string, call: CallSpec, pid: number | undefined): readonly CallSite[] => {
  const files = new Map(librariesOf(pid).map((file) => [file.key, file] as const));
  const sites = [...files.values()].slice(0, MOST_FILES).flatMap((file) => sitesIn(file, call));
  if (sites.length > 0) return sites;
  throw errors.noLibrary({
    event,
    why:
      pid === undefined
        ? 'no program that runs now, and no library in the usual folders, has it'
        : `process ${pid} has mapped no library that has it`,
  });
};
