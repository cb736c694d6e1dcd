// Where an HTTP server may listen, and what must be proven there: decided before anything listens. Reads no file and no network.
import { isIP } from 'node:net';
import { errors } from '../identity/errors.ts';

export type Address = { readonly host: string; readonly port: number; readonly loopback: boolean };

/** What protects an HTTP server, as its options say. */
export type Protection = {
  readonly oauth: boolean;
  readonly tls: boolean;
  /** Client certificates are asked for. */
  readonly mtls: boolean;
  /** A proxy before it ends TLS. */
  readonly behindProxy: boolean;
  /** Nobody has to prove anything. */
  readonly open: boolean;
};

const isLoopback = (host: string): boolean => host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** HOST:PORT. `localhost` becomes 127.0.0.1, whatever a file says of that name. Throws a UserError. */
export const parseAddress = (text: string): Address => {
  const [, bracketed, plain, digits] = /^(?:\[([\da-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/i.exec(text) ?? [];
  const named = bracketed ?? plain;
  const port = Number(digits);
  if (named === undefined || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw errors.badAddress({ text });
  const host = named === 'localhost' ? '127.0.0.1' : named;
  return { host, port, loopback: isLoopback(host) };
};

/** A host as it stands in a URL. */
export const urlHost = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** Throws a UserError for an address that this protection does not suit: no server is open to a network by accident. */
export const checkProtection = ({ host, port, loopback }: Address, protection: Protection): void => {
  const address = `${urlHost(host)}:${port}`;
  const { oauth, tls, mtls, behindProxy, open } = protection;
  if (open && (oauth || mtls))
    throw errors.optionsClash({
      why: '--http-open lets everybody in, and the others ask for a proof',
      todo: 'leave --http-open out',
    });
  if (mtls && behindProxy)
    throw errors.optionsClash({
      why: 'a proxy that ends TLS keeps the client certificates to itself',
      todo: 'leave --behind-proxy out, or --tls-client-ca',
    });
  if (loopback) return;
  if (!oauth && !mtls) throw errors.unprotected({ address });
  if (!tls && !behindProxy) throw errors.plaintext({ address });
};
