// How an interaction ended, read from the answer that is about to leave. Knows the shapes of answers, no tool by name.
import type { AuditOutcome } from '../../catalogue/audit.ts';
import { fieldOf, textFieldOf } from '../identity/field-of.ts';
import { kept } from './request-facts.ts';

/** Errors that refuse the caller. */
const DENIED = new Set([
  'scope_missing',
  'token_needed',
  'token_refused',
  'token_in_url',
  'peer_refused',
  'peer_unknown',
  'host_refused',
  'too_many_calls',
  'server_busy',
]);
/** Errors with which SQL is not even run. */
const REJECTED_SQL = new Set(['sql_denied', 'sql_not_one']);

export type AnswerFacts = {
  readonly outcome: AuditOutcome;
  readonly error_code: string | null;
  readonly rows: number | null;
  readonly bytes: number;
  readonly truncated: 0 | 1 | null;
};

/** How an error with this code of ours ended its interaction. */
export const outcomeOf = (code: string, otherwise: AuditOutcome): AuditOutcome => {
  if (DENIED.has(code)) return 'denied';
  return REJECTED_SQL.has(code) ? 'rejected_sql' : otherwise;
};

/** Items in an answer: what it says itself, else those of its longest list. */
const rowsOf = (structured: unknown): number | null => {
  const told = fieldOf(structured, 'row_count');
  if (typeof told === 'number' && Number.isSafeInteger(told)) return told;
  if (typeof structured !== 'object' || structured === null) return null;
  const lengths = Object.values(structured).map((value) => (Array.isArray(value) ? value.length : -1));
  const longest = Math.max(-1, ...lengths);
  return longest < 0 ? null : longest;
};

/** The code of an error of a tool: its text is `{"error":{"code":...}}`. */
const toolErrorCode = (result: unknown): string => {
  const content = fieldOf(result, 'content');
  const text = textFieldOf(Array.isArray(content) ? content[0] : undefined, 'text') ?? '';
  try {
    return textFieldOf(fieldOf(JSON.parse(text), 'error'), 'code') ?? 'tool_error';
  } catch {
    return 'tool_error';
  }
};

/** The facts of an answer: a JSON-RPC response, with or without an error. `bytes` of its JSON, where they have been counted. */
export const answerFacts = (message: unknown, bytes = Buffer.byteLength(JSON.stringify(message))): AnswerFacts => {
  const error = fieldOf(message, 'error');
  if (error !== undefined) {
    const own = textFieldOf(fieldOf(error, 'data'), 'code');
    const code = own ?? String(fieldOf(error, 'code'));
    return { outcome: outcomeOf(code, 'error'), error_code: kept(code, 60), rows: null, bytes, truncated: null };
  }
  const result = fieldOf(message, 'result');
  if (fieldOf(result, 'isError') === true) {
    const code = toolErrorCode(result);
    return { outcome: outcomeOf(code, 'tool_error'), error_code: kept(code, 60), rows: null, bytes, truncated: null };
  }
  const structured = fieldOf(result, 'structuredContent');
  const truncated = fieldOf(structured, 'truncated');
  return {
    outcome: 'ok',
    error_code: null,
    rows: rowsOf(structured ?? result),
    bytes,
    truncated: typeof truncated === 'boolean' ? (truncated ? 1 : 0) : null,
  };
};
