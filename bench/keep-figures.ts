// Keeps what a bench measured in docs/figures/BENCH.jsonl, from which docs/overhead.md and docs/scale.md are made: a line about the
// machine, then a line for each figure, or for why there is none.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { overheadDoc } from '../scripts/overhead-doc.ts';
import { scaleDoc } from '../scripts/scale-doc.ts';
import type { Line } from './figure.ts';
import { machine } from './machine.ts';

const root = join(import.meta.dirname, '..');

/** Keeps the lines of a bench in place of those it measured before, and makes the documents anew. */
export const keepFigures = (bench: string, lines: readonly Line[]): void => {
  const folder = join(root, 'docs', 'figures');
  mkdirSync(folder, { recursive: true });
  const texts = [{ machine: machine() }, ...lines].map((line) => JSON.stringify(line));
  writeFileSync(join(folder, `${bench}.jsonl`), `${texts.join('\n')}\n`);
  writeFileSync(join(root, 'docs', 'overhead.md'), overheadDoc(folder));
  writeFileSync(join(root, 'docs', 'scale.md'), scaleDoc());
};
