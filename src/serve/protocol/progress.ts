// Signs of life of a call that takes long: to a caller that asked for them, each second, from the second second on.
import type { ServerContext } from './sdk.ts';

const EVERY_MS = 1_000;

/** What is needed of a request. */
type Asking = { readonly mcpReq: Pick<ServerContext['mcpReq'], '_meta' | 'notify'> };

/** Runs a call; while it runs, its caller is told how many seconds it has taken. Nobody knows how many it will take. */
export const withProgress = async <T>({ mcpReq }: Asking, call: () => Promise<T>): Promise<T> => {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return call();
  let seconds = 0;
  const timer = setInterval(() => {
    seconds++;
    const params = { progressToken, progress: seconds, message: `running for ${seconds} s` };
    // Whoever is gone needs no sign of life.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
  }, EVERY_MS);
  try {
    return await call();
  } finally {
    clearInterval(timer);
  }
};
