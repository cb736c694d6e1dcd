// What `whytrace record` does when nothing is said, for benches that record in a process of their own: it seals, keeps no more than
// the disk has room for, and gives up its privileges. What they measure is then what a user pays.
import { keepLimits } from '../src/cli/keep-limits.ts';
import type { RunOptions } from '../src/record/run.ts';
import { newKey } from '../src/store/evidence/key.ts';

type Defaults = Required<Pick<RunOptions, 'key' | 'keep' | 'leastPrivilege'>> & Pick<RunOptions, 'version'>;

/** Options of a recording into a file. */
export const asTheCommand = (path: string): Defaults => ({
  version: 'bench',
  key: newKey(),
  keep: keepLimits(path, undefined, undefined),
  leastPrivilege: true,
});
