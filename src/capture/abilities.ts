// What the running kernel can tell beyond what is required: read from its type information, or taken away by
// WHYTRACE_WITHOUT (names with commas between them), so that a machine can stand in for an older one. An argument of a
// tracepoint has no name in the types, so that one goes by the version.
import { existsSync, readFileSync } from 'node:fs';
import { type Ability, type About, abilities } from '../catalogue/abilities.ts';
import { layoutOf } from '../catalogue/derive/layout.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';
import { isAtLeast } from './kernel-version.ts';

export const BTF = '/sys/kernel/btf/vmlinux';

/** What the user takes away: names of abilities or of tracepoints. */
export const withheld = (setting = process.env.WHYTRACE_WITHOUT ?? ''): ReadonlySet<string> =>
  new Set(setting.split(',').filter((name) => name !== ''));

let types: WeakRef<Buffer> | undefined;
/**
 * The type information of the running kernel, which holds its names as they are; empty where it has none. Some MB, asked
 * for several times at the start and never after it.
 */
export const readTypes = (): Buffer => {
  const bytes = types?.deref() ?? (existsSync(BTF) ? readFileSync(BTF) : Buffer.alloc(0));
  types = new WeakRef(bytes);
  return bytes;
};

export type Abilities = Readonly<Record<Ability, boolean>>;

/** What this kernel can do, but for what is withheld. */
export const readAbilities = (without = withheld()): Abilities => {
  const names = readTypes();
  const has = (name: Ability): boolean => {
    const { since, marker }: About = abilities[name];
    return !without.has(name) && (marker === undefined ? isAtLeast(since) : names.includes(`${marker}\0`));
  };
  return {
    prev_state: has('prev_state'),
    typed_reads: has('typed_reads'),
    uprobe_multi: has('uprobe_multi'),
    uprobe_session: has('uprobe_session'),
    throttled: has('throttled'),
  };
};

/** Names of those that are not there. */
export const missingAbilities = (found: Abilities): readonly string[] =>
  Object.entries(found).flatMap(([name, has]) => (has ? [] : [name]));

const layout = layoutOf(kernelStructs.abilities.fields);

/** The read-only data of the kernel side. */
export const encodeAbilities = (found: Abilities): Uint8Array => {
  const bytes = Buffer.alloc(layout.size);
  for (const name of ['prev_state', 'typed_reads', 'throttled'] as const)
    bytes.writeUInt32LE(found[name] ? 1 : 0, layout.at(name).offset);
  return bytes;
};
