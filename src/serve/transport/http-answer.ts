// Answers of the HTTP server itself, to requests that no protocol saw.
import type { ServerResponse } from 'node:http';
import { withCleanError } from '../clean-error.ts';
import type { Refusal } from './gate.ts';
import { refusalError } from './wire-error.ts';

/** Headers of every answer: nothing of it is kept, guessed at or shown in a frame. */
export const SAFE_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

export const answerJson = (
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { ...SAFE_HEADERS, 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(withCleanError(body)));
};

/** Headers that a refusal needs besides its words. */
export const refusalHeaders = ({ retrySeconds }: Refusal, challenge?: string): Readonly<Record<string, string>> => ({
  ...(retrySeconds === undefined ? {} : { 'Retry-After': String(retrySeconds) }),
  ...(challenge === undefined ? {} : { 'WWW-Authenticate': challenge }),
});

/** Answers a request whose body was not read; the connection ends, for the body may still be on its way. */
export const answerRefusal = (response: ServerResponse, refusal: Refusal, challenge?: string): void =>
  answerJson(response, refusal.status, refusalError(refusal, undefined), {
    ...refusalHeaders(refusal, challenge),
    ...(refusal.status === 401 ? {} : { Connection: 'close' }),
  });
