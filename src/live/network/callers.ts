// Who began a connection, as seen in its own context: what happens to it later is seen in interrupts, where whoever runs has nothing to
// do with it. Knows sockets by an opaque key that is told to nobody.

/** How long after its end a connection may still be spoken of, in ns: errors are reported just after it. */
const AFTER_NS = 1e9;
const MOST = 20_000;

export type Caller = { readonly pid: number; readonly comm: string };
type Begun = Caller & {
  readonly to: string;
  readonly socket: string | undefined;
  readonly since: number;
  closed: number | undefined;
};

export const createCallers = () => {
  const bySocket = new Map<string, Begun>();
  const byPlace = new Map<string, Set<Begun>>();
  const all = new Set<Begun>();

  const forget = (one: Begun) => {
    all.delete(one);
    if (one.socket !== undefined && bySocket.get(one.socket) === one) bySocket.delete(one.socket);
    const same = byPlace.get(one.to);
    same?.delete(one);
    if (same?.size === 0) byPlace.delete(one.to);
  };
  const end = (socket: string, time: number) => {
    const one = bySocket.get(socket);
    if (one === undefined) return;
    one.closed = time;
    bySocket.delete(socket);
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
    end,
    /**
     * Who began it: by its socket; where that is not told, the one process that has a connection there or had one just before. Undefined when that is
     * nobody, or when there are several.
     */
    of: (socket: string | undefined, to: string, time: number): Caller | undefined => {
      const known = socket === undefined ? undefined : bySocket.get(socket);
      // One that is not known began before we looked: whoever is connected there now has nothing to do with it.
      if (socket !== undefined) return known?.to === to ? { pid: known.pid, comm: known.comm } : undefined;
      const found = new Map<number, Caller>();
      for (const one of byPlace.get(to) ?? []) {
        if (one.closed !== undefined && one.closed < time - AFTER_NS) forget(one);
        else if (one.since <= time) found.set(one.pid, { pid: one.pid, comm: one.comm });
      }
      const [only] = found.values();
      return found.size === 1 ? only : undefined;
    },
  };
};
