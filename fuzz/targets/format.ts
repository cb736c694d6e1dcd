// Descriptions of tracepoints, and records that a description does not fit.
import { readdirSync, readFileSync } from 'node:fs';
import { createDecoder } from '../../src/capture/live/decode.ts';
import { parseFormat } from '../../src/capture/live/format.ts';
import { recordLayout } from '../../src/capture/live/record.ts';
import { holds, refusing, type Target } from '../target.ts';

const TRACEFS = ['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events'];
const EVENTS = ['sched/sched_switch', 'syscalls/sys_enter_openat', 'skb/kfree_skb', 'sock/inet_sock_set_state'];
/** Bytes of a record of the kernel, and of the texts behind it. */
const LARGEST = 65_536;
const BUILT_IN = `name: sched_wakeup
ID: 320
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;
\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;
\tfield:int state;\toffset:28;\tsize:4;\tsigned:1;

print fmt: "%d", __print_symbolic(REC->state, { 1, "one" }, { TCP_CLOSE, "closed" })
`;

const known = (): readonly Buffer[] =>
  TRACEFS.flatMap((root) =>
    EVENTS.flatMap((event) => {
      try {
        readdirSync(`${root}/${event}`);
        return [readFileSync(`${root}/${event}/format`)];
      } catch {
        return [];
      }
    }),
  );

export const format: Target = {
  name: 'format',
  doc: 'descriptions of tracepoints, and records that do not fit them',
  open: () => ({
    seeds: [Buffer.from(BUILT_IN), ...known()],
    sound: () => {
      const read = parseFormat('sched', BUILT_IN);
      const names = read?.fields.map(({ name }) => name).filter((name) => !name.startsWith('common_'));
      holds('a description', names?.join() === 'comm,name,state');
      holds('names of values', read?.fields.find(({ name }) => name === 'state')?.names.get('one') === 1);
    },
    check: (input) => {
      const read = parseFormat('sched', input.toString('utf8'));
      if (read === undefined) return;
      refusing(() => {
        const layout = recordLayout(read, read.fields);
        // The kernel takes no larger ones: such a description never becomes a subscription.
        if (!(layout.size <= LARGEST)) return;
        createDecoder(read, layout, () => 0)(new Uint8Array(Buffer.alloc(layout.size, input)));
      });
    },
  }),
};
