// Puts the view mcp_calls beside a recording: the audit log, attached for reading before the rules come into force, and nothing
// else ever. Only for callers that may read the log; for others it is not even opened.
import { pathToFileURL } from 'node:url';
import { AUDIT_SCHEMA, auditTable, mcpCalls } from '../../catalogue/audit.ts';
import type { Database } from '../../store/open.ts';
import type { View } from './published.ts';

/** The table that the view reads. */
export const AUDIT_TABLE = auditTable.name;

/** Attaches the log, as long as the connection lives, and returns the view to be made over it. Throws what SQLite says of the file. */
export const publishAudit = (database: Database, path: string): View => {
  const url = pathToFileURL(path);
  // https://www.sqlite.org/uri.html
  url.searchParams.set('mode', 'ro');
  database.prepare(`ATTACH ? AS ${AUDIT_SCHEMA}`).run(url.href);
  return mcpCalls;
};
