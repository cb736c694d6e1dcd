// Certificates and keys as files, read again when they change: whoever renews them need not start the server anew.

import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';

/** PEM files. `clientCa` holds the authorities whose client certificates are taken. */
export type TlsFiles = { readonly cert: string; readonly key: string; readonly clientCa?: string };
export type TlsMaterial = { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer };

/** A watcher of the system misses a file that is replaced through a link, as secret stores do it: so look every 2 s. */
const LOOK_MS = 2_000;

const read = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw errors.badFile({ path, why: messageOf(thrown) }, thrown);
  }
};

/** What the files hold now. Throws a UserError when they cannot be read or do not belong together. */
export const readTlsFiles = ({ cert, key, clientCa }: TlsFiles): TlsMaterial => {
  const material = { cert: read(cert), key: read(key), ...(clientCa === undefined ? {} : { ca: read(clientCa) }) };
  try {
    createSecureContext(material);
  } catch (thrown) {
    throw errors.badFile({ path: cert, why: messageOf(thrown) }, thrown);
  }
  return material;
};

/** Calls back with new contents after a change. Half-written files are reported and the old contents stay. Returns how to stop. */
export const watchTlsFiles = (
  files: TlsFiles,
  use: (material: TlsMaterial) => void,
  report: (error: Error) => void,
): (() => void) => {
  const paths = [files.cert, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])];
  const look = (): void => {
    try {
      use(readTlsFiles(files));
    } catch (thrown) {
      report(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    }
  };
  for (const path of paths) watchFile(path, { interval: LOOK_MS, persistent: false }, look);
  return () => {
    for (const path of paths) unwatchFile(path, look);
  };
};
