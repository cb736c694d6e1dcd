// Which MCP servers run on this host: looks at every process, its descriptors and its listeners in /proc, and lets the signs
// decide. Touches nothing, unless it is told to ask the listeners.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { McpServer, McpServers } from '../../base/mcp-server.ts';
import { cleanText } from '../../base/sanitize.ts';
import { LIKELY, mcpEvidence, type ProcessFacts } from '../../catalogue/mcp-evidence.ts';
import { allPids, type ProcessInfo, processInfo, readProcText } from '../process-info.ts';
import { endpointText, isAnyAddress, isLoopback, parseInet, parseUnix } from '../socket-table.ts';
import { type Descriptors, descriptorsOf, leadsToParent, socketInode } from './descriptors.ts';
import { probe } from './probe.ts';
import { projectOf } from './project.ts';
import { listenForSpeech } from './speech.ts';

const MOST_PARENTS = 6;
const MOST_PROBES = 200;

type Listener = {
  readonly kind: 'tcp' | 'unix';
  readonly address: string;
  /** Where it can be asked: on loopback only. */
  readonly ask: { readonly host: string; readonly port: number } | undefined;
};
type Sockets = { readonly listeners: ReadonlyMap<number, Listener>; readonly unnamed: ReadonlySet<number> };

const attempt = <T>(look: () => T): T | undefined => {
  try {
    return look();
  } catch {
    return undefined;
  }
};

/** The sockets of our own network namespace: loopback is this one's. */
const readSockets = (): Sockets => {
  const text = (name: string) => attempt(() => readFileSync(`/proc/self/net/${name}`, 'utf8')) ?? '';
  const listeners = new Map<number, Listener>();
  const tables = [parseInet(text('tcp'), 'inet', 'stream'), parseInet(text('tcp6'), 'inet6', 'stream')];
  for (const { inode, local, isListening } of tables.flat()) {
    if (!isListening || inode === 0) continue;
    const isHere = isLoopback(local) || isAnyAddress(local);
    const host = local.address.length === 8 ? '127.0.0.1' : '::1';
    const ask = isHere ? { host, port: local.port } : undefined;
    listeners.set(inode, { kind: 'tcp', address: endpointText(local) ?? `*:${local.port}`, ask });
  }
  const unnamed = new Set<number>();
  for (const { inode, path, type } of parseUnix(text('unix'))) {
    if (path === undefined) unnamed.add(inode);
    // Both ends of a connection to a socket with a name have that name or none: its owner's is among them.
    else if (type === 'stream') listeners.set(inode, { kind: 'unix', address: path, ask: undefined });
  }
  return { listeners, unnamed };
};

/** Names of users by their number, from the system's file; others keep their number. */
const readUsers = (): ReadonlyMap<number, string> => {
  const lines = (attempt(() => readFileSync('/etc/passwd', 'utf8')) ?? '').split('\n').map((line) => line.split(':'));
  const users = new Map(lines.map(([name = '', , uid = '']) => [Number(uid), cleanText(name, 32)]));
  const own = attempt(() => userInfo());
  return own === undefined ? users : users.set(own.uid, cleanText(own.username, 32));
};

type Seen = { readonly info: ProcessInfo; readonly descriptors: Descriptors | undefined };

const parentsOf = (seen: ReadonlyMap<number, Seen>, pid: number): readonly ProcessInfo[] => {
  const parents: ProcessInfo[] = [];
  let at = seen.get(pid)?.info.parentPid;
  while (at !== undefined && at > 1 && parents.length < MOST_PARENTS) {
    const parent = seen.get(at)?.info;
    if (parent === undefined || parents.includes(parent)) break;
    parents.push(parent);
    at = parent.parentPid;
  }
  return parents;
};

const listenersOf = ({ descriptors }: Seen, { listeners }: Sockets): readonly Listener[] => {
  const found = [...(descriptors?.values() ?? [])].flatMap((link) => listeners.get(socketInode(link) ?? 0) ?? []);
  return [...new Map(found.map((one) => [one.address, one])).values()];
};

const transportOf = (listens: readonly Listener[], talks: boolean): McpServer['transport'] => {
  if (listens.some(({ kind }) => kind === 'tcp')) return 'http';
  if (talks) return 'stdio';
  return listens.some(({ kind }) => kind === 'unix') ? 'unix' : 'unknown';
};

/** A wrapper (npx, sh, docker's client) and what it started are one server: the innermost is told of. */
const innermost = (servers: readonly McpServer[]): readonly McpServer[] =>
  servers.filter(
    ({ pid, package: name }) =>
      !servers.some((other) => other.parents.some((parent) => parent.pid === pid) && other.package === name),
  );

/** Asks the listeners on loopback; answers by process. */
const askAll = async (seen: ReadonlyMap<number, Seen>, sockets: Sockets, mayAsk: (port: number) => boolean) => {
  const answers = new Map<number, string>();
  let probed = 0;
  for (const [pid, one] of seen)
    for (const { ask } of listenersOf(one, sockets)) {
      if (ask === undefined || pid === process.pid || probed >= MOST_PROBES || !mayAsk(ask.port)) continue;
      probed++;
      const answered = await probe(ask.host, ask.port);
      if (answered !== undefined) answers.set(pid, answered);
    }
  return { answers, probed };
};

/**
 * `mayAsk`: also sends `server/discover` to listeners on this host's loopback, whose ports it allows. `listenMs`: hears for so long
 * who writes JSON-RPC to its standard output, where this user may trace.
 */
export const findMcpServers = async ({
  mayAsk,
  listenMs = 0,
}: {
  readonly mayAsk?: (port: number) => boolean;
  readonly listenMs?: number;
} = {}): Promise<McpServers> => {
  const heardBy = listenMs > 0 ? await listenForSpeech(listenMs) : undefined;
  const sockets = readSockets();
  const users = readUsers();
  const seen = new Map<number, Seen>();
  for (const pid of allPids()) {
    const info = attempt(() => processInfo(pid));
    if (info !== undefined && info.args !== '') seen.set(pid, { info, descriptors: descriptorsOf(pid) });
  }
  const { answers, probed } =
    mayAsk !== undefined ? await askAll(seen, sockets, mayAsk) : { answers: new Map<number, string>(), probed: 0 };
  const servers: McpServer[] = [];
  for (const [pid, one] of seen) {
    const { info, descriptors } = one;
    const parents = parentsOf(seen, pid);
    const listens = listenersOf(one, sockets);
    const talksToParent =
      descriptors !== undefined && leadsToParent(descriptors, seen.get(info.parentPid)?.descriptors, sockets.unnamed);
    const argv = (attempt(() => readProcText(pid, 'cmdline')) ?? '').split('\0');
    const project = projectOf(pid, argv);
    const answered = answers.get(pid);
    const heard = heardBy?.get(pid);
    const facts: ProcessFacts = {
      ...{ comm: info.comm, args: info.args, parents, talksToParent, listens },
      ...(project === undefined ? {} : { project }),
      ...(answered === undefined ? {} : { answered }),
      ...(heard === undefined ? {} : { heard }),
    };
    const evidence = mcpEvidence(facts);
    if (evidence.confidence < LIKELY) continue;
    servers.push({
      ...{ pid, comm: info.comm, uid: info.uid, user: users.get(info.uid) ?? null, args: info.args },
      ...{ package: evidence.package, transport: transportOf(listens, talksToParent) },
      addresses: listens.map(({ address }) => address),
      parents: parents.map((parent) => ({ pid: parent.pid, comm: parent.comm })),
      ...{ client: evidence.client, confidence: evidence.confidence, why: evidence.why, seen: 'running' as const },
    });
  }
  return {
    servers: innermost(servers).toSorted((a, b) => b.confidence - a.confidence || a.pid - b.pid),
    unseen: [...seen.values()].filter(({ descriptors }) => descriptors === undefined).length,
    probed,
  };
};
