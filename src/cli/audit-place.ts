// Where the log of what MCP clients ask is, and the key that signs it.
import { join, resolve } from 'node:path';
import type { AuditPlace } from '../serve/tool.ts';
import type { OptionSpec } from './command.ts';
import { evidenceFolder } from './evidence-key.ts';

export const auditOption = {
  type: 'text',
  value: 'PATH',
  doc: 'log of what MCP clients ask, which cannot be turned off',
  default: 'audit.db in the state directory',
} as const satisfies OptionSpec;

/** `named` is the file the user gave. */
export const auditPlace = (named: string | undefined): AuditPlace => {
  const keyFolder = evidenceFolder();
  return { path: named === undefined ? join(keyFolder, 'audit.db') : resolve(named), keyFolder };
};
