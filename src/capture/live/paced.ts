// Asks again and again whether something came: soon while it does, seldom while it does not. To be woken costs a process that has nothing
// else to do some 50 µs, and several times that where its caches are cold: all that is asked seldom is asked together. Knows nothing of
// what it asks for.

export type Pace = {
  /** ms to the next time after something came, and at most; about that, where it is put off to be asked with others. */
  readonly least: number;
  readonly most: number;
};

/** Starts; `ask` returns how much came, and may end it. `now`: milliseconds from any start, the same for all. */
export const askPaced = (
  ask: () => number,
  { least, most }: Pace,
  now = () => performance.now(),
): { readonly stop: () => void } => {
  let wait = least;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    const left = most - (now() % most);
    // At the same times as others that have that pace, or half of it; not at once again.
    const delay = wait < most ? wait : left < most / 4 ? left + most : left;
    timer = setTimeout(again, delay);
  };
  const again = () => {
    wait = ask() > 0 ? least : Math.min(most, wait * 2);
    if (!isOver) start();
  };
  start();
  return {
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
};
