import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded, type Scene } from '../../../test/recorded.ts';
import { momentKinds } from '../../catalogue/events.ts';
import { attribute } from '../walk.ts';
import { sentAgainRows, sentAgainText } from './sent-again.ts';

const victim = { pid: 100, tid: 101, comm: 'python3' };
const window = { start_ns: 0, end_ns: 1000 };
const ports = (own: number, far: number) => own * 65_536 + far;
const here = { address: '10.0.0.1', port: 5000 };
const there = { address: '10.0.0.2', port: 80 };
type End = typeof here;

/** A thread waits for the network; what is said of that, and the rows that prove it. */
const said = (build: (scene: Scene) => void) =>
  recorded(
    (scene) => {
      const { waits } = scene.writer;
      const file = waits.fileId({
        ...{ inode: 7, device: 0, type: 3, name: 'socket:[7]', local: '10.0.0.1:5000', remote: '10.0.0.2:80' },
        ...{ peer_pid: null, peer_comm: null },
      });
      scene.wait(victim, 0, 1000, { syscall: 'recvfrom', file_type: 3, waker_context: 4, file });
      build(scene);
    },
    (recording) => {
      const [part] = attribute(recording, { ...victim, op: '', role: '' }, window).parts;
      return part === undefined
        ? undefined
        : { text: sentAgainText(recording, part, [window]), rows: sentAgainRows(recording, part) };
    },
  );
const resent =
  (...moments: readonly (readonly [time: number, detail: number])[]) =>
  ({ writer: { waits } }: Scene) => {
    for (const [time, detail] of moments)
      waits.moment({ time, detail, thread: null, kind: momentKinds.tcp_retransmit, value: 0, by: null });
  };
const drop = (scene: Scene, time: number, reason: string, location: string, from: End, to: End) =>
  scene.liveEvent('skb:kfree_skb', time, {
    ...{ reason, location, from: from.address, from_port: from.port, to: to.address, to_port: to.port },
  });

test('what either end of the connection sent again while it was waited for is counted', () => {
  const both = said(
    resent([100, ports(80, 5000)], [200, ports(5000, 80)], [300, ports(5001, 80)], [2000, ports(80, 5000)]),
  );
  assert.equal(both?.text, ', 2 segments sent again');
  assert.equal(said(resent([100, ports(80, 5000)]))?.text, ', the answer was sent again once');
  assert.equal(said(resent([1, ports(5000, 80)], [2, ports(5000, 80)]))?.text, ', what it sent was sent again 2 times');
  assert.equal(said(() => {})?.text, '');
});

test('what this host dropped of the connection is named with its place, and what it dropped of others is not', () => {
  const found = said((scene) => {
    resent([100, ports(80, 5000)], [300, ports(80, 5000)], [700, ports(80, 5000)])(scene);
    drop(scene, 90, 'NETFILTER_DROP', 'nft_do_chain', there, here);
    drop(scene, 290, 'NETFILTER_DROP', 'nft_do_chain', there, here);
    drop(scene, 295, 'NETFILTER_DROP', 'nft_do_chain', there, { ...here, port: 5001 });
    drop(scene, 5000, 'NETFILTER_DROP', 'nft_do_chain', there, here);
  });
  assert.equal(
    found?.text,
    ', the answer was sent again 3 times: 2 packets were dropped by NETFILTER_DROP at nft_do_chain',
  );
  assert.deepEqual(found?.rows, ['live_events:1', 'moments:1']);
});

test('without TCP, drops alone; a closed window; a full queue of a listening program', () => {
  const alone = said((scene) => drop(scene, 1, 'SOCKET_RCVBUFF', '', here, there));
  assert.equal(alone?.text, ', 1 packet was dropped by SOCKET_RCVBUFF');
  const closed = said((scene) => {
    for (const time of [1, 2]) drop(scene, time, 'TCP_OLD_SEQUENCE', 'tcp_validate_incoming', here, there);
  });
  assert.equal(closed?.text, ', a closed window was asked for 2 times: its receiver did not read');
  const full = said((scene) => {
    resent([10, ports(5000, 80)])(scene);
    scene.liveEvent('proc:netstat', 900, { counter: 'TcpExt.ListenOverflows', more: 1 });
  });
  assert.equal(full?.text, ', what it sent was sent again once, while the queue of a listening program here was full');
  assert.deepEqual(full?.rows, ['live_events:1', 'moments:1']);
});
