// The options of `whytrace mcp`, as words and as what the server takes. Decides nothing that another surface needs.
import { errors } from '../serve/identity/errors.ts';
import { type Scope, scopes, scopesIn } from '../serve/identity/principal.ts';
import { parseAddress } from '../serve/transport/address.ts';
import type { HttpChoice } from '../serve/transport/serve-network.ts';
import type { TlsFiles } from '../serve/transport/tls-files.ts';
import type { Arguments } from './arguments.ts';
import { auditOption } from './audit-place.ts';
import type { Options } from './command.ts';
import { errors as usage } from './errors.ts';

export const mcpOptions = {
  db: { type: 'text', value: 'FILE', doc: 'recording to serve', default: './whytrace.db, or the newest one' },
  socket: { type: 'text', value: 'PATH', doc: 'serve many clients at a UNIX socket, each known by the kernel’s word' },
  connect: { type: 'text', value: 'PATH', doc: 'join stdin and stdout with the server at that socket' },
  'allow-uid': { type: 'integer', value: 'UID', repeat: true, doc: 'let this user in at the socket, besides your own' },
  'allow-gid': { type: 'integer', value: 'GID', repeat: true, doc: 'let this group in at the socket' },
  grant: {
    type: 'text',
    value: 'SCOPE',
    repeat: true,
    doc: `what those and the holders of certificates may do: ${scopes.join(', ')}`,
    default: 'telemetry:read and sql:read',
  },
  http: { type: 'text', value: 'HOST:PORT', doc: 'serve over HTTP, at the path /mcp' },
  'http-open': { type: 'flag', doc: 'ask nobody for a proof; only on this machine, and every user of it gets in' },
  'oauth-issuer': { type: 'text', value: 'URL', doc: 'take tokens of this issuer' },
  'oauth-audience': { type: 'text', value: 'URL', doc: 'URL of this server, which those tokens must name' },
  'oauth-jwks': { type: 'text', value: 'URL', doc: 'keys of the issuer', default: 'where its metadata says' },
  'tls-cert': { type: 'text', value: 'FILE', doc: 'certificate of this server, PEM; read again when it changes' },
  'tls-key': { type: 'text', value: 'FILE', doc: 'its private key' },
  'tls-client-ca': { type: 'text', value: 'FILE', doc: 'ask for client certificates of these authorities' },
  'allow-cert': {
    type: 'text',
    value: 'NAME',
    repeat: true,
    doc: 'take only client certificates with this name',
    default: 'every one of the authorities',
  },
  'allow-host': { type: 'text', value: 'NAME', repeat: true, doc: 'another name by which clients reach this server' },
  'behind-proxy': { type: 'flag', doc: 'a proxy before this server ends TLS' },
  live: { type: 'flag', doc: 'let clients watch the running kernel; needs root, and a caller with probe:control' },
  control: {
    type: 'text',
    value: 'PATH',
    doc: "let clients watch the running kernel through the program at this socket: 'whytrace watch --serve'",
    default: '/run/whytrace-live/live.sock, when there is one',
  },
  'allow-list': {
    type: 'text',
    value: 'FILE',
    doc: 'with --live: raise no alert for lines "RULE PROGRAM [PARENT]" of this file',
  },
  audit: auditOption,
  rate: { type: 'integer', value: 'N', doc: 'calls a second that one caller has', default: '100' },
} as const satisfies Options;

/** A URL that tokens may be sent to or keys fetched from: https, or this machine. Throws a UserError. */
const secureUrl = (option: string, text: string): URL => {
  const bad = (why: string) => errors.badUrl({ option, text, why });
  if (!URL.canParse(text)) throw bad('it is no URL');
  const url = new URL(text);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && here)) throw bad('it is not https');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw bad('it has a part that does not belong there');
  return url;
};

const oauthOf = (args: Arguments): Pick<HttpChoice, 'oauth'> => {
  const [issuer, audience, jwks] = ['oauth-issuer', 'oauth-audience', 'oauth-jwks'].map((name) => args.text(name));
  if (issuer === undefined && audience === undefined && jwks === undefined) return {};
  if (issuer === undefined || audience === undefined)
    throw errors.optionsClash({
      why: 'an issuer is of no use without the URL of this server that its tokens name, and the other way round',
      todo: 'give both --oauth-issuer URL and --oauth-audience URL',
    });
  secureUrl('--oauth-issuer', issuer);
  secureUrl('--oauth-audience', audience);
  return { oauth: { issuer, audience, ...(jwks === undefined ? {} : { jwks: secureUrl('--oauth-jwks', jwks) }) } };
};

const tlsOf = (args: Arguments): { readonly tls?: TlsFiles } => {
  const [cert, key, clientCa] = ['tls-cert', 'tls-key', 'tls-client-ca'].map((name) => args.text(name));
  if (cert === undefined && key === undefined && clientCa === undefined) return {};
  if (cert === undefined || key === undefined)
    throw errors.optionsClash({
      why: 'TLS needs a certificate and its key',
      todo: 'give both --tls-cert FILE and --tls-key FILE',
    });
  return { tls: { cert, key, ...(clientCa === undefined ? {} : { clientCa }) } };
};

/** What HTTP is asked for; undefined when it is not. Throws a UserError. */
export const httpChoice = (args: Arguments): HttpChoice | undefined => {
  const text = args.text('http');
  if (text === undefined) return undefined;
  return {
    address: parseAddress(text),
    open: args.flag('http-open'),
    behindProxy: args.flag('behind-proxy'),
    certificateNames: args.texts('allow-cert'),
    hosts: args.texts('allow-host'),
    ...oauthOf(args),
    ...tlsOf(args),
  };
};

/** The scopes that options name; undefined when they name none. Throws a UserError for an unknown one. */
export const scopesOf = (args: Arguments, option: string, command: string): readonly Scope[] | undefined => {
  const words = args.texts(option);
  const unknown = words.find((word) => scopesIn([word]).length === 0);
  if (unknown !== undefined)
    throw usage.badValue({ name: `--${option}`, value: unknown, wanted: `one of ${scopes.join(', ')}`, command });
  return words.length === 0 ? undefined : scopesIn(words);
};
