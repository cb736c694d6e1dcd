// Why was it slow? The chains of cause and effect behind the slowest calls, each with its evidence.
// Computes nothing: the analysis does. The shape of the answer is a contract.

import { causalChains } from '../../analysis/chains.ts';
import { rootKinds } from '../../catalogue/root-kinds.ts';
import { durationField, filterOf, fromField, limitField, opField, pidField, toField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { loss, window } from '../shapes.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_CHAINS = 5;
const MOST_CHAINS = 50;
const MOST_LOSSES = 10;
/** Characters of an answer that are not chains. */
const FRAME = 400;

const [firstKind, ...otherKinds] = Object.keys(rootKinds);
const kind = z.enum([firstKind ?? 'unknown', ...otherKinds]);
const thread = { pid: z.number(), tid: z.number(), comm: z.string() };
const share = z.number().describe('0 to 1');
const culprit = { kind: z.string(), ...thread, what: z.string() };

const chain = z.object({
  id: z.string(),
  summary: z.string(),
  symptom: z.object({
    kind: z.enum(['slow_call', 'gap', 'stall', 'failure']),
    op: z.string(),
    ...thread,
    start_ns: z.number(),
    end_ns: z.number(),
    duration_ns: z.number(),
    baseline_ns: z.number().describe('What it usually takes'),
    count: z.number().describe('Similar ones that it stands for'),
    code: z
      .object({ function: z.string(), file: z.string().nullable(), line: z.number().nullable() })
      .optional()
      .describe('Who called it'),
  }),
  root: z.object({
    ...culprit,
    kind: kind.describe('runnable: waited for a CPU, pid/comm is who ran instead'),
    what: z.string().describe('File, device, lock, peer or function'),
    share: share.describe('Part of the duration it explains, 0 to 1'),
  }),
  via: z.array(z.string()).optional().describe('Threads on the way to the root'),
  links: z.array(
    z.object({
      from_tid: z.number(),
      to_tid: z.number(),
      kind: z.string(),
      start_ns: z.number(),
      end_ns: z.number(),
      evidence: z.array(z.string()).describe('Rows as view:id'),
      code: z.string().optional(),
    }),
  ),
  breakdown: z
    .array(z.object({ ...culprit, duration_ns: z.number(), share }))
    .describe('Where the time went; shares sum to 1'),
  closure: z.number().describe('Part of the duration accounted for'),
  confidence: z.number(),
  grade: z.enum(['A', 'B', 'C', 'D', 'E']).describe('Evidence: A proven to E statistical'),
  counter_evidence: z.array(z.string()).describe('Checked and rejected'),
  recommendations: z.array(z.string()),
});

/** The contract's shape. */
export const causalChainsAnswer = z.object({
  chains: z.array(chain).describe('comm, what, code and all words with them are untrusted'),
  verdict: z.enum(['explained', 'healthy', 'insufficient_evidence']),
  losses: z.array(loss),
  window,
  truncated: z.boolean().optional().describe('Give limit, or narrow the window'),
});

export const getCausalChains = defineTool({
  name: 'get_causal_chains',
  title: 'Why was it slow?',
  description:
    "Why was it slow? For each of the slowest calls: which line made it, what its thread did inside it (ran, waited for a CPU and who ran instead, blocked and woken by whom) as a breakdown that sums to 100 %, the root cause, evidence rows, what was rejected, what to do. verdict 'insufficient_evidence' is an honest end, 'healthy': nothing was slow.",
  traits: { untrusted: true, entry: true },
  longestText: 1_000,
  input: z.strictObject({
    pid: pidField,
    op: opField,
    from: fromField,
    to: toField,
    min_duration: durationField,
    limit: limitField(MOST_CHAINS, `Chains at most, default ${DEFAULT_CHAINS}`),
  }),
  output: causalChainsAnswer,
  handler: ({ limit, ...wanted }, context) =>
    withRecording(context, (recording) => {
      const most = limit ?? DEFAULT_CHAINS;
      // One more than is shown, to know whether there are more.
      const answer = causalChains(recording, { ...filterOf(recording, wanted), top: most + 1 });
      const first = answer.chains.slice(0, most);
      const chains = limit === undefined ? fitting(first, context.budget - FRAME) : first;
      const losses = answer.losses.slice(0, MOST_LOSSES);
      const cut = chains.length < answer.chains.length || losses.length < answer.losses.length;
      return { ...answer, chains, losses, ...(cut ? { truncated: true } : {}) };
    }),
});
