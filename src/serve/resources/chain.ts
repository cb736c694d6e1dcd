// One causal chain as a resource: the n-th of get_causal_chains at its defaults.

import { getCausalChains } from '../tools/get-causal-chains.ts';
import { callTool } from '../worker/call-tool.ts';
import { z } from '../zod.ts';
import type { ResourceKind } from './resource.ts';

/** Chains that have an address. */
const MOST = 50;
/** Addresses that are offered: looking which there are would be as dear as reading them. */
const OFFERED = 5;

const answer = z.object({ chains: z.array(z.looseObject({ id: z.string() })), losses: z.array(z.unknown()) });

export const chainResource: ResourceKind = {
  name: 'chain',
  title: 'Causal chain',
  description: 'One reason why the program was slow, with its evidence: c1 is the one that explains most time',
  variable: 'id',
  values: () => Array.from({ length: OFFERED }, (_, i) => `c${i + 1}`),
  read: async (id, context) => {
    const rank = Number(/^c(\d{1,3})$/.exec(id)?.[1] ?? 0);
    if (rank < 1 || rank > MOST) return undefined;
    const { chains, losses } = answer.parse(await callTool(getCausalChains, { limit: rank }, context));
    const chain = chains.find((one) => one.id === id);
    return chain === undefined ? undefined : { chain, losses };
  },
};
