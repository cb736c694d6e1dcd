// Which test files may run beside which others: data for the test run, and nothing of how it runs.

/**
 * `free`: beside anything. `recording`: records, watches or burdens this machine, so that two of them would meet in each
 * other's results; beside free ones. `alone`: measures time, or counts what all programs do, and runs while nothing else does.
 */
export type Lane = 'free' | 'recording' | 'alone';

/** Paths of test files begin so. */
const ALONE: readonly string[] = [
  'lab/cudasim/',
  'lab/lab.',
  ...['compare', 'ending', 'live.', 'network', 'quiet', 'sched', 'shedding', 'truth-'].map(
    (name) => `test/kernel/${name}`,
  ),
];

/** The lane of a test file, by its path from the project's folder. */
export const laneOf = (path: string): Lane =>
  ALONE.some((begin) => path.startsWith(begin)) ? 'alone' : path.startsWith('test/kernel/') ? 'recording' : 'free';

/** One step after the other: lanes that run at the same time, and how many files of each. Made for two processors. */
export const STEPS: readonly (readonly { readonly lane: Lane; readonly atOnce: number }[])[] = [
  [
    { lane: 'free', atOnce: 2 },
    { lane: 'recording', atOnce: 1 },
  ],
  [{ lane: 'alone', atOnce: 1 }],
];
