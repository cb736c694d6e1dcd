// A transport of the SDK that puts everything on record that passes it, both ways: what the protocol gets and what leaves,
// whoever in the SDK or in this program answers.
import type { JSONRPCMessage, Transport } from '../protocol/sdk.ts';
import { parseJSONRPCMessage } from '../protocol/sdk.ts';
import type { Conversation } from './conversation.ts';

/** The same transport, on record. */
export const auditedTransport = (inner: Transport, conversation: Conversation): Transport => {
  /** An answer of the audit, as the SDK's type of a message. */
  const asMessage = (answer: object): JSONRPCMessage => parseJSONRPCMessage(answer);
  const outer: Transport = {
    start: () => {
      inner.onmessage = (message, extra) => {
        const refused = conversation.received(message);
        if (refused === undefined) outer.onmessage?.(message, extra);
        else inner.send(asMessage(refused)).catch((error: Error) => outer.onerror?.(error));
      };
      inner.onerror = (error) => outer.onerror?.(error);
      inner.onclose = () => {
        conversation.closed('cancelled');
        outer.onclose?.();
      };
      return inner.start();
    },
    send: (message, options) => {
      const instead = conversation.sending(message);
      return inner.send(instead === undefined ? message : asMessage(instead), options);
    },
    close: () => inner.close(),
  };
  return outer;
};
