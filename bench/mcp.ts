// What the MCP server stands: fifty clients at once, ten thousand calls, ten thousand malformed messages; over its socket and
// over HTTP, as a process of its own, from outside.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { argumentNames } from '../src/catalogue/arguments.ts';
import { RecordingWriter } from '../src/store/writer.ts';
import { malformedMessages } from '../test/malformed-messages.ts';
import { sendOverHttp, sendOverSocket } from '../test/send-malformed.ts';
import { type Bench, type Figure, figureOf } from './figure.ts';
import { inFolder, launcher } from './lab.ts';

const CLIENTS = 50;
const CALLS = 10_000;
const MESSAGES = 10_000;
const ROWS = 100_000;
/** Calls of each client, one after the other, while all of them ask at once. */
const ROUNDS = 20;

/** A recording of a training loop: five calls, four threads. */
const fill = (path: string): void => {
  const writer = new RecordingWriter(path, { started_unix_ns: '1700000000000000000', recorder_pid: 0, host: 'bench' });
  const threads = [1, 2, 3, 4].map((tid) => writer.threadId(1, tid, 'python3'));
  const none = argumentNames.map(() => null);
  const args = writer.argumentsId(none, false);
  for (let i = 0; i < ROWS; i++) {
    const duration = i % 10_000 === 0 ? 5_000_000 : 500 + ((i * 7919) % 4000);
    const op = [1, 10, 29, 101, 108][i % 5] ?? 1;
    writer.call(i * 2000, duration, threads[i % 4] ?? 1, op, op > 100 ? 1 : 0, 0, args, 0, 0);
    writer.totals.add(1, op, i * 2000 + duration, duration, false);
  }
  writer.close(ROWS * 2000);
};

const CALL = {
  name: 'get_trace_stats',
  arguments: {},
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};
const callText = (id: number): string => JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: CALL });
const isGood = (text: string): boolean => text.includes('"structuredContent"') && !text.includes('"isError":true');

type Server = { readonly pid: number; readonly url: string; readonly path: string };

/** Runs a server of its own while `use` does. */
const withServer = async (
  folder: string,
  args: readonly string[],
  use: (server: Server) => Promise<void>,
): Promise<void> => {
  const path = join(folder, 'mcp.sock');
  const options = ['--db', join(folder, 'run.db'), '--socket', path, '--http', '127.0.0.1:0', '--rate', '100000'];
  const env = { ...process.env, XDG_STATE_HOME: folder };
  const child = spawn(launcher, ['mcp', ...options, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const [found] = /http:\S+/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.on('exit', () => reject(new Error(said)));
    });
    await use({ pid: child.pid ?? 0, url, path });
  } finally {
    child.kill('SIGTERM');
    const end = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await new Promise((resolve) => (child.exitCode === null ? child.on('close', resolve) : resolve(undefined)));
    clearTimeout(end);
  }
};

type Ask = (id: number) => Promise<string>;
type Client = { readonly ask: Ask; readonly end: () => void };

const socketClient = async (path: string): Promise<Client> => {
  const socket: Socket = connect(path);
  await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject));
  const waiting: ((line: string) => void)[] = [];
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.shift()?.(line);
  });
  return {
    ask: (id) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        socket.write(`${callText(id)}\n`);
      }),
    end: () => socket.destroy(),
  };
};

const HEADERS = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
  'MCP-Protocol-Version': '2026-07-28',
  'Mcp-Method': 'tools/call',
  'Mcp-Name': 'get_trace_stats',
};
const httpClient = (url: string): Client => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: (id) =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', agent, headers: HEADERS }, async (answer) => {
          let text = '';
          for await (const piece of answer.setEncoding('utf8')) text += piece;
          resolve(text);
        });
        sent.on('error', reject);
        sent.end(callText(id));
      }),
    end: () => agent.destroy(),
  };
};

/** All clients at once, each with one call in flight: the time of each call in ms, and how many failed. */
const crowd = async (clients: readonly Client[], rounds: number): Promise<{ times: number[]; failed: number }> => {
  const times: number[] = [];
  let failed = 0;
  await Promise.all(
    clients.map(async ({ ask }) => {
      for (let i = 1; i <= rounds; i++) {
        const began = performance.now();
        const text = await ask(i);
        times.push(performance.now() - began);
        if (!isGood(text)) failed++;
      }
    }),
  );
  return { times, failed };
};

const p95 = (values: readonly number[]): number => {
  const order = [...values].sort((a, b) => a - b);
  return order[Math.min(order.length - 1, Math.ceil(order.length * 0.95) - 1)] ?? Number.NaN;
};

const residentMib = (pid: number): number => {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};
/** CPU time of a process in ms, at 100 ticks a second: fields 14 and 15 of /proc/PID/stat, counted after the name. */
const cpuMs = (pid: number): number => {
  const [, , , , , , , , , , , user, system] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(user) + Number(system)) * 10;
};

const crowdFigures = async (pid: number, name: string, make: () => Promise<Client>): Promise<readonly Figure[]> => {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, make));
  try {
    await crowd(clients, 2);
    const before = cpuMs(pid);
    const { times, failed } = await crowd(clients, ROUNDS);
    const cpu_ms_per_call = (cpuMs(pid) - before) / times.length;
    const context = { clients: CLIENTS, calls: times.length, transport: name, rows: ROWS, cpu_ms_per_call };
    return [
      figureOf(`mcp_${name}_p95_of_50_clients`, 'ms', { atMost: 250 }, [p95(times)], context),
      figureOf(`mcp_${name}_failed_of_50_clients`, 'calls', { atMost: 0 }, [failed], context),
    ];
  } finally {
    for (const { end } of clients) end();
  }
};

const lowest = (values: readonly number[]): number => Math.min(...values);

/**
 * How much the lowest resident memory of the second half of the calls is above that of the first, once the first tenth has
 * warmed code and caches: between collections of garbage memory goes up and down, and only what stays counts.
 */
const memoryFigure = async (pid: number, path: string): Promise<Figure> => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => socketClient(path)));
  const looks: number[] = [];
  const look = setInterval(() => looks.push(residentMib(pid)), 100);
  try {
    const part = async (share: number): Promise<number> => {
      looks.length = 0;
      await crowd(clients, (CALLS * share) / clients.length);
      return lowest([...looks, residentMib(pid)]);
    };
    await part(0.1);
    const began = performance.now();
    const [early, late] = [await part(0.45), await part(0.45)];
    const calls_per_second = Math.round((CALLS * 0.9) / ((performance.now() - began) / 1000));
    const context = { calls: CALLS, early_mib: Math.round(early), late_mib: Math.round(late), calls_per_second };
    return figureOf('mcp_memory_growth_over_10000_calls', 'MiB', { atMost: 30 }, [late - early], context);
  } finally {
    clearInterval(look);
    for (const { end } of clients) end();
  }
};

export const mcp: Bench = {
  name: 'mcp',
  doc: 'fifty clients at once, ten thousand calls, ten thousand malformed messages',
  run: () =>
    inFolder(async (folder) => {
      const figures: Figure[] = [];
      fill(join(folder, 'run.db'));
      await withServer(folder, ['--http-open'], async ({ pid, url, path }) => {
        figures.push(...(await crowdFigures(pid, 'socket', () => socketClient(path))));
        figures.push(...(await crowdFigures(pid, 'http', async () => httpClient(url))));
        figures.push(await memoryFigure(pid, path));
        for (const [name, send] of [
          ['socket', () => sendOverSocket(path, malformedMessages(11), MESSAGES)],
          ['http', () => sendOverHttp(url, malformedMessages(12), MESSAGES)],
        ] as const) {
          const { unanswered, sent } = await send();
          const context = { messages: sent, transport: name };
          figures.push(
            figureOf(`mcp_${name}_malformed_unanswered`, 'messages', { atMost: 0 }, [unanswered.length], context),
          );
        }
      });
      return figures;
    }),
};
