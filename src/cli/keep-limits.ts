// How much a recording may hold: from the words of `record`, or what the disk has room for when nothing is said.
import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Keep } from '../store/retention/keep.ts';
import { errors } from './errors.ts';

/** Without a limit of its own a recording holds so much at most, and half of what its disk has free. */
const DEFAULT_BYTES = 8e9;
/** Less than these is no recording: the file has tables, and its log, of their own size. */
const LEAST_BYTES = 16e6;
const LEAST_NS = 5e9;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};
const SIZE = /^(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?i?)b?$/i;

/** Bytes of a size as people write it: `2GB`, `500 MiB`, `1.5g`; undefined for anything else. */
export const parseSize = (text: string): number | undefined => {
  const [, amount, unit = ''] = SIZE.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

/** Half of what is free on the disk of a file to be written, as far as that can be told. */
const halfOfDisk = (path: string): number => {
  try {
    const { bavail, bsize } = statfsSync(dirname(resolve(path)));
    return Math.round((bavail * bsize) / 2);
  } catch {
    return DEFAULT_BYTES;
  }
};

/**
 * What a recording into a file may hold. `size`: as of `parseSize`, 0 for no limit; `ns`: the age of its oldest events. Throws a
 * UserError with exit code 2 for a size that is none, or too little.
 */
export const keepLimits = (path: string, size: string | undefined, ns: number | undefined): Keep => {
  const bytes = size === undefined ? Math.max(LEAST_BYTES, Math.min(DEFAULT_BYTES, halfOfDisk(path))) : parseSize(size);
  if (bytes === undefined || (bytes > 0 && bytes < LEAST_BYTES))
    throw errors.badValue({
      name: '--keep-size',
      value: size ?? '',
      wanted: 'a size from 16MB on, such as 500MB or 2GB, or 0 for no limit',
      command: 'record',
    });
  if (ns !== undefined && ns < LEAST_NS)
    throw errors.badValue({ name: '--keep-age', value: `${ns / 1e9}s`, wanted: '5s or more', command: 'record' });
  return { ...(bytes === 0 ? {} : { bytes }), ...(ns === undefined ? {} : { ns }) };
};
