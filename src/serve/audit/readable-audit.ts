// Whether a caller may read the audit log, and where it then is. Asked by every tool through which it could be read.
import { existsSync } from 'node:fs';
import { allowed } from '../identity/allowed.ts';
import type { AuditPlace, ToolContext } from '../tool.ts';

/** The shell's user reads its own log by its own right; a caller over MCP needs the scope admin. */
const mayReadAudit = ({ principal }: ToolContext): boolean =>
  principal === undefined || allowed(principal, { traits: { scope: 'admin' } });

/** The log; undefined when this caller may not read it, or there is none yet. */
export const readableAudit = (context: ToolContext): AuditPlace | undefined =>
  mayReadAudit(context) && context.audit !== undefined && existsSync(context.audit.path) ? context.audit : undefined;
