// `npm run fuzz [-- --only NAME,...] [--minutes N] [--seed N]`: feeds random and changed inputs to everything that reads what
// strangers wrote, 10 minutes in all unless told. A failure prints its seed and leaves its input in fuzz/found/.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { corpusOf } from './run-target.ts';
import { targets } from './targets.ts';

const DEFAULT_MINUTES = 10;
/** How much longer than its time a target may take before it is taken for one that hangs. */
const PATIENCE_MS = 90_000;
/** Memory of a target, in MB of the JavaScript heap. */
const MOST_HEAP = 1024;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    input: { type: 'string' },
  },
});
const only = values.only?.split(',');
const chosen = targets.filter(({ name }) => only?.includes(name) ?? true);
const unknown = only?.filter((name) => targets.every((target) => target.name !== name)) ?? [];
const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff);
if (unknown.length > 0 || chosen.length === 0 || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `fuzz: it takes --only NAME,... --minutes N --seed N --input FILE; targets: ${targets.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}

const [target] = chosen;
if (values.input !== undefined && target !== undefined) {
  // One input once more, such as one that failed.
  const input = readFileSync(values.input);
  const opened = await target.open();
  await opened.check(input);
  await opened.close?.();
  process.stdout.write(`${target.name}: ${input.length} bytes, no fault\n`);
  process.exit(0);
}

type Said = { readonly inputs?: number; readonly seed?: number; readonly why?: string };

/** What became of a target that ran for so many seconds. */
const runOne = (name: string, seconds: number, path: string): Promise<Said> =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${MOST_HEAP}`,
        fileURLToPath(new URL('one.ts', import.meta.url)),
        ...[name, String(seed), String(seconds), path],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let out = '';
    let err = '';
    let late = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-4000);
    });
    const timer = setTimeout(
      () => {
        late = true;
        child.kill('SIGKILL');
      },
      seconds * 1000 + PATIENCE_MS,
    );
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const line = out.trim().split('\n').at(-1) ?? '';
      const said: Said | undefined = line.startsWith('{') ? JSON.parse(line) : undefined;
      if (said !== undefined && code === 0) resolve(said);
      else resolve({ seed, why: late ? 'it hangs' : `it ended with ${signal ?? code}: ${err.trim()}` });
    });
  });

const found = fileURLToPath(new URL('found/', import.meta.url));
mkdirSync(found, { recursive: true });
const lacks = new Map(chosen.map((one) => [one.name, one.missing?.()]));
const possible = chosen.filter(({ name }) => lacks.get(name) === undefined);
const seconds = (minutes * 60) / Math.max(1, possible.length);
process.stderr.write(`fuzz: seed ${seed}, ${possible.length} targets, ${seconds.toFixed(0)} s each\n`);
for (const [name, why] of lacks)
  if (why !== undefined) process.stdout.write(`${JSON.stringify({ target: name, skipped: why })}\n`);
let faults = 0;
for (const { name, doc } of possible) {
  if (process.stderr.isTTY) process.stderr.write(`fuzz: ${name}: ${doc}\n`);
  const path = `${found}${name}-${seed}.bin`;
  const { inputs, seed: failing, why } = await runOne(name, seconds, path);
  if (why === undefined) {
    rmSync(path, { force: true });
    process.stdout.write(`${JSON.stringify({ target: name, inputs, corpus: corpusOf(name).length, faults: 0 })}\n`);
    continue;
  }
  faults++;
  process.stdout.write(
    `${JSON.stringify({ target: name, seed: failing, input: path, bytes: statSync(path).size, faults: 1 })}\n`,
  );
  process.stderr.write(`${why}\nfuzz: again: npm run fuzz -- --only ${name} --input ${path}\n`);
}
if (faults > 0 || possible.length === 0) process.exitCode = 1;
