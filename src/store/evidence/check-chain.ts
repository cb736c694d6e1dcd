// Checks a chain of seals by itself: each follows the one before it and is signed. Knows seals, not the rows that they seal.
import type { Finding } from './finding.ts';
import { type PublicKey, publicKeyOf } from './key.ts';
import { detailOf, FIRST_PREVIOUS, hashOfSeal, isSealSigned, type Seal } from './seal.ts';

export type ChainCheck = {
  /** The seals that can be relied on: all up to the first wrong one. */
  readonly seals: readonly Seal[];
  /** The key that the chain itself names. */
  readonly key: PublicKey | undefined;
  readonly findings: readonly Finding[];
};

/** The key that a chain says it was signed with; undefined when it names none. */
export const keyOfChain = (seals: readonly Seal[]): PublicKey | undefined => {
  try {
    return publicKeyOf(Buffer.from(detailOf(seals[0]?.detail ?? '', 'key')[0] ?? '', 'base64'));
  } catch {
    return undefined;
  }
};

const findingOf = (seal: Seal, position: number, previous: string, key: PublicKey): Finding | undefined => {
  if (seal.id !== position) return { kind: 'seal_removed', seal: position };
  const isWhole =
    seal.previous === previous && hashOfSeal(seal).toString('hex') === seal.hash && isSealSigned(seal, key.key);
  const isFirst = (seal.kind === 'begin') === (position === 1);
  return isWhole && isFirst ? undefined : { kind: 'seal_changed', seal: seal.id };
};

/** Follows a chain from its beginning to its end, or to the first seal that is wrong. */
export const checkChain = (seals: readonly Seal[]): ChainCheck => {
  const key = keyOfChain(seals);
  const begin = seals[0];
  if (key === undefined || begin === undefined)
    return { seals: [], key, findings: [{ kind: begin?.id === 1 ? 'seal_changed' : 'seal_removed', seal: 1 }] };
  let previous = FIRST_PREVIOUS;
  for (const [index, seal] of seals.entries()) {
    const finding = findingOf(seal, index + 1, previous, key);
    if (finding !== undefined) return { seals: seals.slice(0, index), key, findings: [finding] };
    previous = seal.hash;
  }
  return { seals, key, findings: [] };
};
