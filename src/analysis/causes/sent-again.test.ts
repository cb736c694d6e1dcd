import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../../test/recorded.ts';
import { momentKinds } from '../../catalogue/events.ts';
import { attribute } from '../walk.ts';
import { sentAgainText } from './sent-again.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const window = { start_ns: 0, end_ns: 1000 };
const ports = (own: number, far: number) => own * 65_536 + far;

test('what either end of the connection sent again while it was waited for is counted', () => {
  const text = recorded(
    ({ wait, writer: { waits } }) => {
      const file = waits.fileId({
        ...{ inode: 7, device: 0, type: 3, name: 'socket:[7]', local: '10.0.0.1:5000', remote: '10.0.0.2:80' },
        ...{ peer_pid: null, peer_comm: null },
      });
      wait(victim, 0, 1000, { syscall: 'recvfrom', file_type: 3, waker_context: 4, file });
      const sent = { thread: null, kind: momentKinds.tcp_retransmit, value: 0, by: null };
      waits.moment({ ...sent, time: 100, detail: ports(80, 5000) });
      waits.moment({ ...sent, time: 200, detail: ports(5000, 80) });
      waits.moment({ ...sent, time: 300, detail: ports(5001, 80) });
      waits.moment({ ...sent, time: 2000, detail: ports(80, 5000) });
    },
    (recording) => {
      const [part] = attribute(recording, { ...victim, op: '', role: '' }, window).parts;
      return part === undefined ? undefined : sentAgainText(recording, part, [window]);
    },
  );
  assert.equal(text, ', 2 segments sent again');
});
