// Reads the dynamic loader's cache (/etc/ld.so.cache): which library names the system knows, and where they are.
// Must not know which libraries are of interest.
// Format: glibc's elf/cache.c and sysdeps/generic/dl-cache.h: a 48-byte header that starts with the text below, then
// 24-byte entries (flags, name offset, path offset, ...), offsets counted from the header. An older table may precede it.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ElfFile } from './symbols/elf.ts';

/** A library that the loader finds by `name` at `path`. */
export type CachedLibrary = { name: string; path: string };

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
const ENTRY = 24;
const MAX_BYTES = 16 * 1024 * 1024;
// flags: kind of library (3: for this glibc) and, in the second byte, the architecture.
const FLAGS: Readonly<Record<ElfFile['machine'], number>> = { x64: 0x0303, arm64: 0x0a03 };

const readBounded = (path: string): Buffer => {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, MAX_BYTES));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
};

/** The libraries for `machine` in the bytes of a cache file; empty for bytes that are not one. */
export const parseLdCache = (bytes: Buffer, machine: ElfFile['machine']): CachedLibrary[] => {
  const base = bytes.indexOf(MAGIC, 0, 'latin1');
  if (base < 0 || base + HEADER > bytes.length) return [];
  const count = Math.min(bytes.readUInt32LE(base + 20), Math.floor((bytes.length - base - HEADER) / ENTRY));
  const text = (offset: number): string => {
    const start = base + offset;
    const end = bytes.indexOf(0, start);
    return start < bytes.length && end > start ? bytes.toString('utf8', start, Math.min(end, start + 4096)) : '';
  };
  const libraries: CachedLibrary[] = [];
  for (let i = 0, at = base + HEADER; i < count; i++, at += ENTRY) {
    if ((bytes.readUInt32LE(at) & 0xffff) !== FLAGS[machine]) continue;
    libraries.push({ name: text(bytes.readUInt32LE(at + 4)), path: text(bytes.readUInt32LE(at + 8)) });
  }
  return libraries.filter(({ name, path }) => name !== '' && path.startsWith('/'));
};

/** The libraries for `machine` that this system's loader knows; empty where there is no cache (musl, NixOS). */
export const readLdCache = (machine: ElfFile['machine'], path = '/etc/ld.so.cache'): CachedLibrary[] => {
  try {
    return parseLdCache(readBounded(path), machine);
  } catch {
    return [];
  }
};
