// Gives short-lived tokens to callers of the socket: for its own message, which is no part of MCP.
import type { KeyObject } from 'node:crypto';
import { messageOf, UserError } from '../../base/errors.ts';
import { errors } from '../identity/errors.ts';
import { fieldOf } from '../identity/field-of.ts';
import { mintToken, TOKEN_METHOD, wishOf } from '../identity/own-tokens.ts';
import type { Principal } from '../identity/principal.ts';
import { idOf } from '../identity/scope-table.ts';

/** The implementation-defined code of our refusals: https://www.jsonrpc.org/specification#error_object */
const REFUSED = -32001;

/** Where tokens are good, once it is known; undefined when there is no such place. */
export type TokenPlace = () => { readonly key: KeyObject; readonly url: string } | undefined;

/** Told of every wish for a token, for the audit; `error` is the reason when it was refused. */
export type OnToken = (holder: Principal, message: unknown, error: UserError | undefined) => void;

/** Answers the message that asks for a token; undefined for any other. */
export const tokenService =
  (place: TokenPlace, onToken?: OnToken) =>
  (holder: Principal, message: unknown): Promise<object> | undefined => {
    if (fieldOf(message, 'method') !== TOKEN_METHOD) return undefined;
    const envelope = { jsonrpc: '2.0', id: idOf(message) ?? null };
    const make = async (): Promise<object> => {
      try {
        const found = place();
        if (found === undefined) throw errors.noTokens({});
        const token = await mintToken(found.key, found.url, holder, wishOf(fieldOf(message, 'params'), holder));
        onToken?.(holder, message, undefined);
        return { ...envelope, result: token };
      } catch (thrown) {
        const error = thrown instanceof UserError ? thrown : errors.badTokenRequest({ why: messageOf(thrown) });
        onToken?.(holder, message, error);
        return { ...envelope, error: { code: REFUSED, message: error.message, data: error.parts } };
      }
    };
    return make();
  };
