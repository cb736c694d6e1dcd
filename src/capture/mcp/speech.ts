// Which processes write JSON-RPC to their standard output, seen for a moment in the kernel: the first eight bytes of each write
// are compared there, and nothing of them is kept but whose they were. Needs the rights to trace; without them nobody is heard.
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLibbpf, loadSystem } from '../libbpf.ts';
import { openInventory } from '../live/inventory.ts';
import { tracepointAttributes } from '../live/tracepoint-attributes.ts';
import { mayTrace } from '../privileges.ts';
import { tracefsFolder } from '../tracefs.ts';
import { assembleListener, RPC } from './listener-program.ts';

const BPF_MAP_TYPE_LRU_HASH = 9;
const MOST_PROCESSES = 4096;
const CALLS = ['write', 'writev'] as const;

/** `rpc`: it began with `{"jsonrpc`; `json`: with a word that JSON-RPC messages have first. */
export type Heard = 'rpc' | 'json';

/** Listens for so many ms. Undefined when this machine or user cannot. */
export const listenForSpeech = async (ms: number): Promise<ReadonlyMap<number, Heard> | undefined> => {
  if (!mayTrace()) return undefined;
  const opened: number[] = [];
  const system = loadSystem();
  const keep = (fd: number) => {
    if (fd < 0) throw new Error('refused');
    opened.push(fd);
    return fd;
  };
  try {
    const bpf = loadLibbpf();
    const folder = tracefsFolder(system);
    if (folder === undefined) return undefined;
    const inventory = openInventory(folder);
    const map = keep(bpf.createMap(BPF_MAP_TYPE_LRU_HASH, 'mcp_speech', 4, 4, MOST_PROCESSES, null));
    for (const call of CALLS) {
      const { id } = inventory.format('syscalls', `sys_enter_${call}`);
      const program = keep(bpf.loadTracepointProgram('mcp_speech', assembleListener(map, call === 'writev')));
      const perf = keep(system.openPerfEvent(tracepointAttributes(id), 0));
      keep(bpf.linkPerfEvent(program, perf));
    }
    await sleep(ms);
    const heard = new Map<number, Heard>();
    const [key, value] = [new Uint32Array(1), new Uint32Array(1)];
    let last: Uint8Array | null = null;
    while (bpf.nextKey(map, last, new Uint8Array(key.buffer)) === 0 && heard.size < MOST_PROCESSES) {
      if (bpf.lookup(map, new Uint8Array(key.buffer), new Uint8Array(value.buffer)) === 0)
        heard.set(key[0] ?? 0, value[0] === RPC ? 'rpc' : 'json');
      last = new Uint8Array(key.buffer.slice(0));
    }
    return heard;
  } catch {
    return undefined;
  } finally {
    // Newest first; closing a link waits for the kernel.
    await Promise.all(opened.toReversed().map((fd) => system.closeLater(fd)));
  }
};
