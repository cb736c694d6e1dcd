// The output boundary of errors of the protocol: the SDK's words repeat what a client sent, such as the name of an unknown tool.
// Must not know which transport carries them.
import { cleanText } from '../base/sanitize.ts';
import { cleanAnswer } from './clean-answer.ts';
import { fieldOf } from './identity/field-of.ts';

/** UTF-16 units kept of each text of an error. */
const LONGEST = 4096;

const cleanData = (data: unknown): unknown => {
  if (typeof data === 'string') return cleanText(data, LONGEST);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return cleanAnswer({ data }, LONGEST).data;
  return cleanAnswer(data, LONGEST);
};

/** A JSON-RPC message whose error, if it has one, is safe to show; any other message as it is. */
export const withCleanError = <Message extends object>(message: Message): Message => {
  const error = fieldOf(message, 'error');
  if (typeof error !== 'object' || error === null) return message;
  const text = fieldOf(error, 'message');
  const data = fieldOf(error, 'data');
  return {
    ...message,
    error: {
      ...error,
      ...(typeof text === 'string' ? { message: cleanText(text, LONGEST) } : {}),
      ...(data === undefined ? {} : { data: cleanData(data) }),
    },
  };
};

/** An answer over HTTP that is an error of the protocol, cleaned; a stream and any success as it is. */
export const withCleanBody = async (response: Response): Promise<Response> => {
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
  if (response.ok || !isJson) return response;
  const text = await response.text();
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  const cleaned = (): string => {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null ? JSON.stringify(withCleanError(value)) : text;
    } catch {
      return text;
    }
  };
  return new Response(cleaned(), { status, statusText, headers });
};
