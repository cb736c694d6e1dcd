// What a caller is told that has no proof or not enough: RFC 6750 challenges, and RFC 9728 metadata of who gives tokens.
import { guestScopes, type Scope, scopes } from './principal.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Where the metadata of a resource is: RFC 9728 section 3.1 puts the path of the resource behind the well-known one. */
export const metadataUrl = (resource: string): string => {
  const { origin, pathname } = new URL(resource);
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`;
};

/** Paths at which the metadata is served: that of the resource, and the bare one, which older clients ask for. */
export const metadataPaths = (resource: string): readonly string[] => [
  WELL_KNOWN,
  new URL(metadataUrl(resource)).pathname,
];

/** RFC 9728 section 2. */
export const resourceMetadata = (resource: string, issuer: string) => ({
  resource,
  authorization_servers: [issuer],
  scopes_supported: scopes,
  bearer_methods_supported: ['header'],
  resource_name: 'whytrace',
});

type Challenge = {
  /** The resource whose metadata the caller may read; undefined when only this server itself gives tokens. */
  readonly resource: string | undefined;
  readonly error?: 'invalid_token' | 'insufficient_scope' | 'invalid_request';
  readonly why?: string;
  readonly scopes?: readonly Scope[];
};

/** A quoted-string of RFC 9110: our own words, but no quote and no control character may ever end it early. */
const quoted = (text: string): string => `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")}"`;

/** The value of WWW-Authenticate. */
export const challenge = ({ resource, error, why, scopes: wanted = guestScopes }: Challenge): string => {
  const parts = {
    ...(resource === undefined ? { realm: 'whytrace' } : {}),
    ...(error === undefined ? {} : { error }),
    ...(why === undefined ? {} : { error_description: why }),
    scope: wanted.join(' '),
    ...(resource === undefined ? {} : { resource_metadata: metadataUrl(resource) }),
  };
  return `Bearer ${Object.entries(parts)
    .map(([name, text]) => `${name}=${quoted(text)}`)
    .join(', ')}`;
};
