// Files of /proc and the loader's cache: other programs choose names and paths in them, and they may be torn by a race.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDropReasons } from '../../src/capture/drop-reasons.ts';
import { parseLdCache } from '../../src/capture/ld-cache.ts';
import { parseMaps } from '../../src/capture/maps.ts';
import { containerOf } from '../../src/capture/process-info.ts';
import { parseInet, parseUnix } from '../../src/capture/socket-table.ts';
import { readKernelTable } from '../../src/capture/symbols/kernel-table.ts';
import { updateSnapshot } from '../../src/capture/symbols/snapshot.ts';
import { holds, type Target } from '../target.ts';

const KERNEL =
  'ffffffff81000000 T _stext\nffffffff81000010 t do_one_initcall\nffffffffc0001000 t nf_hook\t[nf_tables]\nffffffff82000000 W weak\n';
const SOCKETS =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n';
const UNIX = '0000000000000000: 00000003 00000000 00000000 0001 03 20817 /run/x.sock\n';
const CGROUP = `0::/system.slice/docker-${'a'.repeat(64)}.scope\n`;

const readOr = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
};

export const proc: Target = {
  name: 'proc',
  doc: "maps, sockets, cgroups, kernel symbols and the loader's cache",
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'whytrace-fuzz-'));
    const table = join(folder, 'kallsyms');
    const own = [...readFileSync('/proc/self/maps')].slice(0, 6000);
    return {
      sound: () => {
        holds('maps', parseMaps(readFileSync('/proc/self/maps', 'utf8')).length > 10);
        holds('a socket', parseInet(SOCKETS, 'inet', 'stream').length === 1);
        holds('a socket with a path', parseUnix(UNIX).length === 1);
        holds('a container', containerOf(CGROUP) !== undefined);
        writeFileSync(table, KERNEL);
        holds('kernel symbols', readKernelTable(table) !== undefined);
      },
      seeds: [
        Buffer.from(own),
        Buffer.from(KERNEL),
        Buffer.from(SOCKETS),
        Buffer.from(UNIX),
        Buffer.from(CGROUP),
        readOr('/etc/ld.so.cache').subarray(0, 20_000),
      ],
      check: (input) => {
        const text = input.toString('utf8');
        for (const { start, end } of parseMaps(text))
          if (!(start < end)) throw new Error(`a mapping from ${start} to ${end}`);
        updateSnapshot(1, undefined, text, () => undefined);
        for (const type of ['stream', 'dgram'] as const) parseInet(text, 'inet', type);
        parseInet(text, 'inet6', 'stream');
        parseUnix(text);
        containerOf(text);
        parseDropReasons(text);
        for (const machine of ['x64', 'arm64'] as const) parseLdCache(input, machine);
        writeFileSync(table, input);
        readKernelTable(table);
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
