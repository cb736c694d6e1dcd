// `whytrace verify`: whether a recording is as its recorder wrote it.
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from '../command.ts';
import { errors } from '../errors.ts';
import { err, out, outJson } from '../print.ts';

const REFRESH_MS = 250;

/** What an option says, or the last line of the file that it names. */
const textOrFile = (value: string): string =>
  existsSync(value) ? (readFileSync(value, 'utf8').trim().split('\n').at(-1) ?? '') : value;

const parsed = <T>(name: string, value: string | undefined, wanted: string, parse: (text: string) => T | undefined) => {
  if (value === undefined) return undefined;
  const found = parse(textOrFile(value));
  if (found === undefined) throw errors.badValue({ name, value, wanted, command: 'verify' });
  return found;
};

export const verify: Command = {
  name: 'verify',
  summary: 'check that no row of a recording or of the audit log was changed, removed or added',
  usage: '[FILE] [OPTIONS]',
  about:
    'Holds every row, table and view of a recording against the seals that its recorder signed, and says which rows differ. FILE is ./whytrace.db, or else the newest recording in the state directory. Exit code 0 when it is intact and signed by a key that is known: that of this user on this machine, that of --key, or any when its last seal is the head of --anchor; else 1. A recording that was killed, or still grows, is intact up to a row that is told. FILE may also be an audit log of `whytrace mcp`.',
  options: {
    key: {
      type: 'text',
      value: 'KEY',
      doc: 'the public key that must have signed it, its fingerprint, or a file with either',
    },
    anchor: {
      type: 'text',
      value: 'HEAD',
      doc: 'a head that was printed before and must be in its chain, or a file whose last line it is',
    },
    print_head: {
      type: 'flag',
      doc: 'check the chain alone and print its head, one line to keep where nobody can change it',
    },
    print_key: { type: 'flag', doc: 'print the public key that this user signs with on this machine' },
    finish: {
      type: 'flag',
      doc: 'first finish a recording whose recorder was killed: make it one file and seal its rest, as it is found now',
    },
    json: { type: 'flag', doc: 'print what was found as JSON and nothing else' },
  },
  words: 1,
  examples: [
    { line: 'whytrace verify run.db', doc: 'exit code 0 when every row is as it was written' },
    { line: 'whytrace verify run.db --print-head >> /mnt/write-once/heads', doc: 'keep the head elsewhere' },
    { line: 'whytrace verify run.db --anchor /mnt/write-once/heads', doc: 'and hold the recording against it' },
    { line: 'whytrace verify run.db --finish', doc: 'after its recorder was killed' },
  ],
  run: async (args) => {
    const { fingerprintIn, knownPublicKey } = await import('../../store/evidence/key.ts');
    const { evidenceFolder, evidenceKey } = await import('../evidence-key.ts');
    if (args.flag('print_key')) {
      const { key, why } = evidenceKey();
      if (key === undefined) err(`whytrace: ${why}\n`);
      else out(`${key.publicKey}\n`);
      return key === undefined ? 1 : 0;
    }
    const { parseHead } = await import('../../store/evidence/head.ts');
    const { findRecording } = await import('../../serve/find-recording.ts');
    const { headOf, verifyRecording } = await import('../../store/evidence/verify.ts');
    const key = parsed(
      '--key',
      args.text('key'),
      'a public key, its fingerprint, or a file with either',
      fingerprintIn,
    );
    const anchor = parsed('--anchor', args.text('anchor'), "a line of 'whytrace verify --print-head'", parseHead);
    const path = findRecording(args.words[0]);
    const ownKey = knownPublicKey(evidenceFolder())?.fingerprint;
    const { isAuditLog } = await import('../../store/audit/verify-audit-file.ts');
    if (isAuditLog(path)) {
      const { verifyAuditLog } = await import('../verify-audit-log.ts');
      const [isHeadOnly, isJson] = [args.flag('print_head'), args.flag('json')];
      return verifyAuditLog(path, { key, ownKey, anchor, isHeadOnly, isJson });
    }
    if (args.flag('finish')) {
      const { finishCut } = await import('../../store/finish-cut.ts');
      finishCut(path, evidenceKey().key, BigInt(Date.now()) * 1_000_000n);
    }
    if (args.flag('print_head')) {
      const head = headOf(path);
      if (head === undefined) err(`whytrace: ${path} has no chain of seals that holds: see 'whytrace verify'\n`);
      else out(`${head}\n`);
      return head === undefined ? 1 : 0;
    }
    const isWatched = process.stderr.isTTY === true && !args.flag('json');
    let told = performance.now();
    const onProgress = (rows: number) => {
      if (performance.now() - told < REFRESH_MS) return;
      told = performance.now();
      err(`\r\x1b[K${rows.toLocaleString('en-US')} rows checked`);
    };
    const found = verifyRecording(path, { key, anchor, ownKey, ...(isWatched ? { onProgress } : {}) });
    if (isWatched) err('\r\x1b[K');
    if (args.flag('json')) outJson({ file: path, ...found });
    else {
      const { verifyLines } = await import('../verify-words.ts');
      out(`${verifyLines(path, found).join('\n')}\n`);
    }
    return found.verdict === 'intact' ? 0 : 1;
  },
};
