// Runs one target in a process of its own, so that a crash, a hang or a leak ends nothing else: run by main.ts. Writes each input
// to a file before it is read, and prints what came of it as one line of JSON.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { runTarget } from './run-target.ts';
import { targets } from './targets.ts';

const [name = '', seed = '', seconds = '', path = ''] = process.argv.slice(2);
const target = targets.find((one) => one.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const file = openSync(path, 'w');
const { inputs, fault } = await runTarget(target, {
  seed: Number(seed),
  most: Number.POSITIVE_INFINITY,
  ms: Number(seconds) * 1000,
  onInput: (input) => {
    ftruncateSync(file, 0);
    if (input.length > 0) writeSync(file, input, 0, input.length, 0);
  },
});
if (fault !== undefined) {
  // Not the one that was tried last, but the smallest that fails.
  ftruncateSync(file, 0);
  if (fault.input.length > 0) writeSync(file, fault.input, 0, fault.input.length, 0);
}
closeSync(file);
const said = fault === undefined ? {} : { seed: fault.seed, why: fault.why };
process.stdout.write(`${JSON.stringify({ inputs, ...said })}\n`);
// What a target leaves open must not keep its process.
process.exit(0);
