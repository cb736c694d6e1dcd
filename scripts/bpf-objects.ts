// What the kernel side consists of and is built for.

import { objects as recording, watchObjects } from '../src/capture/objects.ts';

export const objects = [...recording, ...watchObjects];
export const architectures = [
  { name: 'x64', define: '__TARGET_ARCH_x86' },
  { name: 'arm64', define: '__TARGET_ARCH_arm64' },
] as const;
