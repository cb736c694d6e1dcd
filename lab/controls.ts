// The healthy controls of the lab: programs with nothing to be found. To add one: its file, and its line here.

import { backgroundCheckpoint } from './controls/background-checkpoint.ts';
import { busyCpu } from './controls/busy-cpu.ts';
import { busyNeighbour } from './controls/busy-neighbour.ts';
import { heavyKernels } from './controls/heavy-kernels.ts';
import { mixedCopies } from './controls/mixed-copies.ts';
import { otherDiskLoad } from './controls/other-disk-load.ts';
import { pollThread } from './controls/poll-thread.ts';
import { shortLocks } from './controls/short-locks.ts';
import { startingNeighbours } from './controls/starting-neighbours.ts';
import { steadyAllocation } from './controls/steady-allocation.ts';
import { steadyServer } from './controls/steady-server.ts';
import { switchingNeighbour } from './controls/switching-neighbour.ts';
import { variedWork } from './controls/varied-work.ts';
import { warmUp } from './controls/warm-up.ts';
import { workerPool } from './controls/worker-pool.ts';
import type { Control } from './incident.ts';

export const controls: readonly Control[] = [
  backgroundCheckpoint,
  busyCpu,
  busyNeighbour,
  heavyKernels,
  mixedCopies,
  otherDiskLoad,
  pollThread,
  shortLocks,
  startingNeighbours,
  steadyAllocation,
  steadyServer,
  switchingNeighbour,
  variedWork,
  warmUp,
  workerPool,
];
