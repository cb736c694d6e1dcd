// A server over a small recording, in this process, and raw clients of it. For tests only.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scene } from '../../../test/scene.ts';
import { fieldOf } from '../identity/field-of.ts';
import { peerPolicy } from '../identity/peer.ts';
import { type Audit, mcpServing } from '../mcp.ts';
import type { Refusal } from './gate.ts';
import type { Limits } from './limits.ts';
import { type HttpChoice, type NetworkOptions, serveNetwork } from './serve-network.ts';

export const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A folder with a recording in it, and the servers started over it; `audit` looks on instead of the list of refusals. */
export const servingForTest = (audit?: Audit) => {
  const folder = mkdtempSync(join(tmpdir(), 'whytrace-transport-'));
  const recording = scene();
  recording.process(5, 'python3');
  for (let i = 0; i < 50; i++)
    recording.call({ pid: 5, tid: 5, comm: 'python3' }, 'cudaMalloc', i * 1e6, 1000, { stack: ['load', 'main'] });
  recording.done();
  const refusals: Refusal[] = [];
  const faults: Error[] = [];
  const closers: (() => Promise<void>)[] = [];
  const start = async (options: Omit<NetworkOptions, 'serving' | 'keyPath'>, limits: Partial<Limits> = {}) => {
    const serving = mcpServing({
      version: '0',
      context: {
        path: () => recording.path,
        check: async () => ({ ok: true, checks: [] }),
        budget: 5_000,
      },
      limits: { endMs: 500, ...limits },
      audit: audit ?? {
        watch: { transport: (inner) => inner, exchange: (inner) => inner },
        onRefused: (refusal) => refusals.push(refusal),
      },
      report: (error) => faults.push(error),
    });
    const running = await serveNetwork({ serving, keyPath: join(folder, 'key.pem'), ...options });
    const close = async () => {
      await Promise.all(running.map((one) => one.close()));
      serving.changes.close();
    };
    closers.push(close);
    return { addresses: running.map(({ address }) => address), close };
  };
  type Run = (addresses: readonly string[]) => Promise<void>;
  /** Runs a server while `use` does. */
  const during = async (options: Parameters<typeof start>[0], limits: Partial<Limits>, use: Run): Promise<void> => {
    const { addresses, close } = await start(options, limits);
    try {
      await use(addresses);
    } finally {
      await close();
    }
  };
  return {
    folder,
    during,
    path: join(folder, 'mcp.sock'),
    policy: peerPolicy([], []),
    refusals,
    faults,
    start,
    remove: async () => {
      await Promise.all(closers.map((close) => close()));
      recording.remove();
      rmSync(folder, { recursive: true });
    },
  };
};

/** HTTP on a free port of this machine, as the options of a user without wishes say. */
export const httpHere = (parts: Partial<HttpChoice> = {}): HttpChoice => ({
  address: { host: '127.0.0.1', port: 0, loopback: true },
  open: false,
  behindProxy: false,
  certificateNames: [],
  hosts: [],
  ...parts,
});

/** A raw client of a socket: writes lines, and reads one after the other; undefined at the end. */
export const lineClient = (path: string) => {
  const socket = connect(path);
  socket.on('error', () => {});
  const answers: unknown[] = [];
  const waiting: ((answer: unknown) => void)[] = [];
  let text = '';
  const deliver = (answer: unknown) => {
    const first = waiting.shift();
    if (first === undefined) answers.push(answer);
    else first(answer);
  };
  socket.setEncoding('utf8').on('data', (piece: string) => {
    const lines = `${text}${piece}`.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) deliver(JSON.parse(line));
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const one of waiting.splice(0)) one(undefined);
      resolve();
    });
  });
  const next = (): Promise<unknown> => {
    if (answers.length > 0) return Promise.resolve(answers.shift());
    if (socket.destroyed) return Promise.resolve(undefined);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const send = (message: object) => socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return {
    socket,
    ended,
    send,
    next,
    raw: (text: string) => socket.write(text),
    ask: (message: object): Promise<unknown> => {
      send(message);
      return next();
    },
    /** A request of 2026-07-28. */
    modern: (id: number, method: string, params: object = {}): Promise<unknown> => {
      send({ id, method, params: { ...params, _meta: MODERN } });
      return next();
    },
  };
};

const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

/** A request of 2026-07-28 over HTTP, with its headers. */
export const post = (
  url: string,
  method: string,
  params: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const name = fieldOf(params, 'name') ?? fieldOf(params, 'uri');
  return fetch(url, {
    method: 'POST',
    headers: {
      ...HEADERS,
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': method,
      ...(typeof name === 'string' ? { 'Mcp-Name': name } : {}),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: MODERN } }),
  });
};

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** The value at a path of fields, whatever they hold. */
export const at = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((found, name) => fieldOf(found, name), value);
