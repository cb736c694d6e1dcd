// What a server gives a client to bring back, sealed so that it cannot be changed: made with a key of this process.
import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type ServerContext } from '../protocol/sdk.ts';
import { z } from '../zod.ts';

const payload = z.object({ round: z.number(), name: z.string().optional() });
type Payload = z.infer<typeof payload>;

/** One for all requests of a process. */
export const stateCodec = () => {
  const codec = createRequestStateCodec<Payload>({ key: randomBytes(32) });
  return {
    verify: codec.verify,
    mint: (value: Payload, request: ServerContext) => codec.mint(value, request),
    /** What was sealed, of a request whose state has been verified. */
    payload: (verified: unknown): Payload | undefined => payload.safeParse(verified).data,
  };
};

export type StateCodec = ReturnType<typeof stateCodec>;
