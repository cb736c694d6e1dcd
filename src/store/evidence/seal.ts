// A seal: one row of the chain, as it is written and as it is read again. Knows the form of the row, not what it seals.
import type { KeyObject } from 'node:crypto';
import type { Database } from '../open.ts';
import { number, text } from '../row.ts';
import { canonicalRow, GENESIS, rowHash } from './chain.ts';
import { isSigned, signHead } from './sign.ts';

export type SealKind = 'begin' | 'segment' | 'end' | 'pruned';

/** Rows of a table that a seal vouches for: a range of them by the first column of their key, or all of them. */
export type Part = {
  readonly table: string;
  readonly range: { readonly after: number; readonly last: number } | undefined;
  /** SHA-256, in hex, of each chunk. */
  readonly chunks: readonly string[];
};

/** What is signed: everything but the hash and the signature. `time_ns` as all times of a recording. */
export type SealContent = {
  readonly id: number;
  readonly time_ns: number;
  readonly kind: string;
  readonly parts: string;
  readonly detail: string;
  readonly previous: string;
};
export type Seal = SealContent & { readonly hash: string; readonly signature: string };

const COLUMNS = ['id', 'time_ns', 'kind', 'parts', 'detail', 'previous'] as const;

/** `previous` of the first seal. */
export const FIRST_PREVIOUS = Buffer.from(GENESIS).toString('hex');

/** The hash of a seal, which holds that of the seal before it. */
export const hashOfSeal = (seal: SealContent): Buffer =>
  rowHash(Buffer.from(seal.previous, 'hex'), canonicalRow(COLUMNS.map((name) => seal[name])));

export const isSealSigned = (seal: Seal, key: KeyObject): boolean =>
  isSigned(key, 'recording', Buffer.from(seal.hash, 'hex'), Buffer.from(seal.signature, 'base64'));

/** Appends a seal to the chain and returns its hash in hex. */
export const writeSeal = (database: Database, content: SealContent, key: KeyObject): string => {
  const hash = hashOfSeal(content);
  database
    .prepare(`INSERT INTO evidence_chain (${COLUMNS.join(', ')}, hash, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      ...COLUMNS.map((name) => content[name]),
      hash.toString('hex'),
      signHead(key, 'recording', hash).toString('base64'),
    );
  return hash.toString('hex');
};

/** All seals in their order. Throws WrongColumn for a chain that no recorder wrote. */
export const readSeals = (database: Database): readonly Seal[] =>
  database
    .prepare(`SELECT ${COLUMNS.join(', ')}, hash, signature FROM evidence_chain ORDER BY id`)
    .all()
    .map((row) => ({
      id: number(row, 'id'),
      time_ns: number(row, 'time_ns'),
      kind: text(row, 'kind'),
      parts: text(row, 'parts'),
      detail: text(row, 'detail'),
      previous: text(row, 'previous'),
      hash: text(row, 'hash'),
      signature: text(row, 'signature'),
    }));

/** Word of the detail of a last seal that the recorder itself did not make: rows may have changed before it. */
export const AFTERWARDS = 'afterwards';

/** Parts as text, a line each: `call 0..512 HASH HASH`, `process all HASH`. */
export const partsText = (parts: readonly Part[]): string =>
  parts
    .map(({ table, range, chunks }) =>
      [table, range === undefined ? 'all' : `${range.after}..${range.last}`, ...chunks].join(' '),
    )
    .map((line) => `${line}\n`)
    .join('');

const PART = /^(\w+) (?:all|(-?\d+)\.\.(\d+))((?: [0-9a-f]{64})*)$/;

/** The parts of a seal. Throws for a text of any other form. */
export const partsOf = (parts: string): readonly Part[] =>
  parts
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, table, after, last, hashes = ''] = PART.exec(line) ?? [];
      if (table === undefined) throw new Error(`no part of a seal: ${line.slice(0, 80)}`);
      const range = last === undefined ? undefined : { after: Number(after), last: Number(last) };
      return { table, range, chunks: hashes.split(' ').slice(1) };
    });

/** A detail as text: a line for each word and what it is said of. */
export const detailText = (facts: readonly (readonly [word: string, value: string])[]): string =>
  facts.map(([word, value]) => `${word} ${value.replaceAll('\n', ' ')}\n`).join('');

/** The values of a word in a detail. */
export const detailOf = (detail: string, word: string): readonly string[] =>
  detail
    .split('\n')
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1));
