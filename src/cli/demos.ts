// The incidents that `demo` can make, on the simulated CUDA device.

export type Demo = {
  readonly doc: string;
  /** What happens, in the words the user reads before it does. */
  readonly story: string;
  /** Program and arguments, below the project's folder. */
  readonly script: readonly string[];
  /** File of the same incident recorded before, below the project's folder. */
  readonly recorded?: string;
};

const starved = 'lab/workloads/demo-starved.py';

export const demos: Readonly<Record<string, Demo>> = {
  'data-loader-starved': {
    doc: "a training loop whose data loader gets too little of its CPU, since a process named 'stress' burns it",
    story:
      "A training-like Python loop runs on a simulated CUDA device (no GPU is used). After 1.5 s a process named 'stress' starts to burn the CPU on which its data loader and its launching thread run.",
    script: [starved],
    recorded: 'lab/recordings/data-loader-starved.db',
  },
  healthy: {
    doc: 'the same training loop without the hog: nothing is to be found',
    story: 'The same training-like Python loop on the simulated CUDA device, with nothing in its way.',
    script: [starved, '--no-hog'],
  },
};

export const FIRST_DEMO = 'data-loader-starved';
