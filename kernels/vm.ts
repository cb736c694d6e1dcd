// A virtual machine by software emulation, from its start to its end: what it says on its console, line by line. Knows
// nothing of tests. It is ended by its own process id, also when we are.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { KernelFiles } from './kernel-files.ts';
import { type Machine, machines } from './targets.ts';
import type { Tools } from './tools.ts';

const MEMORY_MIB = 1536;
const CPUS = 2;

export type Guest = {
  readonly machine: Machine;
  readonly kernel: KernelFiles;
  /** Paths of its disks. All but `result` are as before when it ends. */
  readonly disks: { readonly system: string; readonly project: string; readonly result: string };
  /** What it shall do: words for its kernel's command line. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Where its console is kept. */
  readonly log: string;
  readonly limitMs: number;
};
/** How it ended: it switched itself off, its kernel did, or we did. */
export type Ending = 'done' | 'crashed' | 'time was up';

const living = new Set<() => void>();
process.on('exit', () => {
  for (const end of living) end();
});

const diskArguments = (disks: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(disks).flatMap(([name, path]) => [
    '-drive',
    `file=${path},format=raw,if=none,id=${name},snapshot=${name === 'result' ? 'off' : 'on'}`,
    '-device',
    `virtio-blk-pci,drive=${name},serial=${name}`,
  ]);

/** Runs it to its end. `onLine` hears each line of its console. */
export const runGuest = async (tools: Tools, guest: Guest, onLine: (line: string) => void): Promise<Ending> => {
  const { qemu, arguments: own, console: device } = machines[guest.machine];
  const [program, first] = tools.command(qemu);
  const settings = Object.entries(guest.settings).map(([name, value]) => `whytrace.${name}=${value}`);
  const args = [
    ...first,
    ...tools.firmware.flatMap((path) => ['-L', path]),
    ...own,
    ...['-accel', 'tcg', '-smp', String(CPUS), '-m', String(MEMORY_MIB)],
    ...['-nodefaults', '-nographic', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', guest.kernel.image, '-initrd', guest.kernel.first],
    '-append',
    [`console=${device}`, 'quiet', 'oops=panic', 'panic=-1', 'mitigations=off', ...settings].join(' '),
    ...diskArguments({ ...guest.disks, modules: guest.kernel.modules }),
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  living.add(end);
  const log = createWriteStream(guest.log);
  let ending: Ending = 'crashed';
  const timer = setTimeout(() => {
    ending = 'time was up';
    end();
  }, guest.limitMs);
  child.stderr.on('data', (chunk) => log.write(chunk));
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`);
    if (line.startsWith('whytrace-guest: done')) ending = 'done';
    onLine(line.trimEnd());
  });
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => resolve());
    child.once('error', reject);
  });
  clearTimeout(timer);
  living.delete(end);
  log.end();
  return ending;
};
