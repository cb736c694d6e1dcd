// What the kernel side consists of and is built for.

export const objects = [
  'process',
  'library',
  'call',
  'tasks',
  'wake',
  'sched',
  'handler',
  'block',
  'memory',
  'message',
] as const;
export const architectures = [
  { name: 'x64', define: '__TARGET_ARCH_x86' },
  { name: 'arm64', define: '__TARGET_ARCH_arm64' },
] as const;
