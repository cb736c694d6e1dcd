// What the running kernel can tell beyond what is required: read from its type information, or taken away by
// WHYTRACE_WITHOUT (names with commas between them), so that a machine can stand in for an older one.
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { layoutOf } from '../catalogue/derive/layout.ts';
import { kernelStructs } from '../catalogue/kernel-structs.ts';

export const BTF = '/sys/kernel/btf/vmlinux';

/** Each ability, and the first kernel that has it. */
const abilityVersions = {
  prev_state: '5.18',
  uprobe_multi: '6.6',
  throttled: '6.18',
} as const;
type Ability = keyof typeof abilityVersions;
export type Abilities = Readonly<Record<Ability, boolean>>;

const isAtLeast = (version: string): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = version.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
};

/** Names that the type information has only with the ability; the argument of a tracepoint has no name there. */
const markers: Readonly<Partial<Record<Ability, string>>> = {
  uprobe_multi: 'BPF_TRACE_UPROBE_MULTI',
  throttled: 'sched_throttle_work',
};

/** Abilities that the user takes away. */
const withheld = (setting = process.env.WHYTRACE_WITHOUT ?? ''): ReadonlySet<string> =>
  new Set(setting.split(',').filter((name) => name !== ''));

/** What this kernel can do, but for what is withheld. */
export const readAbilities = (without = withheld()): Abilities => {
  const types = existsSync(BTF) ? readFileSync(BTF) : Buffer.alloc(0);
  const has = (name: Ability): boolean => {
    if (without.has(name)) return false;
    const marker = markers[name];
    return marker === undefined ? isAtLeast(abilityVersions[name]) : types.includes(`${marker}\0`);
  };
  return { prev_state: has('prev_state'), uprobe_multi: has('uprobe_multi'), throttled: has('throttled') };
};

const layout = layoutOf(kernelStructs.abilities.fields);

/** The read-only data of the kernel side. */
export const encodeAbilities = ({ prev_state, throttled }: Abilities): Uint8Array => {
  const bytes = Buffer.alloc(layout.size);
  bytes.writeUInt32LE(prev_state ? 1 : 0, layout.at('prev_state').offset);
  bytes.writeUInt32LE(throttled ? 1 : 0, layout.at('throttled').offset);
  return bytes;
};
