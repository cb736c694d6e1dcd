// How much work a thing has taken, in CPU time of the calling thread: on a busy machine the clock on the wall tells more about
// the others. Loading a file is told apart: it is done once, for all that come after. Must not know what is worked on.

/** CPU time of the calling thread so far, in ms. */
const threadCpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

export type Loading = {
  /** Runs `load`, whose time counts as loading. */
  readonly during: <T>(load: () => T) => T;
  /** ms so far. */
  readonly spentMs: () => number;
};

export const createLoading = (): Loading => {
  let spent = 0;
  let depth = 0;
  return {
    during: (load) => {
      const began = depth++ === 0 ? threadCpuMs() : undefined;
      try {
        return load();
      } finally {
        depth--;
        if (began !== undefined) spent += threadCpuMs() - began;
      }
    },
    spentMs: () => spent,
  };
};

/** In ms: of work proper, and of loading. */
export type EffortLimits = { readonly workMs: number; readonly loadingMs: number };

/** From now on: tells whether more was done than the limits allow; from then on always. Cheap to ask. */
export const createEffort = ({ workMs, loadingMs }: EffortLimits, loadingSoFar: () => number): (() => boolean) => {
  const [wall, cpu, loaded] = [performance.now(), threadCpuMs(), loadingSoFar()];
  let over = false;
  return () => {
    // A thread has never used more CPU time than has passed.
    if (over || performance.now() - wall < workMs) return over;
    const loading = loadingSoFar() - loaded;
    over = loading > loadingMs || threadCpuMs() - cpu - loading >= workMs;
    return over;
  };
};
