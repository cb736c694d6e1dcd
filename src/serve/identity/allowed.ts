// May this caller use this tool? Denied unless its scopes say yes. Pure, and the only place that decides it.
import type { Principal, Scope } from './principal.ts';

/** Anything that declares the scope that it needs. */
type Guarded = { readonly traits: { readonly scope: Scope } };

/** `admin` does not contain the other scopes: each is given by name. A caller that nobody has proven may do nothing. */
export const allowed = (principal: Pick<Principal, 'scopes'> | undefined, { traits }: Guarded): boolean =>
  principal?.scopes.includes(traits.scope) ?? false;

/** Those of a list that the caller may use, in the same order. */
export const allowedOf = <T extends Guarded>(
  principal: Pick<Principal, 'scopes'> | undefined,
  list: readonly T[],
): readonly T[] => list.filter((item) => allowed(principal, item));
