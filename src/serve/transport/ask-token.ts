// Asks the server at a UNIX socket for a short-lived token: the other side of the token service.
import { createInterface } from 'node:readline';
import { UserError } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';
import { fieldOf, textFieldOf } from '../identity/field-of.ts';
import { TOKEN_METHOD, type Token } from '../identity/own-tokens.ts';
import { scopesIn } from '../identity/principal.ts';
import { connectTo } from './bridge.ts';

export type Wish = { readonly seconds?: number; readonly scopes?: readonly string[] };

const WAIT_MS = 5_000;

/** The server's own words, when it gave a reason. */
const refusalIn = (answer: unknown, path: string): UserError => {
  const data = fieldOf(fieldOf(answer, 'error'), 'data');
  const [code, what, why, todo] = ['code', 'what', 'why', 'todo'].map((name) => textFieldOf(data, name));
  if (code === undefined || what === undefined || why === undefined || todo === undefined)
    return errors.noServer({ path, why: 'what answers there gives no tokens' });
  return new UserError({ code, what, why, todo }, 1);
};

const firstLine = async (path: string, wish: Wish): Promise<string> => {
  const socket = await connectTo(path);
  socket.setTimeout(WAIT_MS, () => socket.destroy());
  const faults: Error[] = [];
  socket.on('error', (error) => faults.push(error));
  try {
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: TOKEN_METHOD, params: wish })}\n`);
    for await (const line of createInterface({ input: socket })) return line;
    throw errors.noServer({ path, why: faults[0]?.message ?? 'it closed the connection without an answer' });
  } finally {
    socket.destroy();
  }
};

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** A token of the server at that path. Throws a UserError, in the server's words where it refused. */
export const askToken = async (path: string, wish: Wish): Promise<Token> => {
  const answer = parsed(await firstLine(path, wish));
  const result = fieldOf(answer, 'result');
  const token = textFieldOf(result, 'token');
  const url = textFieldOf(result, 'url');
  const expires = fieldOf(result, 'expires');
  const scopes = fieldOf(result, 'scopes');
  if (token === undefined || url === undefined || typeof expires !== 'number' || !Array.isArray(scopes))
    throw refusalIn(answer, path);
  return { token, url, expires, scopes: scopesIn(scopes.map(String)) };
};
