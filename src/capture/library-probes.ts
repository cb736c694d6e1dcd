// Which probes a library file gets, and where in its functions they sit. Reads the file; must not attach anything.
import { durationText } from '../base/units.ts';
import { calls } from '../catalogue/calls.ts';
import { isAtLeast } from './kernel-version.ts';
import { NOPS_SINCE, type NopKinds, PRICES, type ProbePrice } from './sites/prices.ts';
import { type ProbeSite, priceNs, probeSites, siteText } from './sites/probe-site.ts';
import { openElf } from './symbols/elf.ts';
import { findFunctions } from './symbols/elf-symbols.ts';
import type { LibraryKind } from './targets.ts';

/** One function that is probed, for the call `op` of the catalogue. */
export type PlannedProbe = ProbeSite & {
  readonly op: number;
  readonly name: string;
  /** Its default stream is that of the thread. */
  readonly perThread: boolean;
};

export type LibraryProbes = {
  readonly probes: readonly PlannedProbe[];
  /** Calls of the catalogue for this kind of library that it does not have. */
  readonly missing: number;
};

const isPerThread = (symbol: string) => /_pt[sd][sz]$/.test(symbol);

/** What the running kernel does with nops. */
const ownNops = (): NopKinds => ({
  x64: isAtLeast(NOPS_SINCE.x64),
  x64AnyForm: isAtLeast(NOPS_SINCE.x64AnyForm),
  arm64: isAtLeast(NOPS_SINCE.arm64),
});

/** Plans the probes of a library file. Throws `elf_unreadable` when it is no library. */
export const probesOf = (path: string, kind: LibraryKind, nops = ownNops()): LibraryProbes => {
  const wanted = calls.filter((call) => kind === 'static' || call.library === kind);
  using elf = openElf(path);
  const found = findFunctions(elf, new Set(wanted.flatMap(({ op, aliases }) => [op, ...aliases])));
  const called = wanted.map((call) => ({
    call,
    symbols: found.filter(({ name }) => name === call.op || call.aliases.includes(name)),
  }));
  const functions = called.flatMap(({ call, symbols }) => symbols.map((symbol) => ({ call, symbol })));
  const sites = probeSites(
    elf,
    functions.map(({ symbol }) => symbol),
    nops,
  );
  const taken = new Set<number>();
  const probes = functions.flatMap(({ call, symbol: { name } }, i): PlannedProbe[] => {
    const site = sites[i];
    // Two names of one function are one call.
    if (site === undefined || taken.has(site.fileOffset)) return [];
    taken.add(site.fileOffset);
    return [{ ...site, op: call.id, name, perThread: isPerThread(name) }];
  });
  return { probes, missing: called.filter(({ symbols }) => symbols.length === 0).length };
};

/** How many probes there are of each price, cheapest first, those of which there are none left out. */
export const countPrices = (
  probes: readonly Pick<ProbeSite, 'price'>[],
): readonly (readonly [price: ProbePrice, count: number])[] =>
  PRICES.flatMap((price) => {
    const count = probes.filter((probe) => probe.price === price).length;
    return count === 0 ? [] : [[price, count] as const];
  });

/** The site and the price of each probe by name of its function, as `+4 push`. */
export const sitesByName = (probes: readonly PlannedProbe[]): Readonly<Record<string, string>> =>
  Object.fromEntries(probes.map((probe) => [probe.name, siteText(probe)]));

const NAMED = 5;

/** What the probes of a library cost, in words: how many of each price, and which of them are dear. */
export const pricesText = (probes: readonly PlannedProbe[]): string => {
  if (probes.length === 0) return 'it has none of the functions';
  const counts = countPrices(probes).map(([price, count]) => `${count} ${price}`);
  const dear = probes.filter(({ price }) => price === 'single_step');
  if (dear.length === 0) return counts.join(', ');
  const names = dear.slice(0, NAMED).map(({ name, symbolOffset }) => `${name} +${symbolOffset}`);
  const more = dear.length > NAMED ? `, ${dear.length - NAMED} more` : '';
  return `${counts.join(', ')} (up to ${durationText(priceNs('single_step'))} a call: ${names.join(', ')}${more})`;
};
