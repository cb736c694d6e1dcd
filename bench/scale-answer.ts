// Asks tools about one recording in a process of its own and says how long each answer took: run by the bench `scale`, so that
// its memory holds nothing else. Takes the path and a JSON list of questions; prints a JSON line for each, and one at the end.
import { utimesSync } from 'node:fs';
import { toolNamed } from '../src/serve/tools.ts';

type Question = { readonly name: string; readonly tool: string; readonly args: object; readonly times: number };

const [path = '', list = '[]'] = process.argv.slice(2);
const questions: readonly Question[] = JSON.parse(list);
const context = {
  path: () => path,
  check: () => Promise.reject(new Error('nothing is checked here')),
  budget: 65_536,
};
for (const { name, tool, args, times } of questions) {
  const took: number[] = [];
  const cpu: number[] = [];
  let bytes = 0;
  for (let i = 0; i < times; i++) {
    // As for somebody who asks the first time: the file was touched, so nothing that was read before is taken for it.
    utimesSync(path, new Date(), new Date());
    const began = performance.now();
    const start = process.cpuUsage();
    const answer = await toolNamed(tool).call(args, context);
    took.push(performance.now() - began);
    const used = process.cpuUsage(start);
    cpu.push((used.user + used.system) / 1000);
    bytes = JSON.stringify(answer).length;
    if (process.env.WHYTRACE_BENCH_SHOW === name) process.stderr.write(`${JSON.stringify(answer, undefined, 1)}\n`);
  }
  process.stdout.write(`${JSON.stringify({ name, took, cpu, bytes })}\n`);
}
process.stdout.write(`${JSON.stringify({ name: 'memory', mb: process.resourceUsage().maxRSS / 1024 })}\n`);
