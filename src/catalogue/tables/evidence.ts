// The chain of seals over the rows of a recording, so that none is changed quietly, and the view that readers see of it.
import { field } from '../field.ts';
import { table, view } from '../table.ts';

export const evidenceTables = {
  evidence_chain: table({
    name: 'evidence_chain',
    doc: "seals over the rows written so far, each chained to the one before it and signed; 'whytrace verify' checks them",
    columns: [
      field('id', 'id', 'number of the seal, from 1'),
      field('time_ns', 'time', 'when it was made'),
      field('kind', 'text', 'begin, segment, end, or pruned for a tombstone'),
      field('parts', 'text', 'a line for each table: its name, which rows, and the SHA-256 of each 256 of them'),
      field(
        'detail',
        'text',
        'begin: public key and schema; pruned: up to which seal which tables lost their rows, and why',
      ),
      field('previous', 'text', 'hash of the seal before it'),
      field('hash', 'text', 'SHA-256 over this row and that hash'),
      field('signature', 'text', 'Ed25519 signature of the hash, base64'),
    ],
  }),
} as const;

export const evidenceViews = {
  evidence: view({
    name: 'evidence',
    doc: "seals over the rows, in order; 'whytrace verify' checks them",
    columns: [
      field('id', 'id', 'number of the seal, from 1'),
      field('time_ns', 'time', 'when it was made'),
      field('kind', 'text', 'begin, segment, end, or pruned for a tombstone'),
      field('tables', 'number', 'tables of which it seals rows'),
      field('hash', 'text', 'SHA-256 over the seal and the one before it'),
    ],
    sql: "SELECT id, time_ns, kind, length(parts) - length(replace(parts, char(10), '')) AS tables, hash FROM evidence_chain",
    examples: [
      {
        question: 'Until when are the rows sealed?',
        sql: 'SELECT id, kind, time_ns / 1e9 AS until_s, hash FROM evidence ORDER BY id DESC LIMIT 1',
      },
    ],
  }),
} as const;
