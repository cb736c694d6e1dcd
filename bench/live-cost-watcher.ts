// Both watches in a process of their own, for the bench of their cost: says when they stand, and on each line that it reads how
// much CPU time they have taken.
import { createInterface } from 'node:readline';
import { startClock } from '../src/capture/clock.ts';
import { openTap } from '../src/capture/live/tap.ts';
import { startWatches } from '../src/live/watches.ts';

const clock = startClock();
const tap = openTap(clock);
const watches = startWatches(tap, clock, { allowed: [], keep: () => undefined, onAlert: () => {} });
if (watches.notWatched.length > 0) process.stderr.write(`not watched: ${watches.notWatched.join(', ')}\n`);
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break;
  const { user, system } = process.cpuUsage();
  process.stdout.write(
    `cpu ${user + system} alerts ${watches.book.lastId()} unseen ${[...watches.unseen().values()].reduce((sum, n) => sum + n, 0)}\n`,
  );
}
await watches.stop();
await tap.stop();
process.stdout.write('ended\n');
