// An OAuth issuer on this machine, with real keys: serves its metadata and key set, and signs what it is told. For tests only.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

export const issuerForTest = async () => {
  const keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
  let broken = false;
  let fetched = 0;
  const server = createServer(async (request, response) => {
    fetched++;
    const known: Readonly<Record<string, object>> = {
      '/.well-known/oauth-authorization-server': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': {
        keys: await Promise.all(
          [...keys].map(async ([kid, { publicKey }]) => ({ kid, ...(await exportJWK(publicKey)) })),
        ),
      },
    };
    const found = broken ? undefined : known[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const issuer = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
  const addKey = async (kid: string, algorithm: Algorithm): Promise<void> => {
    keys.set(kid, await generateKeyPair(algorithm, { extractable: true }));
  };
  await addKey('first', 'ES256');
  return {
    issuer,
    addKey,
    /** From here on it answers nothing but 404. */
    fail: (yes: boolean) => {
      broken = yes;
    },
    fetches: () => fetched,
    /** A token with these claims, which ends after so many seconds; never when they are null. */
    sign: async (
      claims: JWTPayload,
      kid = 'first',
      algorithm: Algorithm = 'ES256',
      seconds: number | null = 60,
    ): Promise<string> => {
      const pair = keys.get(kid) ?? (await generateKeyPair(algorithm));
      const end = seconds === null ? {} : { exp: Math.floor(Date.now() / 1000) + seconds };
      const jwt = new SignJWT({ iss: issuer, ...end, ...claims });
      return jwt.setProtectedHeader({ alg: algorithm, kid }).sign(pair.privateKey);
    },
    close: async () => {
      const ended = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await ended;
    },
  };
};
