// Who sends an HTTP request: asks the client certificate and the token in the header, never anything in the URL.
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { type CertificatePolicy, certificatePrincipal, thumbprint } from '../identity/certificate.ts';
import { challenge } from '../identity/challenge.ts';
import { errors } from '../identity/errors.ts';
import { fieldOf } from '../identity/field-of.ts';
import { type Claims, claimedIssuer, type Verified } from '../identity/jwt.ts';
import { oauthPrincipal } from '../identity/oauth.ts';
import { OWN_ISSUER, ownPrincipal } from '../identity/own-tokens.ts';
import { guestScopes, type Principal } from '../identity/principal.ts';
import type { Refusal } from './gate.ts';

type Verify = (token: string) => Promise<Verified>;

/** The proofs that a server takes. None of them: nobody gets in, unless it is `open`. */
export type Proofs = {
  readonly own?: Verify;
  readonly oauth?: { readonly verify: Verify; readonly audience: string };
  readonly certificates?: CertificatePolicy;
  readonly open: boolean;
  /** Where a caller gets a token, in words. */
  readonly how: string;
};

/** Who it is and until when, as a Unix time in seconds; or why not, with what WWW-Authenticate says. */
export type Identified =
  | { readonly principal: Principal; readonly expires?: number }
  | { readonly refusal: Refusal; readonly challenge?: string };

const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;

const certificateOf = (request: IncomingMessage) =>
  request.socket instanceof TLSSocket && request.socket.authorized
    ? request.socket.getPeerX509Certificate()
    : undefined;

/** A token that is bound to a certificate (RFC 8705) is good only in the hands of that certificate's holder. */
const isBoundElsewhere = ({ cnf }: Claims, request: IncomingMessage): boolean => {
  if (cnf === undefined) return false;
  const certificate = certificateOf(request);
  return certificate === undefined || fieldOf(cnf, 'x5t#S256') !== thumbprint(certificate);
};

const remoteOf = ({ socket }: IncomingMessage): string => `${socket.remoteAddress ?? 'gone'} ${socket.remotePort ?? 0}`;

/** Identifies the senders of requests. */
export const identifier = ({ own, oauth, certificates, open, how }: Proofs) => {
  const resource = oauth?.audience;
  const missing = (): Identified => ({
    refusal: { reason: 'identity', status: 401, error: errors.needToken({ how }) },
    challenge: challenge({ resource }),
  });
  const refused = (why: string): Identified => ({
    refusal: { reason: 'identity', status: 401, error: errors.badToken({ why, how }) },
    challenge: challenge({ resource, error: 'invalid_token', why }),
  });
  const withToken = async (request: IncomingMessage, token: string): Promise<Identified> => {
    const isOwn = own !== undefined && claimedIssuer(token) === OWN_ISSUER;
    const verify = isOwn ? own : oauth?.verify;
    if (verify === undefined) return refused('it is not of an issuer that this server knows');
    const found = await verify(token);
    if ('refused' in found) return refused(found.refused);
    if ('unknown' in found)
      return {
        refusal: {
          reason: 'identity',
          status: 503,
          error: errors.noIssuer({ issuer: 'the issuer', why: found.unknown }),
        },
      };
    const { claims } = found;
    if (isBoundElsewhere(claims, request)) return refused('it is bound to a key or certificate that was not shown');
    const principal = { ...(isOwn ? ownPrincipal(claims) : oauthPrincipal(claims)), remote: remoteOf(request) };
    return claims.exp === undefined ? { principal } : { principal, expires: claims.exp };
  };
  return async (request: IncomingMessage): Promise<Identified> => {
    const remote = remoteOf(request);
    const header = request.headers.authorization;
    if (header !== undefined && (own !== undefined || oauth !== undefined)) {
      const token = BEARER.exec(header)?.[1];
      return token === undefined
        ? refused('the header is not: Authorization: Bearer TOKEN')
        : withToken(request, token);
    }
    // With an issuer, a certificate is the way in and the token says who it is.
    if (certificates !== undefined && oauth === undefined) {
      const certificate = certificateOf(request);
      const principal = certificate === undefined ? undefined : certificatePrincipal(certificates, certificate);
      if (principal !== undefined) return { principal: { ...principal, remote } };
      const why = 'it names nobody whom this server lets in';
      return { refusal: { reason: 'identity', status: 403, error: errors.badCertificate({ why }) } };
    }
    if (open)
      return { principal: { kind: 'anonymous', id: 'anonymous', scopes: guestScopes, transport: 'http', remote } };
    return missing();
  };
};
