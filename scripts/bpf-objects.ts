// What the kernel side consists of and is built for.

export { objects } from '../src/capture/objects.ts';
export const architectures = [
  { name: 'x64', define: '__TARGET_ARCH_x86' },
  { name: 'arm64', define: '__TARGET_ARCH_arm64' },
] as const;
