// The bad days, in the order in which they are played.
import type { Scenario } from './scenario.ts';
import { clock } from './scenarios/clock.ts';
import { deleted } from './scenarios/deleted.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { flood } from './scenarios/flood.ts';
import { kill } from './scenarios/kill.ts';
import { locked } from './scenarios/locked.ts';
import { longReader } from './scenarios/long-reader.ts';
import { many } from './scenarios/many.ts';
import { manyInOne } from './scenarios/many-in-one.ts';
import { noLibbpf } from './scenarios/no-libbpf.ts';
import { readOnly } from './scenarios/read-only.ts';
import { retention } from './scenarios/retention.ts';
import { slowDisk } from './scenarios/slow-disk.ts';
import { smallRing } from './scenarios/small-ring.ts';
import { storms } from './scenarios/storms.ts';
import { suspended } from './scenarios/suspended.ts';
import { targetExits } from './scenarios/target-exits.ts';

export const scenarios: readonly Scenario[] = [
  kill,
  diskFull,
  readOnly,
  deleted,
  locked,
  clock,
  storms,
  flood,
  targetExits,
  noLibbpf,
  smallRing,
  suspended,
  slowDisk,
  longReader,
  retention,
  many,
  manyInOne,
];
