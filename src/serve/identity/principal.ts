// Who asks: what a transport has proven about its caller, and what that caller may do. Data only; knows no transport.

/** What a caller may be allowed to do. The order is that of every list of scopes that is shown. */
export const scopes = ['telemetry:read', 'sql:read', 'probe:control', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What a caller gets that was let in but is not the owner of the server. */
export const guestScopes: readonly Scope[] = ['telemetry:read', 'sql:read'];

/**
 * A proven caller. `id` is stable for the same caller and is what limits and the audit count by. `kind` says what proves it:
 * `parent` started the server over pipes, `peer` is a process that the kernel names at the other end of a UNIX socket, `token`
 * holds a short-lived token of this server, `oauth` one of an outside issuer, `certificate` a client certificate, and
 * `anonymous` is anybody, where that was allowed by name.
 */
export type Principal = {
  readonly kind: 'parent' | 'peer' | 'token' | 'oauth' | 'certificate' | 'anonymous';
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly transport: 'stdio' | 'socket' | 'http';
  readonly uid?: number;
  readonly gid?: number;
  readonly pid?: number;
  /** The program of the process as it was when it connected; a hint for the audit, not a proof. */
  readonly exe?: string;
  /** `sub`, `iss`, `client_id` and `jti` of a token; never the token. */
  readonly subject?: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly tokenId?: string;
  /** Address and port of the other end of a network connection. */
  readonly remote?: string;
};

const isScope = (word: string): word is Scope => scopes.some((scope) => scope === word);

/** The scopes among some words, without repetition, in their fixed order; words that are no scope of ours are left out. */
export const scopesIn = (words: readonly string[]): readonly Scope[] => {
  const known = new Set(words.filter(isScope));
  return scopes.filter((scope) => known.has(scope));
};
