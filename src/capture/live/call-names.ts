// The library calls that can be watched, by the names under which a subscription asks for them: `cuda:cudaMalloc`.
import { nearest } from '../../base/nearest.ts';
import type { CallSpec } from '../../catalogue/call.ts';
import { callSources } from '../../catalogue/calls.ts';
import { errors } from './errors.ts';

const sources: ReadonlyMap<string, readonly CallSpec[]> = new Map(Object.entries(callSources));

/** All of them as source:call. */
export const callEvents: readonly string[] = [...sources].flatMap(([source, calls]) =>
  calls.map(({ op }) => `${source}:${op}`),
);

const MOST_NEAR = 4;
/** Names like it: the one that was probably meant, and those that it is a part of. */
const near = (source: string, calls: readonly CallSpec[], name: string): readonly string[] => {
  const names = calls.flatMap(({ op, aliases }) => [op, ...aliases]);
  const best = nearest(name, names);
  const parts = names.filter((one) => one.toLowerCase().includes(name.toLowerCase()));
  return [...new Set([...(best === undefined ? [] : [best]), ...parts])]
    .slice(0, MOST_NEAR)
    .map((one) => `${source}:${one}`);
};

/** The call of that name, or with a symbol of that name. Undefined for what is no source of calls; throws for a call it does not have. */
export const callOf = (source: string, name: string): CallSpec | undefined => {
  const calls = sources.get(source);
  if (calls === undefined) return undefined;
  const found = calls.find(({ op, aliases }) => op === name || aliases.includes(name));
  if (found === undefined) throw errors.noCall({ event: `${source}:${name}`, source, near: near(source, calls, name) });
  return found;
};
