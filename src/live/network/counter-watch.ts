// What raises no event and only counts: connections that found the queue of a listener full, windows that were closed. Asked of
// each network namespace once a second.
import type { Clock } from '../../capture/clock.ts';
import type { SocketOwners } from '../../capture/socket-owners.ts';
import { type Counters, readCounters } from './counters.ts';
import type { NetworkFinding } from './watch.ts';

const WATCHED = [
  {
    counter: 'TcpExt.ListenOverflows',
    rule: 'listen_overflow',
    severity: 'medium',
    title: 'connections were refused a place in the queue of a listening program',
    benign: 'a burst of new connections does so once',
    least: 1,
  },
  {
    counter: 'TcpExt.TCPFromZeroWindowAdv',
    rule: 'zero_window',
    severity: 'low',
    title: 'a receiver had closed its window: the program there does not read',
    benign: 'a program that is busy for a moment does so',
    least: 1,
  },
  {
    counter: 'TcpExt.TCPWantZeroWindowAdv',
    rule: 'zero_window',
    severity: 'low',
    title: 'a receiver wanted to close its window: the program there does not read',
    benign: 'a program that is busy for a moment does so',
    least: 3,
  },
] as const;

/** Namespaces whose counters are remembered: one in which no process is for a while comes back with all it had counted. */
const KEPT = 1000;

/** Starts with what the counters say now; `look` raises what has grown since. */
export const startCounterWatch = (
  clock: Pick<Clock, 'now'>,
  owners: Pick<SocketOwners, 'networkNamespaces'>,
  raise: (finding: NetworkFinding) => void,
  read = readCounters,
) => {
  const before = new Map<string, Counters>();
  const look = () => {
    const time = clock.now();
    const namespaces = owners.networkNamespaces();
    for (const [name, pid] of namespaces) {
      const now = read(pid);
      if (now === undefined) continue;
      const last = before.get(name);
      before.delete(name);
      before.set(name, now);
      // What an unknown one counted before nobody can date: it may be older than the watch.
      if (last === undefined) continue;
      for (const { counter, rule, severity, title, benign, least } of WATCHED) {
        const more = (now.get(counter) ?? 0) - (last.get(counter) ?? 0);
        if (more < least) continue;
        raise({
          rule,
          severity,
          title,
          time,
          key: `${rule} ${name}`,
          benign,
          seenAt: 'proc:netstat',
          facts: { counter, more, namespace_of_pid: pid },
        });
      }
    }
    for (const name of before.keys()) {
      if (before.size <= KEPT) break;
      if (!namespaces.has(name)) before.delete(name);
    }
  };
  look();
  return { look };
};
