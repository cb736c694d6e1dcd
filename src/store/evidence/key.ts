// The key that evidence is signed with: made on first use, readable by its owner only. Knows files and keys, not what they
// are used for.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf, systemCodeOf, UserError } from '../../base/errors.ts';
import { errors } from '../errors.ts';

/** `publicKey` in the form that can be passed on: base64 of its 32 bytes. `fingerprint`: SHA256: and hex of their hash. */
export type PublicKey = { readonly key: KeyObject; readonly publicKey: string; readonly fingerprint: string };
export type EvidenceKey = PublicKey & { readonly privateKey: KeyObject };

const KEY_FILE = 'evidence-key.pem';
const PUBLIC_FILE = 'evidence-key.pub';
const RAW_BYTES = 32;
/** What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo: RFC 8410 section 4. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

const rawOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(SPKI_HEAD.length);

const describe = (key: KeyObject): PublicKey => {
  const raw = rawOf(key);
  const digest = createHash('sha256').update(raw).digest('hex');
  return { key, publicKey: raw.toString('base64'), fingerprint: `SHA256:${digest}` };
};

/** A public key from its 32 bytes. Throws for any other length. */
export const publicKeyOf = (raw: Uint8Array): PublicKey => {
  if (raw.byteLength !== RAW_BYTES) throw new Error(`an Ed25519 key has ${RAW_BYTES} bytes, not ${raw.byteLength}`);
  return describe(createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' }));
};

/** The fingerprint that a text names: of a public key, or written out; undefined when it names none. */
export const fingerprintIn = (text: string): string | undefined => {
  const word = text.trim();
  if (/^SHA256:[0-9a-f]{64}$/.test(word)) return word;
  return /^[A-Za-z0-9+/]{43}=$/.test(word) ? publicKeyOf(Buffer.from(word, 'base64')).fingerprint : undefined;
};

/** Makes a key that is kept nowhere: for tests and for recordings that only anchors outside shall vouch for. */
export const newKey = (): EvidenceKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { ...describe(publicKey), privateKey };
};

/** Reads the key, refusing a file that anybody else could read or has put there. Throws the system's error when missing. */
const read = (path: string): EvidenceKey => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, uid } = fstatSync(file);
    const bits = mode & 0o777;
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw errors.keyUnsafe({ path, why: 'it is not a file' });
    if ((bits & 0o077) !== 0)
      throw errors.keyUnsafe({ path, why: `others may read it, its mode is ${bits.toString(8)}` });
    if (uid !== process.geteuid?.()) throw errors.keyUnsafe({ path, why: `it belongs to the user ${uid}` });
    const privateKey = createPrivateKey(readFileSync(file));
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it holds no Ed25519 key');
    return { ...describe(createPublicKey(privateKey)), privateKey };
  } finally {
    closeSync(file);
  }
};

/** Makes the key beside its place and links it there, so that of two makers one wins and both read the same key. */
const make = (folder: string, path: string): void => {
  const own = join(folder, `.evidence-key.${process.pid}`);
  rmSync(own, { force: true });
  const file = openSync(own, 'wx', 0o600);
  try {
    writeFileSync(file, newKey().privateKey.export({ type: 'pkcs8', format: 'pem' }));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(own, path);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
  } finally {
    rmSync(own, { force: true });
  }
};

const readOrMake = (folder: string, path: string): EvidenceKey => {
  try {
    return read(path);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  make(folder, path);
  return read(path);
};

const textIn = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** For those who check: they need not be able to read the key. Another key there is out of date, or put there by someone. */
const keepPublic = (folder: string, { publicKey }: EvidenceKey): void => {
  const path = join(folder, PUBLIC_FILE);
  const text = `${publicKey}\n`;
  if (textIn(path) === text) return;
  // In one step: who checks at this moment must not read a half.
  const own = join(folder, `.evidence-key.pub.${process.pid}`);
  rmSync(own, { force: true });
  writeFileSync(own, text, { mode: 0o644, flag: 'wx' });
  renameSync(own, path);
};

/**
 * The key of this user on this machine, in `folder`; made when there is none. Throws a UserError when others could read it,
 * when it is no key, or when it can neither be read nor made.
 */
export const openEvidenceKey = (folder: string): EvidenceKey => {
  const path = join(folder, KEY_FILE);
  try {
    const key = readOrMake(folder, path);
    keepPublic(folder, key);
    return key;
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    throw errors.keyUnusable({ path, why: messageOf(thrown) }, thrown);
  }
};

/** The public part of the key in `folder`, as far as it was made and may be read. */
export const knownPublicKey = (folder: string): PublicKey | undefined => {
  try {
    return publicKeyOf(Buffer.from(readFileSync(join(folder, PUBLIC_FILE), 'utf8').trim(), 'base64'));
  } catch {
    return undefined;
  }
};
