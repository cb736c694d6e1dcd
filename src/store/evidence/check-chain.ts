// Checks a chain of seals by itself: each follows the one before it and is signed. Knows seals, not the rows that they seal.
import { keptDigest } from './drop-seals.ts';
import type { Finding } from './finding.ts';
import { type PublicKey, publicKeyOf } from './key.ts';
import { detailOf, FIRST_PREVIOUS, hashOfSeal, isSealSigned, type Seal } from './seal.ts';
import { type Dropped, tombstoneOf } from './tombstone.ts';

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

/** Whether a seal is as it was signed; only the first one begins a chain. */
const isWhole = (seal: Seal, key: PublicKey): boolean =>
  (seal.kind === 'begin') === (seal.id === 1) &&
  hashOfSeal(seal).toString('hex') === seal.hash &&
  isSealSigned(seal, key.key);

/** Follows seals that must lie next to each other: all up to the first wrong one, and what is wrong with that. */
const follow = (seals: readonly Seal[], from: number, before: string, key: PublicKey): ChainCheck => {
  let [position, previous] = [from, before];
  for (const [index, seal] of seals.entries()) {
    if (seal.id !== position || seal.previous !== previous || !isWhole(seal, key)) {
      const kind = seal.id === position ? 'seal_changed' : 'seal_removed';
      return { seals: seals.slice(0, index), key, findings: [{ kind, seal: position }] };
    }
    [position, previous] = [position + 1, seal.hash];
  }
  return { seals, key, findings: [] };
};

/** The chain of a recording of which seals were taken away, if it is as the tombstone says that is in it. */
const checkPruned = (seals: readonly Seal[], { last, hash, begin, kept }: Dropped, key: PublicKey): ChainCheck => {
  const [first] = seals;
  const early = seals.filter(({ id }) => id > 1 && id <= last);
  const rest = follow(
    seals.filter(({ id }) => id > last),
    last + 1,
    hash,
    key,
  );
  const isTold = first !== undefined && first.hash === begin && isWhole(first, key);
  // The tombstone is believed only when it lies before whatever is wrong.
  if (!isTold || tombstoneOf(rest.seals)?.dropped?.last !== last)
    return { seals: [], key, findings: rest.findings.length > 0 ? rest.findings : [{ kind: 'seal_changed', seal: 1 }] };
  const wrong = early.find((seal) => !isWhole(seal, key));
  if (wrong !== undefined || keptDigest(early.map((seal) => seal.hash)) !== kept) {
    const finding: Finding =
      wrong === undefined ? { kind: 'seal_removed', seal: 2 } : { kind: 'seal_changed', seal: wrong.id };
    return { seals: [first], key, findings: [finding] };
  }
  return { ...rest, seals: [first, ...early, ...rest.seals] };
};

/** Follows a chain from its beginning to its end, or to the first seal that is wrong. */
export const checkChain = (seals: readonly Seal[]): ChainCheck => {
  const key = keyOfChain(seals);
  if (key === undefined)
    return { seals: [], key, findings: [{ kind: seals[0]?.id === 1 ? 'seal_changed' : 'seal_removed', seal: 1 }] };
  const dropped = tombstoneOf(seals)?.dropped;
  return dropped === undefined ? follow(seals, 1, FIRST_PREVIOUS, key) : checkPruned(seals, dropped, key);
};
