// The version of the program, from its package.
import { readFileSync } from 'node:fs';

const version: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

export const VERSION = String(version);
