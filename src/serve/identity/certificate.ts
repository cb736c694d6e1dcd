// Whom a client certificate names. That it is genuine and of the right authority has been checked by TLS before.
import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Principal, Scope } from './principal.ts';

/** Which certificates of the authority may come in, and what their holders may do. */
export type CertificatePolicy = {
  /** Names as in the certificate; empty when every certificate of the authority may. */
  readonly names: readonly string[];
  readonly granted: readonly Scope[];
};

const ALTERNATIVE = /(URI|DNS|email|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g;
/** URIs first: a SPIFFE id says most. */
const ORDER = ['URI', 'DNS', 'email', 'IP Address'];

const unquoted = (text: string): string => {
  if (!text.startsWith('"')) return text.trim();
  try {
    // Node quotes a name that holds a comma or a quote as JSON, so that nobody can put two names into one.
    return String(JSON.parse(text));
  } catch {
    return text;
  }
};

/** The names of a certificate, the most telling first: alternative names, else the common name of the subject. */
export const namesOf = ({
  subjectAltName,
  subject,
}: Pick<X509Certificate, 'subjectAltName' | 'subject'>): readonly string[] => {
  const alternatives = [...(subjectAltName ?? '').matchAll(ALTERNATIVE)]
    .map(([, kind = '', text = '']) => ({ kind, name: unquoted(text) }))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  if (alternatives.length > 0) return alternatives.map(({ name }) => name);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  return common === undefined ? [] : [common];
};

/** RFC 8705 section 3.1: how a token names the certificate that it is bound to. */
export const thumbprint = (certificate: Pick<X509Certificate, 'raw'>): string =>
  createHash('sha256').update(certificate.raw).digest('base64url');

/** The principal of a certificate; undefined when the policy does not name it, or it names nobody. */
export const certificatePrincipal = (
  { names, granted }: CertificatePolicy,
  certificate: X509Certificate,
): Principal | undefined => {
  const found = namesOf(certificate);
  const name = names.length === 0 ? found[0] : found.find((one) => names.includes(one));
  if (name === undefined) return undefined;
  return { kind: 'certificate', id: `cert:${name}`, scopes: granted, transport: 'http', subject: name };
};
