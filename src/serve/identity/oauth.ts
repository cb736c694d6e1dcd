// Tokens of an outside issuer (OAuth 2.1, RFC 9068): where its keys are, and whom its claims name.
import { messageOf } from '../../base/errors.ts';
import { errors } from './errors.ts';
import { textFieldOf } from './field-of.ts';
import { type Claims, outsideVerifier, type Verified } from './jwt.ts';
import { type Principal, scopesIn } from './principal.ts';

export type OauthOptions = {
  readonly issuer: string;
  /** The URL of this server as its clients know it: RFC 8707. */
  readonly audience: string;
  /** Where the issuer's keys are; found through its metadata when not given. */
  readonly jwks?: URL;
};

const LONGEST_METADATA = 262_144;

/** The places of an issuer's metadata: RFC 8414 section 3.1, and OpenID Connect Discovery section 4. */
export const metadataUrls = (issuer: string): readonly string[] => {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
};

const metadataAt = async (url: string): Promise<unknown> => {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const text = await answer.text();
  if (text.length > LONGEST_METADATA) throw new Error(`${url} answers more than ${LONGEST_METADATA} characters`);
  return JSON.parse(text);
};

/** The URL of the issuer's keys, from its own metadata. Throws a UserError when the issuer tells none. */
export const discoverKeys = async (issuer: string): Promise<URL> => {
  const faults: string[] = [];
  for (const url of new Set(metadataUrls(issuer)))
    try {
      const metadata = await metadataAt(url);
      // RFC 8414 section 3.3: metadata that names another issuer must not be used.
      if (textFieldOf(metadata, 'issuer') !== issuer) throw new Error(`${url} is about another issuer`);
      const keys = textFieldOf(metadata, 'jwks_uri');
      if (keys === undefined) throw new Error(`${url} names no jwks_uri`);
      return new URL(keys);
    } catch (thrown) {
      faults.push(messageOf(thrown));
    }
  throw errors.noIssuer({ issuer, why: faults.join('; ') });
};

/** The words of `scope` (RFC 9068), or of `scp` as some issuers call it. */
const scopeWords = ({ scope, scp }: Claims): readonly string[] => {
  const found = scope ?? scp;
  return Array.isArray(found) ? found.map(String) : typeof found === 'string' ? found.split(' ') : [];
};

/** The principal in checked claims. */
export const oauthPrincipal = (claims: Claims): Principal => {
  const clientId = typeof claims.client_id === 'string' ? claims.client_id : claims.azp;
  const subject = claims.sub ?? (typeof clientId === 'string' ? clientId : undefined);
  return {
    kind: 'oauth',
    id: `${claims.iss} ${subject ?? 'nobody'}`,
    scopes: scopesIn(scopeWords(claims)),
    transport: 'http',
    ...(claims.iss === undefined ? {} : { issuer: claims.iss }),
    ...(subject === undefined ? {} : { subject }),
    ...(typeof clientId === 'string' ? { clientId } : {}),
    ...(claims.jti === undefined ? {} : { tokenId: claims.jti }),
  };
};

/** Checks tokens of the issuer. Its keys are looked for at the first token, and again until they are found. */
export const oauthVerifier = ({ issuer, audience, jwks }: OauthOptions): ((token: string) => Promise<Verified>) => {
  const verifierWith = (keys: URL) => outsideVerifier({ issuer, audience }, keys);
  let verifier = jwks === undefined ? undefined : Promise.resolve(verifierWith(jwks));
  return async (token) => {
    verifier ??= discoverKeys(issuer).then(verifierWith);
    try {
      return await (await verifier)(token);
    } catch (thrown) {
      verifier = undefined;
      return { unknown: messageOf(thrown) };
    }
  };
};
