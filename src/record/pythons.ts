// Which recorded processes run a Python whose frames can be read: each is looked at until that is known, and the kernel side
// told. Must not know how a Python is recognised.
import type { Capture } from '../capture/capture.ts';
import { createPythonLooker, type PythonPlaces } from '../capture/python/look-at-python.ts';
import { PYTHON_FORKED, PYTHON_PROCESSES } from '../catalogue/events.ts';

/** ms until the next look at a Python that is just starting. */
const FIRST_MS = 2;
const LAST_MS = 500;
const SLOWER = 1.5;
/** How often one that cannot be read is looked at again: it may have been busy with becoming readable. */
const PATIENCE = 10;
/** For looks after a drain; at least one is taken. */
const BUDGET_MS = 5;

type State =
  | { readonly kind: 'open'; readonly next: number; readonly wait: number; readonly refused: number }
  | { readonly kind: 'readable'; readonly places: PythonPlaces }
  | { readonly kind: 'unreadable' };

export type Pythons = {
  /** A process may have a Python now: it was met, or has mapped something. */
  readonly look: (pid: number) => void;
  /** It runs another program now. */
  readonly became: (pid: number) => void;
  /** A child has what its parent had. */
  readonly born: (pid: number, parent: number) => void;
  readonly ended: (pid: number) => void;
  /** After each drain: looks again at those that are starting. */
  readonly settle: () => void;
};

type Parts = {
  readonly capture: Pick<Capture, 'tellPython' | 'tellForked' | 'forgetPython'>;
  /** Called once for a process whose Python cannot be read. */
  readonly onUnsupported: (pid: number, why: string) => void;
};

export const createPythons = ({ capture, onUnsupported }: Parts): Pythons => {
  const lookAt = createPythonLooker();
  const states = new Map<number, State>();
  let lives = 0;

  const giveUp = (pid: number, why: string) => {
    states.set(pid, { kind: 'unreadable' });
    onUnsupported(pid, why);
  };

  const tell = (pid: number, places: PythonPlaces, how: 'tellPython' | 'tellForked') => {
    lives = (lives + 1) % PYTHON_FORKED;
    if (capture[how](pid, { ...places, life: lives })) states.set(pid, { kind: 'readable', places });
    else giveUp(pid, `no room: there are ${PYTHON_PROCESSES} Pythons already`);
  };

  const look = (pid: number, { wait, refused }: { readonly wait: number; readonly refused: number }) => {
    const answer = lookAt(pid);
    const later = (again: number) => {
      states.delete(pid); // the last in turn
      states.set(pid, {
        kind: 'open',
        next: performance.now() + wait,
        wait: Math.min(LAST_MS, wait * SLOWER),
        refused: again,
      });
    };
    if (answer.kind === 'supported') tell(pid, answer.process, 'tellPython');
    else if (answer.kind === 'starting') later(0);
    else if (answer.kind === 'none') states.delete(pid);
    else if (refused < PATIENCE) later(refused + 1);
    else giveUp(pid, answer.why);
  };

  const forget = (pid: number) => {
    if (states.get(pid)?.kind === 'readable') capture.forgetPython(pid);
    states.delete(pid);
  };

  return {
    look: (pid) => {
      // At once: it may be stopped until this is done, and nothing is easier to look at.
      const { kind } = states.get(pid) ?? { kind: 'open' };
      if (kind === 'open') look(pid, { wait: FIRST_MS, refused: 0 });
    },
    became: (pid) => {
      forget(pid);
      look(pid, { wait: FIRST_MS, refused: 0 });
    },
    born: (pid, parent) => {
      const state = states.get(parent);
      if (state?.kind === 'readable') tell(pid, state.places, 'tellForked');
      else if (state !== undefined) states.set(pid, state);
    },
    ended: forget,
    settle: () => {
      const now = performance.now();
      for (const [pid, state] of states) {
        if (state.kind === 'open' && now >= state.next) look(pid, state);
        if (performance.now() - now > BUDGET_MS) return;
      }
    },
  };
};
