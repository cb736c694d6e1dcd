// The commands, in the order of the help. To add one: its file, its test, its line here. Loaded when needed, so that
// each starts quickly.
import type { Command } from './command.ts';

export const commands = {
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  record: async () => (await import('./commands/record.ts')).record,
  watch: async () => (await import('./commands/watch.ts')).watch,
  explain: async () => (await import('./commands/explain.ts')).explain,
  ask: async () => (await import('./commands/ask.ts')).ask,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  verify: async () => (await import('./commands/verify.ts')).verify,
  mcp: async () => (await import('./commands/mcp.ts')).mcp,
  token: async () => (await import('./commands/token.ts')).token,
  demo: async () => (await import('./commands/demo.ts')).demo,
} as const satisfies Readonly<Record<string, () => Promise<Command>>>;
