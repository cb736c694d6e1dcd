// Waits until something holds that others announce. Knows no events.

/**
 * Resolves when `holds` is true, at the latest after `waitMs` or when the signal fires. Whoever changes what `holds` looks at
 * calls all functions in `waiters`.
 */
export const waitUntil = (
  holds: () => boolean,
  waiters: Set<() => void>,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> =>
  new Promise((resolve) => {
    if (waitMs <= 0 || holds() || signal?.aborted === true) return resolve();
    const finish = () => {
      clearTimeout(timer);
      waiters.delete(check);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const check = () => {
      if (holds()) finish();
    };
    const timer = setTimeout(finish, waitMs);
    waiters.add(check);
    signal?.addEventListener('abort', finish);
  });
