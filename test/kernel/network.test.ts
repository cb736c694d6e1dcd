// The network watch: each fault between hosts in network namespaces of their own raises what it is, and a clean connection
// nothing. All runs when several are asked for (`npm run test:kernel`), else the quick ones once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../src/base/alert.ts';
import { here } from './recorder.ts';
import { SLOWNESS } from './slowness.ts';
import { actorOf, RUNS, startWatching } from './watching.ts';

const PATIENCE_MS = 3000 * SLOWNESS;
/** Until what a fault leaves behind has been told, before the next one that is told in the same words. */
const SETTLING_MS = 100 * SLOWNESS;

type Expected = { readonly rule: string; readonly reason?: string; readonly slow?: true };

/** Fault -> what is raised: rule, and for drops the kernel's reason. `slow`: it takes seconds by its nature. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  ip_checksum: { rule: 'packets_malformed', reason: 'IP_CSUM' },
  header_length: { rule: 'packets_malformed', reason: 'IP_INHDR' },
  total_length: { rule: 'packets_malformed', reason: 'PKT_TOO_SMALL' },
  bad_option: { rule: 'packets_malformed', reason: 'IP_INHDR' },
  udp_checksum: { rule: 'packets_malformed', reason: 'UDP_CSUM' },
  udp_length: { rule: 'packets_malformed', reason: 'PKT_TOO_SMALL' },
  udp_short: { rule: 'packets_malformed' },
  tcp_checksum: { rule: 'packets_malformed', reason: 'TCP_CSUM' },
  tcp_offset: { rule: 'packets_malformed', reason: 'PKT_TOO_SMALL' },
  icmp_checksum: { rule: 'packets_malformed', reason: 'ICMP_CSUM' },
  unknown_protocol: { rule: 'packets_malformed', reason: 'IP_NOPROTO' },
  unknown_ethertype: { rule: 'packets_malformed', reason: 'UNHANDLED_PROTO' },
  wrong_mac: { rule: 'packets_topology', reason: 'OTHERHOST' },
  source_of_loopback: { rule: 'packets_spoofed', reason: 'IP_LOCALNET' },
  reverse_path: { rule: 'packets_spoofed', reason: 'IP_RPFILTER' },
  closed_udp_port: { rule: 'packets_topology', reason: 'NO_SOCKET' },
  closed_tcp_port: { rule: 'connect_refused' },
  short_life: { rule: 'packets_topology', reason: 'IP_INHDR' },
  no_route: { rule: 'packets_topology', reason: 'IP_INNOROUTES' },
  dead_neighbour: { rule: 'packets_topology', reason: 'NEIGH_FAILED', slow: true },
  dropped_at_ingress: { rule: 'packets_policy', reason: 'TC_EGRESS' },
  dropped_by_rule_in: { rule: 'packets_policy', reason: 'TC_INGRESS' },
  narrow_link: { rule: 'packets_resource', reason: 'QDISC_DROP' },
  receive_buffer: { rule: 'receive_buffer_full' },
  accept_queue: { rule: 'listen_overflow' },
  black_hole: { rule: 'connect_unanswered' },
  lost_data: { rule: 'retransmissions', slow: true },
  abrupt_end: { rule: 'connection_reset' },
  blind_injection: { rule: 'packets_spoofed', reason: 'TCP_INVALID_SEQUENCE' },
  closed_window: { rule: 'zero_window', slow: true },
  too_big: { rule: 'packets_topology', reason: 'PKT_TOO_BIG' },
  lone_fragment: { rule: 'packets_malformed', reason: 'FRAG_REASM_TIMEOUT', slow: true },
  link_down: { rule: 'packets_topology', reason: 'IP_INNOROUTES', slow: true },
  name_unknown: { rule: 'name_unknown' },
  name_failing: { rule: 'name_server_failed' },
  name_slow: { rule: 'name_server_slow' },
  six_short_life: { rule: 'packets_topology', reason: 'IP_INHDR' },
  six_unknown_header: { rule: 'packets_malformed' },
  six_udp_checksum: { rule: 'packets_malformed', reason: 'UDP_CSUM' },
  six_closed_port: { rule: 'packets_topology', reason: 'NO_SOCKET' },
  six_no_route: { rule: 'packets_topology' },
  six_nobody: { rule: 'packets_topology', slow: true },
  six_too_big: { rule: 'packets_topology', reason: 'PKT_TOO_BIG' },
  six_bad_option: { rule: 'packets_malformed' },
  six_bad_length: { rule: 'packets_malformed' },
};
/** What is no fault: a connection that works, and transfers for those who look. */
const NO_FAULTS = new Set(['clean', 'whole_transfer', 'lossy_transfer']);

/** Inode of the network namespace of a process; 0 when it is gone. */
const namespaceOf = (pid: number): number => statSync(`/proc/${pid}/ns/net`, { throwIfNoEntry: false })?.ino ?? 0;

/** Whether facts are about the hosts that this process made: by address, or by the namespace of it or of a child. */
const ofHosts = (pid: number) => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const namespaces = new Set([pid, ...children].map(namespaceOf));
  assert.ok(namespaces.size === 3 && !namespaces.has(namespaceOf(process.pid)), 'three hosts, none of them ours');
  return (facts: Alert['facts']): boolean =>
    /"\[?(10\.77\.|fd77:)/.test(JSON.stringify(facts)) ||
    namespaces.has(Number(facts.namespace ?? 0)) ||
    (facts.namespace_of_pid !== undefined && namespaces.has(namespaceOf(Number(facts.namespace_of_pid))));
};

// Several runs take several times as long.
const patient = { ...here, timeout: here.timeout * (1 + RUNS) };

test('each fault of the network raises what it is, a clean connection nothing', patient, async (t) => {
  for (let run = 0; run < RUNS; run++) {
    const { clock, book, stop } = startWatching(t, { only: ['network'] });
    /** Alerts of the network that were raised, or raised again, since then. */
    const since = (began: number): readonly Alert[] =>
      book.list(0, 'info').filter(({ watch, last }) => watch === 'network' && last >= began);
    const faults = await actorOf(t, 'network-faults.py');
    const known = faults.names.filter((name) => !NO_FAULTS.has(name));
    // Without IPv6 in this kernel there are none of its faults.
    const wanted = Object.keys(EXPECTED).filter((name) => known.includes(name) || !name.startsWith('six_'));
    assert.deepEqual(known.toSorted(), wanted.toSorted());
    // First, before anything else has left something behind.
    await sleep(500);
    const before = clock.now();
    await faults.act('clean');
    await sleep(1200);
    const isOurs = ofHosts(faults.pid);
    const ours = since(before).filter(({ facts }) => isOurs(facts));
    assert.deepEqual(ours, [], 'a clean connection raises nothing');
    const played = wanted.filter((name) => EXPECTED[name]?.slow !== true || RUNS > 1);
    for (const [i, name] of played.entries()) {
      const { rule, reason } = EXPECTED[name] ?? { rule: 'none' };
      const began = clock.now();
      await faults.act(name);
      const isSix = name.startsWith('six_');
      const isIt = (alert: Alert) =>
        alert.rule === rule &&
        (reason === undefined || alert.facts.reason === reason) &&
        isOurs(alert.facts) &&
        isSix === String(alert.facts.from).startsWith('fd77:');
      const isThere = () => since(began).some(isIt);
      for (const end = performance.now() + PATIENCE_MS; !isThere() && performance.now() < end; ) await sleep(10);
      const seen = since(began).map(
        ({ rule: other, facts }) => `${other} ${facts.reason ?? ''}@${facts.location ?? ''}`,
      );
      assert.ok(isThere(), `${name}: expected ${rule} ${reason ?? ''}, run ${run + 1}; there was: ${seen.join(', ')}`);
      const next = EXPECTED[played[i + 1] ?? ''];
      if (next?.rule === rule && (next.reason === undefined || next.reason === reason)) await sleep(SETTLING_MS);
    }
    await faults.end();
    await stop();
  }
});

/** Asks for a port where nobody listens, a few times. */
const REFUSED = `
import socket, time
for i in range(5):
    try: socket.create_connection(("127.0.0.1", 1))
    except OSError: pass
    time.sleep(0.02)`;

test('of several clients that are refused at the same place each is named', here, async (t) => {
  const { alerts, stop } = startWatching(t, { only: ['network'] });
  const clients = Array.from({ length: 3 }, () => spawn('python3', ['-c', REFUSED], { stdio: 'ignore' }));
  t.after(() => clients.map((client) => client.kill('SIGKILL')));
  const named = () =>
    clients.filter(({ pid }) => alerts.some((alert) => alert.rule === 'connect_refused' && alert.process?.pid === pid));
  for (const end = performance.now() + PATIENCE_MS; named().length < 3 && performance.now() < end; ) await sleep(10);
  await stop();
  const refused = alerts.filter(({ rule, facts }) => rule === 'connect_refused' && facts.to === '127.0.0.1:1');
  assert.equal(named().length, 3, refused.map(({ process: who }) => String(who?.pid)).join(' '));
  assert.ok(
    refused.every(({ process: who }) => who !== undefined),
    'and none is of nobody',
  );
});
