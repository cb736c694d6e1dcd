// Stands where a capture stands for what reads events of waits: a flight recorder and requests that were made up, and nothing that
// would need a kernel side.
import { readAbilities } from '../src/capture/abilities.ts';
import type { Capture } from '../src/capture/capture.ts';

const absent = (): never => {
  throw new Error('a made-up host has no kernel side');
};

/** Whoever asks it for more than these three fails. */
export const madeUpCapture = (parts: Pick<Capture, 'clock' | 'history' | 'requests'>): Capture => ({
  ...parts,
  tracksCuda: false,
  holds: false,
  missing: [],
  unsampled: undefined,
  abilities: readAbilities(),
  sendOpen: absent,
  tellPython: absent,
  tellForked: absent,
  forgetPython: absent,
  track: absent,
  adopt: absent,
  attach: absent,
  drain: absent,
  onProcessEvent: absent,
  holdNoMore: absent,
  fill: absent,
  rest: absent,
  tidy: absent,
  shed: absent,
  endCalls: absent,
  owed: absent,
  losses: absent,
  drops: absent,
  lostCalls: absent,
  forgetLostCalls: absent,
  openCalls: absent,
  forgetThread: absent,
  stepAside: absent,
  dropPrivileges: absent,
  stop: absent,
});
