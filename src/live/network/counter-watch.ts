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

/** Starts with what the counters say now; `look` raises what has grown since. */
export const startCounterWatch = (
  clock: Clock,
  owners: Pick<SocketOwners, 'networkNamespaces'>,
  raise: (finding: NetworkFinding) => void,
) => {
  const before = new Map<string, Counters>();
  const look = (isFirst = false) => {
    const time = clock.now();
    const namespaces = owners.networkNamespaces();
    for (const name of before.keys()) if (!namespaces.has(name)) before.delete(name);
    for (const [name, pid] of namespaces) {
      const now = readCounters(pid);
      if (now === undefined) continue;
      // One that was made since the watch began has counted from zero.
      const last = before.get(name) ?? new Map<string, number>();
      before.set(name, now);
      if (isFirst) continue;
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
  };
  look(true);
  return { look: () => look() };
};
