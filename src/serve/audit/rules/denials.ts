// Requests that were refused for who sent them, or for what that caller may not do.
import { repeated } from './repeated.ts';

const LIMITS = { times: 3, windowSeconds: 600, proven: true } as const;
/** A client that has no token yet, or whose token ended, is refused once or twice before it gets one; several may share an address. */
const UNPROVEN = { times: 20, windowSeconds: 600, proven: false } as const;

export const denials = repeated(
  {
    name: 'repeated_denials',
    severity: 'warning',
    meaning: 'a caller was refused several times; it tries what it may not do, or lacks a scope that it needs',
  },
  'denied',
  LIMITS,
);

export const unprovenDenials = repeated(
  {
    name: 'repeated_unproven',
    severity: 'warning',
    meaning: 'one address was refused many times because nothing proved who it is; it may be guessing',
  },
  'denied',
  UNPROVEN,
);
