// MCP over Streamable HTTP: one endpoint, every request proven, bounded and past the gate before the protocol sees it.
import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import { withCleanBody } from '../clean-error.ts';
import { metadataPaths, resourceMetadata } from '../identity/challenge.ts';
import { errors } from '../identity/errors.ts';
import { fieldOf, textFieldOf } from '../identity/field-of.ts';
import type { Principal } from '../identity/principal.ts';
import type { Changes } from '../protocol/changes.ts';
import { httpHandler } from '../protocol/http-handler.ts';
import type { AuthInfo } from '../protocol/sdk.ts';
import type { Question } from '../protocol/server.ts';
import { type Address, urlHost } from './address.ts';
import type { Gate } from './gate.ts';
import { answerJson, answerRefusal, SAFE_HEADERS } from './http-answer.ts';
import { identifier, type Proofs } from './http-identity.ts';
import { judgeMessage, readBody } from './http-message.ts';
import { hostHeaderValidation, originValidation, toNodeHandler } from './node-handler.ts';
import type { Exchange, Listening, ServerMaker, Watch } from './server-maker.ts';
import { readTlsFiles, type TlsFiles, watchTlsFiles } from './tls-files.ts';

/** The one path of the protocol. */
export const ENDPOINT = '/mcp';
const LONGEST_HEADERS = 16_384;
/** Longest delay of a timer of Node. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** What a GET asks for: a stream, without a message. */
const STREAM = { value: undefined, staysOpen: true } as const;
const TOKEN = /^(?:access_)?token$/i;
/** Whether the query of a request names a token, however its letters are written. */
const hasTokenInQuery = (target: string): boolean =>
  target.includes('?') &&
  [...new URLSearchParams(target.slice(target.indexOf('?') + 1)).keys()].some((name) => TOKEN.test(name));

export type HttpOptions = {
  readonly address: Address;
  /** The proofs taken, once the URL is known: tokens are made for it. */
  readonly proofs: (url: string) => Proofs;
  /** The outside issuer, for the metadata of RFC 9728. */
  readonly issuer?: string;
  readonly tls?: TlsFiles;
  /** Names besides the address by which clients reach this server, without ports. */
  readonly hosts: readonly string[];
  readonly gate: Gate;
  readonly makeServer: ServerMaker;
  /** What subscriptions hear of. */
  readonly changes?: Changes | undefined;
  readonly watch?: Watch['exchange'] | undefined;
  readonly report: (error: Error) => void;
};

const hostNames = ({ host, loopback }: Address, others: readonly string[]): string[] => [
  ...(loopback ? ['localhost', '127.0.0.1', '[::1]'] : []),
  urlHost(host),
  ...others,
];

const createServer = (tls: TlsFiles | undefined, gate: Gate, report: (error: Error) => void) => {
  const bounds = {
    maxHeaderSize: LONGEST_HEADERS,
    headersTimeout: gate.limits.receiveMs,
    requestTimeout: gate.limits.receiveMs,
    // Looks for slow senders at this interval.
    connectionsCheckingInterval: Math.min(5_000, gate.limits.receiveMs),
  };
  if (tls === undefined) return { server: createPlainServer(bounds), unwatch: () => {} };
  const certificates = tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  const settings = { ...bounds, ...certificates, minVersion: 'TLSv1.2' } as const;
  const server = createTlsServer({ ...settings, ...readTlsFiles(tls) });
  const unwatch = watchTlsFiles(tls, (material) => server.setSecureContext({ ...settings, ...material }), report);
  return { server, unwatch };
};

/** Listens until it is closed. The address has passed `checkProtection`. Throws a UserError when it cannot be had. */
export const serveOverHttp = async (options: HttpOptions): Promise<Listening> => {
  const { address, proofs, issuer, tls, hosts, gate, makeServer, changes, watch, report } = options;
  const { limits } = gate;
  const names = hostNames(address, hosts);
  const isOurHost = hostHeaderValidation(names);
  const isOurOrigin = originValidation(names);
  const { server, unwatch } = createServer(tls, gate, report);
  server.maxConnections = limits.connections;

  /** By the object that the SDK hands through unchanged, which alone belongs to one request. */
  const asking = new WeakMap<AuthInfo, { readonly principal: Principal; readonly question: Question }>();
  const handler = httpHandler({
    factory: (request) => {
      const found = request.authInfo === undefined ? undefined : asking.get(request.authInfo);
      // Cannot happen, and must not become a server that anybody may use.
      if (found === undefined) throw new Error('a request without a caller');
      return makeServer(found.principal, request, found.question);
    },
    report,
    maxRequestBodySize: limits.messageBytes,
    maxSubscriptions: limits.subscriptions,
    changes,
  });

  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (thrown) {
    unwatch();
    throw errors.cannotListen({ address: `${urlHost(address.host)}:${address.port}`, why: messageOf(thrown) }, thrown);
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const url = `${tls === undefined ? 'http' : 'https'}://${urlHost(address.host)}:${port}${ENDPOINT}`;
  const taken = proofs(url);
  const identify = identifier(taken);
  const resource = taken.oauth?.audience;
  const metadata = resource === undefined ? [] : metadataPaths(resource);

  const answered: Exchange = async (request, call) => withCleanBody(await handler.fetch(request, call));

  const exchange = async (request: IncomingMessage, response: ServerResponse, principal: Principal, value: unknown) => {
    const authInfo: AuthInfo = {
      token: '',
      clientId: principal.clientId ?? principal.id,
      scopes: [...principal.scopes],
    };
    const question = { method: textFieldOf(value, 'method'), name: textFieldOf(fieldOf(value, 'params'), 'name') };
    asking.set(authInfo, { principal, question });
    for (const [name, text] of Object.entries(SAFE_HEADERS)) response.setHeader(name, text);
    const handle: Exchange = watch === undefined ? answered : watch(answered, principal);
    // A session goes with what its caller may do: with another token it begins anew, and offers what that one allows.
    const owner = [principal.id, ...principal.scopes].join(' ');
    const call = { owner, authInfo, ...(value === undefined ? {} : { parsedBody: value }) };
    const serve = toNodeHandler({ fetch: (message) => handle(message, call) }, { onerror: report });
    const { method = 'GET', url: target = '/' } = request;
    await serve(Object.assign(request, { method, url: target }), response, value);
  };

  const serveMessage = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const done = gate.begin();
    if (done === undefined)
      return answerRefusal(response, gate.refused(gate.busy(), undefined, request.socket.remoteAddress));
    response.on('close', done);
    const found = await identify(request);
    if ('refusal' in found) {
      gate.refused(found.refusal, undefined, request.socket.remoteAddress);
      return answerRefusal(response, found.refusal, found.challenge);
    }
    const { principal, expires } = found;
    if (expires !== undefined) {
      // A stream must not outlive the token that opened it.
      const left = Math.min(LONGEST_TIMER_MS, Math.max(0, expires * 1000 - Date.now()));
      const end = setTimeout(() => response.destroy(), left);
      response.on('close', () => clearTimeout(end));
    }
    const body = request.method === 'POST' ? await readBody(request, limits.messageBytes) : Buffer.alloc(0);
    if (body === undefined) {
      const refusal = gate.malformed(errors.tooLong({ most: limits.messageBytes }), 413);
      answerRefusal(response, gate.refused(refusal, principal));
      return;
    }
    const { method } = request;
    // The streams and the ends of sessions carry no message, and are on record like one.
    const refusal = method === 'POST' ? undefined : gate.refusal(principal, { method: `HTTP ${method}` });
    if (refusal !== undefined) return answerRefusal(response, refusal);
    const judged = request.method === 'POST' ? judgeMessage(gate, principal, resource, body) : STREAM;
    if ('answer' in judged) {
      answerJson(response, judged.status, judged.answer, judged.headers);
      return;
    }
    // A stream that waits for news is no work in progress.
    if (judged.staysOpen) done();
    await exchange(request, response, principal, judged.value);
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url: target = '/' } = request;
    const refuseHost = (header: string) =>
      gate.refused(
        { reason: 'host', status: 403, error: errors.hostRefused({ header }) },
        undefined,
        request.socket.remoteAddress,
      );
    // These answer by themselves when they say no.
    if (!isOurHost(request, response)) return void refuseHost('Host');
    if (!isOurOrigin(request, response)) return void refuseHost('Origin');
    if (hasTokenInQuery(target)) {
      const refusal = gate.malformed(errors.tokenInUrl({}));
      return answerRefusal(response, gate.refused(refusal, undefined, request.socket.remoteAddress));
    }
    const [path = '/'] = target.split('?');
    if (method === 'GET' && resource !== undefined && issuer !== undefined && metadata.includes(path))
      return answerJson(response, 200, resourceMetadata(resource, issuer), { 'Access-Control-Allow-Origin': '*' });
    if (path !== ENDPOINT) return answerJson(response, 404, { error: `the endpoint is ${ENDPOINT}` });
    // GET and DELETE are for the sessions of older clients.
    if (method !== 'POST' && method !== 'GET' && method !== 'DELETE')
      return answerJson(response, 405, { error: 'send a POST' }, { Allow: 'GET, POST, DELETE' });
    await serveMessage(request, response);
  };
  server.on('request', (request, response) => {
    route(request, response).catch((thrown) => {
      // A sender that went away in the middle of its message is no fault of ours.
      if (request.destroyed && !request.complete) return;
      report(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
      if (response.headersSent) response.destroy();
      else answerJson(response, 500, { error: 'internal error' }, { Connection: 'close' });
    });
  });
  server.on('error', report);
  // A handshake that failed: no client certificate, or one of nobody that we know.
  server.on('tlsClientError', (thrown: Error, socket: Socket) => {
    const error = errors.badCertificate({ why: thrown.message });
    gate.refused({ reason: 'identity', status: 403, error }, undefined, socket.remoteAddress);
  });

  return {
    address: url,
    close: async () => {
      unwatch();
      const ended = once(server, 'close');
      server.close();
      await gate.drain();
      await handler.close();
      // What a subscription was told at the last must still go out.
      const cut = setTimeout(() => server.closeAllConnections(), 200);
      server.closeIdleConnections();
      await ended;
      clearTimeout(cut);
    },
  };
};
