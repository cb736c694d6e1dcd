// Signs the head of a chain, and checks such a signature. Knows hashes and keys, not what was hashed.
import { type KeyObject, sign, verify } from 'node:crypto';

/** What a head is the head of; a signature for one purpose says nothing for another. */
export type Purpose = 'recording' | 'audit' | 'anchor';

const beginning = (purpose: Purpose): Buffer => Buffer.from(`whytrace ${purpose} 1\n`, 'latin1');
const BEGINNINGS: Readonly<Record<Purpose, Buffer>> = {
  recording: beginning('recording'),
  audit: beginning('audit'),
  anchor: beginning('anchor'),
};

const messageOf = (purpose: Purpose, head: Uint8Array): Buffer => Buffer.concat([BEGINNINGS[purpose], head]);

/** The Ed25519 signature (64 bytes) of a head. */
export const signHead = (key: KeyObject, purpose: Purpose, head: Uint8Array): Buffer =>
  sign(null, messageOf(purpose, head), key);

/** Whether a signature is that of this key, for this head and purpose; false also for one that is malformed. */
export const isSigned = (key: KeyObject, purpose: Purpose, head: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return verify(null, messageOf(purpose, head), key, signature);
  } catch {
    return false;
  }
};
