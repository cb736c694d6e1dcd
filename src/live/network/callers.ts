// Who began a connection, as seen in its own context: what happens to it later is seen in interrupts, where whoever runs has nothing to
// do with it. Knows sockets by an opaque key that is told to nobody.

/** How long after its end a connection may still be spoken of, in ns: errors are reported just after it. */
const AFTER_NS = 1e9;
const MOST = 20_000;

export type Caller = { readonly pid: number; readonly comm: string };
/** Both ends, each as address and port. */
export type Ends = { readonly from: string; readonly to: string };
type Begun = Caller & {
  readonly to: string;
  readonly socket: string | undefined;
  readonly since: number;
  closed: number | undefined;
};

const callerOf = ({ pid, comm }: Caller): Caller => ({ pid, comm });
const nameOf = ({ from, to }: Ends): string => `${from} ${to}`;

export const createCallers = () => {
  const bySocket = new Map<string, Begun>();
  const byPlace = new Map<string, Set<Begun>>();
  const all = new Set<Begun>();
  /** Connections that have ended, by both ends: whose each was, where that was seen. */
  const ended = new Map<string, { readonly caller: Caller | undefined; readonly time: number }>();

  const forget = (one: Begun) => {
    all.delete(one);
    if (one.socket !== undefined && bySocket.get(one.socket) === one) bySocket.delete(one.socket);
    const same = byPlace.get(one.to);
    same?.delete(one);
    if (same?.size === 0) byPlace.delete(one.to);
  };
  const end = (socket: string, time: number, ends?: Ends) => {
    const one = bySocket.get(socket);
    if (ends !== undefined) {
      const name = nameOf(ends);
      ended.delete(name);
      ended.set(name, { caller: one?.to === ends.to ? callerOf(one) : undefined, time });
      const [oldest] = ended.size > MOST ? ended.keys() : [];
      if (oldest !== undefined) ended.delete(oldest);
    }
    if (one === undefined) return;
    one.closed = time;
    bySocket.delete(socket);
  };
  const endedAs = (ends: Ends | undefined, time: number) => {
    const known = ends === undefined ? undefined : ended.get(nameOf(ends));
    return known !== undefined && time >= known.time && time - known.time < AFTER_NS ? known : undefined;
  };
  /** Those that had connections there at that time or just before, with how many each. */
  const connectedTo = (to: string, time: number): readonly (Caller & { readonly count: number })[] => {
    const found = new Map<number, Caller & { count: number }>();
    for (const one of byPlace.get(to) ?? [])
      if (one.closed !== undefined && one.closed < time - AFTER_NS) forget(one);
      else if (one.since <= time) found.set(one.pid, { ...callerOf(one), count: (found.get(one.pid)?.count ?? 0) + 1 });
    return [...found.values()].sort((a, b) => b.count - a.count);
  };

  return {
    /** A process begins a connection to `to`, address and port. */
    begin: (socket: string | undefined, to: string, caller: Caller, time: number) => {
      // Another socket may have had that key before.
      if (socket !== undefined) end(socket, time);
      const one: Begun = { ...caller, to, socket, since: time, closed: undefined };
      if (socket !== undefined) bySocket.set(socket, one);
      all.add(one);
      const same = byPlace.get(to) ?? new Set();
      byPlace.set(to, same.add(one));
      const [oldest] = all;
      if (all.size > MOST && oldest !== undefined) forget(oldest);
    },
    /** It ends; `ends` where both are known. */
    end,
    /**
     * Who began it: by its socket; where that is not told, by both ends of one that has just ended, else the one process that has a
     * connection there or had one just before. Undefined when that is nobody, or when there are several.
     */
    of: (socket: string | undefined, to: string, time: number, ends?: Ends): Caller | undefined => {
      const known = socket === undefined ? undefined : bySocket.get(socket);
      // One that is not known began before we looked: whoever is connected there now has nothing to do with it.
      if (socket !== undefined) return known?.to === to ? callerOf(known) : undefined;
      const over = endedAs(ends, time);
      if (over !== undefined) return over.caller;
      const [only, other] = connectedTo(to, time);
      return only === undefined || other !== undefined ? undefined : callerOf(only);
    },
    /** Several whose it may be, those with most connections there first; empty where it is known whose it is, or that it is of none. */
    among: (ends: Ends, time: number): readonly (Caller & { readonly count: number })[] => {
      const found = endedAs(ends, time) === undefined ? connectedTo(ends.to, time) : [];
      return found.length > 1 ? found : [];
    },
  };
};
