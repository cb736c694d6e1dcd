// Which processes a recording is about: those the user named, or every one that uses a CUDA library.
import { UserError } from '../base/errors.ts';
import { allPids, processInfo } from '../capture/process-info.ts';
import { findCudaProcesses } from '../capture/targets.ts';
import type { Processes } from './processes.ts';

export type Selection = {
  readonly pids: readonly number[];
  readonly comms: readonly string[];
  readonly cgroups: readonly string[];
  /** Every process of the machine. */
  readonly all: boolean;
  /** A program that is started for the recording: it and what it starts. */
  readonly command: readonly string[];
};

const isOpen = ({ pids, comms, cgroups, command }: Selection) =>
  pids.length === 0 && comms.length === 0 && cgroups.length === 0 && command.length === 0;

const look = (pid: number) => {
  try {
    return processInfo(pid);
  } catch (thrown) {
    if (thrown instanceof UserError) return undefined;
    throw thrown;
  }
};

/** `/a/b` selects the cgroup itself and those below it, wherever the hierarchy is mounted. */
const isBelow = (cgroup: string, wanted: string) => {
  const path = `/${wanted.replace(/^\/sys\/fs\/cgroup/, '').replace(/^\/+|\/+$/g, '')}`;
  return cgroup === path || cgroup.startsWith(`${path}/`) || cgroup.endsWith(path) || cgroup.includes(`${path}/`);
};

/** Whether the selection names this process by its name or cgroup. */
const isNamed = ({ comms, cgroups }: Selection, pid: number): boolean => {
  if (comms.length === 0 && cgroups.length === 0) return false;
  const info = look(pid);
  if (info === undefined) return false;
  return comms.includes(info.comm) || cgroups.some((wanted) => isBelow(info.cgroup, wanted));
};

export type Chooser = {
  readonly watchAll: boolean;
  /** Whether every process that uses CUDA is recorded. */
  readonly everyCuda: boolean;
  readonly wants: (pid: number) => boolean;
  readonly wantsProgram: (pid: number) => boolean;
  /** Adds the processes that are there already. */
  readonly addPresent: (processes: Processes) => void;
  /** Adds CUDA processes that were not noticed: for kernels that do not tell of mapped libraries. */
  readonly addMissed: (processes: Processes) => void;
};

export const createChooser = (selection: Selection): Chooser => {
  const open = isOpen(selection);
  const addCuda = (processes: Processes) => {
    for (const { pid } of findCudaProcesses().targets)
      if (pid !== process.pid && !processes.isTracked(pid)) processes.add(pid, { named: false });
  };
  const byName = selection.comms.length > 0 || selection.cgroups.length > 0;
  return {
    watchAll: open || byName,
    everyCuda: open,
    wants: (pid) => open || isNamed(selection, pid),
    wantsProgram: (pid) => isNamed(selection, pid),
    addPresent: (processes) => {
      for (const pid of selection.pids) processes.addTree(pid, { named: true });
      if (byName) for (const pid of allPids()) if (isNamed(selection, pid)) processes.addTree(pid, { named: true });
      if (open) addCuda(processes);
    },
    addMissed: (processes) => {
      if (open) addCuda(processes);
    },
  };
};
