// Keeps what a bench measured in docs/figures/BENCH.jsonl, from which docs/overhead.md is made: a line about the machine, then a
// line for each figure.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { overheadDoc } from '../scripts/overhead-doc.ts';
import type { Figure } from './figure.ts';
import { machine } from './machine.ts';

const root = join(import.meta.dirname, '..');

/** Keeps the figures of a bench in place of those it measured before, and makes the document anew. */
export const keepFigures = (bench: string, figures: readonly Figure[]): void => {
  const folder = join(root, 'docs', 'figures');
  mkdirSync(folder, { recursive: true });
  const lines = [{ machine: machine() }, ...figures].map((line) => JSON.stringify(line));
  writeFileSync(join(folder, `${bench}.jsonl`), `${lines.join('\n')}\n`);
  writeFileSync(join(root, 'docs', 'overhead.md'), overheadDoc(folder));
};
