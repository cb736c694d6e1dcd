// Turns at something scarce: so many at once, whoever has the fewest running goes first, and nobody waits for ever. Knows callers
// as words, and nothing of what they do in their turn.

export type TurnOptions = {
  readonly atOnce: number;
  /** Turns at once of one caller that has a name. */
  readonly perCaller: number;
  /** How many may wait, of all callers and of one that has a name. */
  readonly mostWaiting: number;
  readonly mostWaitingOfOne: number;
  readonly longestWaitMs: number;
  /** What is thrown at whoever finds too many waiting, or waited too long. */
  readonly busy: (running: number, waiting: number) => Error;
};

type Waiter = { readonly caller: string | undefined; readonly go: () => void };

/** Hands out turns. A caller without a name is this program itself, and is held back by the others alone. */
export const fairTurns = (options: TurnOptions) => {
  const { atOnce, perCaller, mostWaiting, mostWaitingOfOne, longestWaitMs, busy } = options;
  const runningOf = new Map<string | undefined, number>();
  const waiting: Waiter[] = [];
  let running = 0;

  const countOf = (caller: string | undefined): number => runningOf.get(caller) ?? 0;
  const mayRun = (caller: string | undefined): boolean =>
    running < atOnce && (caller === undefined || countOf(caller) < perCaller);
  const begin = (caller: string | undefined): void => {
    running++;
    runningOf.set(caller, countOf(caller) + 1);
  };
  const next = (): void => {
    let best: Waiter | undefined;
    // Of two with as few running, who came first.
    for (const one of waiting)
      if (mayRun(one.caller) && (best === undefined || countOf(one.caller) < countOf(best.caller))) best = one;
    if (best === undefined) return;
    waiting.splice(waiting.indexOf(best), 1);
    begin(best.caller);
    best.go();
  };
  const end = (caller: string | undefined): void => {
    running--;
    const left = countOf(caller) - 1;
    if (left > 0) runningOf.set(caller, left);
    else runningOf.delete(caller);
    next();
  };

  return {
    /** How many have a turn, and how many wait for one. */
    load: () => ({ running, waiting: waiting.length }),
    /** Resolves when it is the caller's turn, with what to call once when that is over. Throws `busy`, or that it was cancelled. */
    take: async (caller: string | undefined, signal?: AbortSignal): Promise<() => void> => {
      signal?.throwIfAborted();
      const over = () => end(caller);
      if (mayRun(caller)) {
        begin(caller);
        return over;
      }
      const own = caller === undefined ? 0 : waiting.filter((one) => one.caller === caller).length;
      if (waiting.length >= mostWaiting || own >= mostWaitingOfOne) throw busy(running, waiting.length);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiter = { caller, go: resolve };
      const leave = (why: Error) => {
        const at = waiting.indexOf(waiter);
        if (at < 0) return;
        waiting.splice(at, 1);
        reject(why);
      };
      waiting.push(waiter);
      const timer = setTimeout(() => leave(busy(running, waiting.length)), longestWaitMs);
      const cancel = () => leave(new Error('cancelled'));
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        await promise;
        return over;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      }
    },
  };
};
