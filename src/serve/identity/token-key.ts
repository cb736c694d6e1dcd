// The key that signs this user's short-lived tokens: made on first use, in a file that nobody else can read.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, systemCodeOf } from '../../base/errors.ts';
import { errors } from './errors.ts';

/** Reads through one descriptor, so that what is checked is what is read. */
const readKey = (path: string): KeyObject | undefined => {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return undefined;
    throw errors.badKey({ path, why: messageOf(thrown) }, thrown);
  }
  try {
    const { mode, uid } = fstatSync(fd);
    if (uid !== process.geteuid?.()) throw errors.badKey({ path, why: `it belongs to user ${uid}` });
    if ((mode & 0o077) !== 0) throw errors.badKey({ path, why: 'others can read or write it' });
    let key: KeyObject;
    try {
      key = createPrivateKey(readFileSync(fd));
    } catch {
      // Not the parser's words: they could hold a piece of the key.
      throw errors.badKey({ path, why: 'it holds no private key' });
    }
    if (key.asymmetricKeyType !== 'ed25519') throw errors.badKey({ path, why: 'it is no Ed25519 key' });
    return key;
  } finally {
    closeSync(fd);
  }
};

/** Two servers may start at once: the first one's key stands, and both use it. */
const makeKey = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
    linkSync(draft, path);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EEXIST') throw errors.badKey({ path, why: messageOf(thrown) }, thrown);
  } finally {
    rmSync(draft, { force: true });
  }
};

/** The private key in that file, made when there is none. Throws a UserError for a file that others can read or that is no key. */
export const tokenKey = (path: string): KeyObject => {
  const found = readKey(path);
  if (found !== undefined) return found;
  makeKey(path);
  const made = readKey(path);
  if (made === undefined) throw errors.badKey({ path, why: 'it could not be made' });
  return made;
};
