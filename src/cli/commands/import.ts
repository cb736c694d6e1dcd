// `whytrace import`: makes a recording of what another tool recorded, with a summary of what was taken and what could not be.
import { basename } from 'node:path';
import type { ImportResult } from '../../import/import-file.ts';
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { err, out, outJson } from '../print.ts';
import { VERSION } from '../version.ts';

const outputFor = (from: string): string => `${basename(from).replace(/\.(?:db|sqlite3?)$/, '')}.whytrace.db`;
const count = (n: number): string => n.toLocaleString('en-US');

const claimsText = (claims: number): string =>
  claims === 1
    ? 'its one stored causal chain is kept as a claim (table foreign_claim), never as a cause'
    : `its ${count(claims)} stored causal chains are kept as claims (table foreign_claim), never as causes`;

const summaryLines = (
  from: string,
  to: string,
  { kept, tool, version, end_ns, taken, left_out, untold }: ImportResult,
) => {
  const { calls, waits, block_requests, stacks, threads, claims } = taken;
  return [
    ...(kept === undefined ? [] : [`whytrace: the older recording is now ${kept}`]),
    `whytrace: ${from} of ${tool} (${version}), ${(end_ns / 1e9).toFixed(3)} s, imported into ${to}`,
    `taken: ${count(calls)} calls (${count(stacks)} with a stack), ${count(waits)} intervals off the CPU, ${count(block_requests)} block requests, ${count(threads)} threads`,
    ...(claims === 0 ? [] : [claimsText(claims)]),
    ...left_out.map(({ what, count: rows }) => `left out: ${count(rows)} rows: ${what}`),
    ...untold.map((what) => `not told by such files: ${what}`),
    `next: whytrace explain ${to}`,
  ];
};

export const importCommand: Command = {
  name: 'import',
  summary: 'make a recording of what another tool recorded',
  usage: 'FILE [-o FILE] [--json]',
  about:
    'Reads the file of another tool, which is not changed, and writes a recording that every tool here answers on, with what its rows support: Ingero (SQLite, schema 0.8 and later). What such a file does not tell stays unknown, and what it lacks is listed as losses. Causes that it alleges are kept as claims in the table foreign_claim, each with what its own rows say to it.',
  options: {
    output: {
      type: 'text',
      short: 'o',
      value: 'FILE',
      doc: 'recording to write; an older one there is kept as FILE.old',
      default: './NAME.whytrace.db',
    },
    json: { type: 'flag', doc: 'print what was taken and left out as JSON and nothing else' },
  },
  words: 1,
  examples: [
    { line: 'whytrace import ingero.db -o x.db && whytrace explain x.db', doc: 'explain what another tool recorded' },
  ],
  run: async (args) => {
    const from = args.words[0];
    if (from === undefined) throw errors.noImport({});
    const to = args.text('output') ?? outputFor(from);
    const terminal = process.stderr.isTTY === true && !args.flag('json');
    const { importFile } = await import('../../import/import-file.ts');
    const { evidenceKey } = await import('../evidence-key.ts');
    try {
      const result = importFile({
        from,
        to,
        version: VERSION,
        key: evidenceKey().key,
        ...(terminal ? { onProgress: (done, total) => err(`\r\x1b[K${count(done)} of ${count(total)} rows`) } : {}),
      });
      if (terminal) err('\r\x1b[K');
      if (args.flag('json')) outJson({ from, to, ...result });
      else out(`${summaryLines(from, to, result).join('\n')}\n`);
      return 0;
    } catch (thrown) {
      if (terminal) err('\r\x1b[K');
      throw thrown;
    }
  },
};
