// Short-lived tokens of this server: made for a caller that a socket has proven, good for its HTTP address and nothing else.
import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { errors } from './errors.ts';
import { fieldOf } from './field-of.ts';
import { type Claims, signToken, type Verified, verifyOwn } from './jwt.ts';
import { guestScopes, type Principal, type Scope, scopesIn } from './principal.ts';

export const OWN_ISSUER = 'whytrace';
const DEFAULT_SECONDS = 600;
/** A token outlives the process that asked for it: an hour, at most. */
export const MOST_SECONDS = 3_600;
/** The message that asks for one, over the socket. No part of MCP, so that no model can ever call it. */
export const TOKEN_METHOD = 'whytrace/token';

/** What a caller may wish for; both have defaults. */
export type TokenWish = { readonly seconds: number; readonly scopes: readonly Scope[] };
export type Token = {
  readonly token: string;
  readonly url: string;
  readonly scopes: readonly Scope[];
  /** Unix time in seconds. */
  readonly expires: number;
};

/** The wish in a message of that method. Throws a UserError for one that cannot be granted to this caller. */
export const wishOf = (params: unknown, holder: Principal): TokenWish => {
  const seconds = fieldOf(params, 'seconds') ?? DEFAULT_SECONDS;
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 1 || seconds > MOST_SECONDS)
    throw errors.badTokenRequest({ why: `a token holds from 1 s to ${MOST_SECONDS / 60} min` });
  const wanted = fieldOf(params, 'scopes');
  if (wanted === undefined) return { seconds, scopes: guestScopes.filter((scope) => holder.scopes.includes(scope)) };
  const words = Array.isArray(wanted) ? wanted.map(String) : [];
  const known = scopesIn(words);
  if (words.length === 0 || known.length !== new Set(words).size)
    throw errors.badTokenRequest({ why: 'the scopes are telemetry:read, sql:read, probe:control and admin' });
  const lacking = known.filter((scope) => !holder.scopes.includes(scope));
  if (lacking.length > 0) throw errors.scopeMissing({ what: 'this token', needed: lacking, held: holder.scopes });
  return { seconds, scopes: known };
};

/** Makes a token for a caller that was proven otherwise. `now` is a Unix time in seconds. */
export const mintToken = async (
  key: KeyObject,
  url: string,
  holder: Principal,
  { seconds, scopes }: TokenWish,
  now = Math.floor(Date.now() / 1000),
): Promise<Token> => {
  const { uid, gid, pid, exe } = holder;
  const claims = Object.fromEntries(
    Object.entries({ scope: scopes.join(' '), uid, gid, pid, exe }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const words = { subject: holder.id, id: randomUUID(), now, seconds, claims };
  const token = await signToken(key, { issuer: OWN_ISSUER, audience: url }, words);
  return { token, url, scopes, expires: now + seconds };
};

const numberIn = (claims: Claims, name: string): Record<string, number> => {
  const found = claims[name];
  return typeof found === 'number' ? { [name]: found } : {};
};

/** The principal in checked claims. The process is the one that asked for the token, not the one that uses it. */
export const ownPrincipal = (claims: Claims): Principal => ({
  kind: 'token',
  id: claims.sub ?? 'nobody',
  scopes: scopesIn(String(claims.scope ?? '').split(' ')),
  transport: 'http',
  issuer: OWN_ISSUER,
  subject: claims.sub ?? 'nobody',
  tokenId: claims.jti ?? '',
  ...numberIn(claims, 'uid'),
  ...numberIn(claims, 'gid'),
  ...numberIn(claims, 'pid'),
  ...(typeof claims.exe === 'string' ? { exe: claims.exe } : {}),
});

/** Checks tokens that were made with that key for that URL. */
export const ownVerifier = (key: KeyObject, url: string): ((token: string) => Promise<Verified>) => {
  const publicKey = createPublicKey(key);
  return (token) => verifyOwn(token, publicKey, { issuer: OWN_ISSUER, audience: url });
};
