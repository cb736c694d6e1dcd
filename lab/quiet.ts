// Does what is harmless while both watches look, and tells the alerts that came of it: healthy traffic, benign work. Needs root.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../src/base/alert.ts';
import { startClock } from '../src/capture/clock.ts';
import { openTap } from '../src/capture/live/tap.ts';
import { childrenOf } from '../src/capture/process-info.ts';
import { startActor } from '../src/cli/actor.ts';
import { startWatches } from '../src/live/watches.ts';
import { type Benign, benign } from './benign.ts';

/** What is seen late: a question to a name server that nobody answers. */
const LATE_MS = 1500;
const WORK_MS = 300_000;
/** Work that is done at the same time. */
const AT_ONCE = 2;
/** Addresses of lab/live/healthy.py. */
const OURS = /127\.77\.|10\.78\.|fd78:|\[::1\]:(?:8080|7000|7001|53)\b/;

/** What no kernel lets them see, or what has no class yet: said always. */
const ALWAYS = /no known class|32-bit|io_uring/;

/** Does something under both watches and returns the alerts that it raised, with what it returned. */
const watched = async <T>(
  act: () => Promise<T>,
): Promise<{ readonly alerts: readonly Alert[]; readonly result: T }> => {
  const clock = startClock();
  const tap = openTap(clock);
  const alerts: Alert[] = [];
  const watches = startWatches(tap, clock, {
    allowed: [],
    keep: () => undefined,
    onAlert: (alert) => alerts.push(alert),
  });
  try {
    const missing = watches.notWatched.filter((line) => !ALWAYS.test(line));
    if (missing.length > 0) throw new Error(`not watched: ${missing.join(', ')}`);
    return { result: await act(), alerts };
  } finally {
    await watches.stop();
    await tap.stop();
  }
};

/** Healthy traffic for so many seconds: the alerts about its hosts, and how much of each there was. */
export const healthyTraffic = async (seconds: number) => {
  const { alerts, result } = await watched(async () => {
    const actor = await startActor('healthy.py');
    try {
      const hosts = childrenOf(actor.pid);
      const namespaces = hosts.flatMap((pid) => /\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.map(Number) ?? []);
      const said = await actor.act(`traffic ${seconds}`);
      await sleep(LATE_MS);
      return { said, hosts, namespaces };
    } finally {
      await actor.end();
    }
  });
  const { said, hosts, namespaces } = result;
  const has = (list: readonly number[], value: unknown) => typeof value === 'number' && list.includes(value);
  const ours = alerts.filter(
    ({ watch, facts }) =>
      watch === 'network' &&
      (OURS.test(JSON.stringify(facts)) || has(namespaces, facts.namespace) || has(hosts, facts.namespace_of_pid)),
  );
  return { said, alerts: ours };
};

export type Done = { readonly name: string; readonly skipped?: string };

const runs = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;

/** Does one piece of work in a folder that is gone afterwards. Rejects when it fails: then it proves nothing. */
const work = async ({ name, needs, script }: Benign, rounds: number, pids: Set<number>): Promise<Done> => {
  const lacks = needs.filter((program) => !runs(program));
  if (lacks.length > 0) return { name, skipped: `no ${lacks.join(', ')}` };
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-benign-'));
  try {
    const child = spawn('sh', ['-eu', '-c', script], {
      cwd: folder,
      env: { ...process.env, ROUNDS: String(rounds) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = child;
    if (pid === undefined) throw new Error('cannot start sh');
    pids.add(pid);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text = `${text}${String(chunk)}`.slice(-2000);
      });
    const late = setTimeout(() => process.kill(-pid, 'SIGKILL'), WORK_MS);
    const code = await new Promise<number | null>((resolve) => {
      child.once('close', resolve);
    });
    clearTimeout(late);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${text.trim()}`);
    const [, skipped] = /^skip: (.*)$/m.exec(text) ?? [];
    return { name, ...(skipped === undefined ? {} : { skipped }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Benign work, a few at a time: the alerts about its processes, what was done, what could not be and why. */
export const benignWork = async ({
  rounds,
  names,
}: {
  readonly rounds: number;
  readonly names?: readonly string[];
}) => {
  const pids = new Set<number>();
  const { alerts, result } = await watched(async () => {
    const done: Done[] = [];
    const left = benign.filter(({ name }) => names === undefined || names.includes(name));
    const worker = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) done.push(await work(one, rounds, pids));
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
    await sleep(LATE_MS / 3);
    return done;
  });
  const isOurs = ({ watch, process: who, ancestry = [] }: Alert) =>
    watch === 'security' && [who, ...ancestry].some((one) => one !== undefined && pids.has(one.pid));
  return { done: result, alerts: alerts.filter(isOurs) };
};
