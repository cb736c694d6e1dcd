// Where one run of a scenario is played: a folder, chance that can be repeated, and the clearing up afterwards. Whatever is
// started on it is ended, by its id. Knows no scenario.
import { copyFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { freshFolder, lab, type Owner } from '../test/kernel/recorder.ts';

export type Stage = Owner & {
  readonly folder: string;
  /** Where the recording goes. */
  readonly path: string;
  /** A whole number from `least` to `most`. */
  readonly chance: (least: number, most: number) => number;
  readonly clear: () => Promise<void>;
};

/** Numbers from 0 to 1 that a seed decides: xorshift32 of G. Marsaglia, "Xorshift RNGs" (2003). */
const randomFrom = (seed: number) => {
  let state = (seed >>> 0) + 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

export const openStage = (seed: number): Stage => {
  const cleans: (() => void | Promise<void>)[] = [];
  let isCleared = false;
  const owner: Owner = {
    after: (clean) => {
      // Whoever is interrupted may still start something: it ends at once.
      if (isCleared) void clean();
      else cleans.push(clean);
    },
  };
  const folder = freshFolder(owner);
  const random = randomFrom(seed);
  // The first numbers of neighbouring seeds are alike.
  for (let i = 0; i < 16; i++) random();
  return {
    ...owner,
    folder,
    path: join(folder, 'run.db'),
    chance: (least, most) => least + Math.floor(random() * (most - least + 1)),
    clear: async () => {
      isCleared = true;
      for (const clean of cleans.splice(0).reverse()) await clean();
    },
  };
};

/** The path of a lab program in the stage's folder, where every user may execute it. */
export const ownCopy = ({ folder }: Stage, name: string): string => {
  const program = lab(name);
  for (const file of ['libcudart.so.12', 'libcuda.so.1', basename(program)])
    copyFileSync(join(dirname(program), file), join(folder, file));
  return join(folder, basename(program));
};
