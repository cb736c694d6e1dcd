// A server with addresses: a UNIX socket, HTTP, or both. Decides from the options which proofs HTTP takes, before it listens.

import { errors } from '../identity/errors.ts';
import { oauthVerifier } from '../identity/oauth.ts';
import { ownVerifier } from '../identity/own-tokens.ts';
import type { PeerPolicy } from '../identity/peer.ts';
import { guestScopes, type Scope } from '../identity/principal.ts';
import { tokenKey } from '../identity/token-key.ts';
import type { Serving } from '../mcp.ts';
import { serveStdio } from '../protocol/sdk.ts';
import { type Address, checkProtection } from './address.ts';
import { serveOverHttp } from './http.ts';
import type { Proofs } from './http-identity.ts';
import type { Listening } from './server-maker.ts';
import { type SocketOptions, serveOverSocket } from './socket.ts';
import type { TlsFiles } from './tls-files.ts';
import { type OnToken, tokenService } from './token-service.ts';

export type HttpChoice = {
  readonly address: Address;
  readonly open: boolean;
  readonly behindProxy: boolean;
  readonly oauth?: { readonly issuer: string; readonly audience: string; readonly jwks?: URL };
  readonly tls?: TlsFiles;
  /** Names of client certificates; empty for all of the authority. */
  readonly certificateNames: readonly string[];
  readonly hosts: readonly string[];
};

export type NetworkOptions = {
  readonly serving: Serving;
  readonly socket?: { readonly path: string; readonly policy: PeerPolicy };
  readonly http?: HttpChoice;
  /** What others than the owner may do. */
  readonly granted?: readonly Scope[];
  /** File of the key that signs tokens. */
  readonly keyPath: string;
  readonly onToken?: OnToken;
};

/** Throws a UserError for options that would leave the server open, or that contradict each other. */
export const checkHttp = ({ address, open, behindProxy, oauth, tls, certificateNames }: HttpChoice): void => {
  const mtls = tls?.clientCa !== undefined;
  if (certificateNames.length > 0 && !mtls)
    throw errors.optionsClash({ why: '--allow-cert names client certificates', todo: 'add --tls-client-ca FILE' });
  checkProtection(address, { oauth: oauth !== undefined, tls: tls !== undefined, mtls, behindProxy, open });
};

/** Starts what the options ask for. Throws a UserError, and then nothing listens. */
export const serveNetwork = async (options: NetworkOptions): Promise<readonly Listening[]> => {
  const { serving, socket, http, granted = guestScopes, keyPath, onToken } = options;
  if (http !== undefined) checkHttp(http);
  const givesTokens = http?.address.loopback === true && socket !== undefined;
  const key = givesTokens ? tokenKey(keyPath) : undefined;
  let url: string | undefined;
  const running: Listening[] = [];
  try {
    if (http !== undefined) {
      const { oauth, tls, open, certificateNames } = http;
      const proofs = (known: string): Proofs => ({
        ...(key === undefined ? {} : { own: ownVerifier(key, known) }),
        ...(oauth === undefined ? {} : { oauth: { verify: oauthVerifier(oauth), audience: oauth.audience } }),
        ...(tls?.clientCa === undefined ? {} : { certificates: { names: certificateNames, granted } }),
        open,
        how: howToGetIn(http, socket?.path),
      });
      const listening = await serveOverHttp({
        ...serving,
        address: http.address,
        watch: serving.watch?.exchange,
        proofs,
        hosts: oauth === undefined ? http.hosts : [new URL(oauth.audience).hostname, ...http.hosts],
        ...(oauth === undefined ? {} : { issuer: oauth.issuer }),
        ...(tls === undefined ? {} : { tls }),
      });
      running.push(listening);
      url = listening.address;
    }
    if (socket !== undefined) {
      const place = () => (key === undefined || url === undefined ? undefined : { key, url });
      const own = tokenService(place, onToken ?? serving.onToken);
      const speak: SocketOptions['speak'] = (transport, principal) =>
        serveStdio((request) => serving.makeServer(principal, request), {
          ...{ transport, onerror: serving.report, maxSubscriptions: serving.gate.limits.subscriptions },
        });
      running.push(await serveOverSocket({ ...serving, ...socket, speak, watch: serving.watch?.transport, own }));
    }
    return running;
  } catch (thrown) {
    await Promise.all(running.map(({ close }) => close()));
    throw thrown;
  }
};

/** What a caller without a proof is told to do. */
const howToGetIn = ({ oauth, tls }: HttpChoice, socket: string | undefined): string => {
  if (oauth !== undefined) return `send a token of ${oauth.issuer} in the header Authorization: Bearer`;
  if (tls?.clientCa !== undefined) return 'show a client certificate of its authority';
  return `send a token in the header Authorization: Bearer; get one with 'whytrace token --socket ${socket ?? 'PATH'}'`;
};
