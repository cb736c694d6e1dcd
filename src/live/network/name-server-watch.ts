// Questions to name servers and their answers: what was answered with a failure, late, or not at all.
import type { NameServerPacket } from '../../capture/live/net-events.ts';
import { headersOf, nameServerMessage } from './packet.ts';
import type { NetworkRule } from './rule-names.ts';
import type { NetworkFinding } from './watch.ts';

const SLOW_NS = 1e9;
const LOST_NS = 5e9;
const MOST_OPEN = 10_000;
const SERVFAIL = 2;
const NXDOMAIN = 3;

type Question = { readonly time: number; readonly pid: number; readonly name: string; readonly server: string };

/** `sweep` tells of what was not answered in time; `forget` that packets were not seen: what is open may have been answered. */
export const createNameServerWatch = (raise: (finding: NetworkFinding) => void) => {
  const open = new Map<string, Question>();

  const tell = (
    question: Question,
    time: number,
    rule: NetworkRule,
    title: string,
    severity: 'info' | 'low' | 'medium',
    facts: NetworkFinding['facts'],
  ) =>
    raise({
      rule,
      severity,
      title,
      time,
      key: `${rule} ${question.server} ${question.name}`,
      facts: { name: question.name, server: question.server, ...facts },
      benign:
        rule === 'name_unknown'
          ? 'a name that was mistyped, or that a search list tries'
          : 'a name server that is busy for a moment',
      pid: question.pid,
      seenAt: rule === 'name_server_silent' ? 'net:net_dev_queue' : 'net:netif_receive_skb',
    });

  return {
    onPacket: (packet: NameServerPacket) => {
      const message = nameServerMessage(packet.bytes);
      const { from = '', to = '', fromPort = 0, toPort = 0 } = headersOf(packet.protocol, packet.bytes);
      if (message === undefined) return;
      if (!message.isReply) {
        const key = `${from}:${fromPort} ${to} ${message.id}`;
        // On one host a packet is seen when it is sent and again when it is received.
        if (packet.pid === 0 || open.has(key)) return;
        if (open.size >= MOST_OPEN) open.clear();
        open.set(key, { time: packet.time, pid: packet.pid, name: message.name, server: to });
        return;
      }
      const key = `${to}:${toPort} ${from} ${message.id}`;
      const question = open.get(key);
      if (question === undefined) return;
      open.delete(key);
      const took = packet.time - question.time;
      const facts = { code: message.code, took_ns: took };
      if (message.code === NXDOMAIN)
        tell(question, packet.time, 'name_unknown', 'a name server said that a name does not exist', 'info', facts);
      else if (message.code === SERVFAIL)
        tell(question, packet.time, 'name_server_failed', 'a name server could not answer', 'medium', facts);
      else if (took >= SLOW_NS)
        tell(question, packet.time, 'name_server_slow', 'a name server answered late', 'medium', facts);
    },
    forget: () => open.clear(),
    sweep: (now: number) => {
      for (const [key, question] of open) {
        if (now - question.time < LOST_NS) continue;
        open.delete(key);
        tell(question, now, 'name_server_silent', 'a name server did not answer', 'medium', {
          waited_ns: now - question.time,
        });
      }
    },
  };
};
