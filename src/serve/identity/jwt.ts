// The door to the JOSE library: signed tokens are made and checked here, and nowhere else. Says why a token is refused in words
// that never repeat the token.
import type { KeyObject } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, type JWTPayload, errors as jose, jwtVerify, SignJWT } from 'jose';

export type Claims = JWTPayload;

/** Signatures that only the issuer can make: never `none`, never one with a shared secret. RFC 8725, section 3.1. */
export const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384'];

/** What was found of a token: its claims, why it is refused, or why nobody can tell now. */
export type Verified = { readonly claims: Claims } | { readonly refused: string } | { readonly unknown: string };

type Expected = { readonly issuer: string; readonly audience: string };
/** Seconds that two clocks may differ. */
const SKEW = 5;

const wordsOf = (thrown: unknown): Verified => {
  if (thrown instanceof jose.JWTExpired) return { refused: 'it has expired' };
  if (thrown instanceof jose.JWTClaimValidationFailed) {
    const { claim, reason } = thrown;
    if (claim === 'aud') return { refused: 'it was made for another server' };
    if (claim === 'iss') return { refused: 'it is of another issuer' };
    if (reason === 'missing') return { refused: `it has no claim ${claim}` };
    return { refused: `its claim ${claim} does not hold` };
  }
  if (thrown instanceof jose.JOSEAlgNotAllowed)
    return { refused: 'it is signed with an algorithm that is not allowed' };
  if (thrown instanceof jose.JWSSignatureVerificationFailed) return { refused: 'its signature is wrong' };
  if (thrown instanceof jose.JWKSNoMatchingKey)
    return { refused: 'it is signed with a key that its issuer does not have' };
  if (thrown instanceof jose.JWKSMultipleMatchingKeys) return { refused: 'it does not say which key signed it' };
  if (thrown instanceof jose.JWKSTimeout || thrown instanceof jose.JWKSInvalid) return { unknown: thrown.message };
  if (thrown instanceof jose.JWSInvalid || thrown instanceof jose.JWTInvalid)
    return { refused: 'it is no signed token' };
  if (thrown instanceof jose.JOSENotSupported) return { refused: 'it needs something that is not supported' };
  // What is left comes from fetching keys.
  return { unknown: thrown instanceof Error ? thrown.message : 'the keys could not be read' };
};

/** Makes a token. `seconds` is how long it holds from `now`, a Unix time in seconds. */
export const signToken = (
  key: KeyObject,
  { issuer, audience }: Expected,
  {
    subject,
    id,
    now,
    seconds,
    claims,
  }: Readonly<{
    subject: string;
    id: string;
    now: number;
    seconds: number;
    claims: Readonly<Record<string, string | number>>;
  }>,
): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setJti(id)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(key);

/** Checks a token of this server. */
export const verifyOwn = async (token: string, key: KeyObject, expected: Expected): Promise<Verified> => {
  try {
    const required = ['exp', 'iat', 'sub', 'jti', 'scope'];
    const { payload } = await jwtVerify(token, key, { ...expected, algorithms: ['EdDSA'], requiredClaims: required });
    return { claims: payload };
  } catch (thrown) {
    return wordsOf(thrown);
  }
};

/** Checks tokens of an outside issuer, whose keys are fetched when one is met that is not known yet, at most every 30 s. */
export const outsideVerifier = (expected: Expected, keys: URL): ((token: string) => Promise<Verified>) => {
  const keySet = createRemoteJWKSet(keys, { timeoutDuration: 5_000, cooldownDuration: 30_000 });
  const options = { ...expected, algorithms: ALGORITHMS, clockTolerance: SKEW, requiredClaims: ['exp'] };
  return async (token) => {
    try {
      return { claims: (await jwtVerify(token, keySet, options)).payload };
    } catch (thrown) {
      return wordsOf(thrown);
    }
  };
};

/** The issuer that a token claims, before anything is checked: only to know who has to check it. */
export const claimedIssuer = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
};
