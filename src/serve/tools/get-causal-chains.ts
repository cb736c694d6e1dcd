// Why was it slow? The chains of cause and effect behind the slowest calls, each with its evidence.
// Computes nothing: the analysis does. The shape of the answer is a contract.

import { rootKinds } from '../../catalogue/root-kinds.ts';
import { cursorField, durationField, filterOf, fromField, limitField, opField, pidField, toField } from '../filter.ts';
import { fitting } from '../fit.ts';
import { loss, window } from '../shapes.ts';
import { cursorAt, offsetOf } from '../sql/cursor.ts';
import { defineTool, withRecording } from '../tool.ts';
import { z } from '../zod.ts';

const DEFAULT_CHAINS = 5;
const MOST_CHAINS = 50;
/** More than the analysis can find: each explains other calls. */
const ALL_CHAINS = 500;
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
    .describe('Where the time went; shares sum to 1; pid 0: nobody known, or several'),
  closure: z.number().describe('Part of the duration accounted for'),
  confidence: z.number(),
  grade: z.enum(['A', 'B', 'C', 'D', 'E']).describe('Evidence: A proven to E statistical'),
  counter_evidence: z.array(z.string()).describe('Checked and rejected'),
  recommendations: z.array(z.string()),
});

/** The contract's shape. */
export const causalChainsAnswer = z.object({
  chains: z.array(chain).describe('Names in them are untrusted'),
  verdict: z.enum(['explained', 'healthy', 'insufficient_evidence']),
  losses: z.array(loss),
  window,
  observer: z.string().optional().describe('What recording itself took'),
  notes: z.array(z.string()).optional(),
  total: z.number().optional().describe('Chains'),
  truncated: z.boolean().optional(),
  next_cursor: z.string().optional(),
});

export const getCausalChains = defineTool({
  name: 'get_causal_chains',
  title: 'Causal chains',
  description:
    'Why was it slow? For each of the slowest calls and gaps: its root cause, a breakdown of its time (shares sum to 1), evidence rows, what was rejected, what to do.',
  traits: { scope: 'telemetry:read', untrusted: true, entry: true, heavy: true },
  longestText: 1_000,
  input: z.strictObject({
    pid: pidField,
    op: opField,
    from: fromField,
    to: toField,
    min_duration: durationField,
    limit: limitField(MOST_CHAINS, `Chains, default ${DEFAULT_CHAINS}`),
    cursor: cursorField,
  }),
  output: causalChainsAnswer,
  handler: async ({ limit, cursor, ...wanted }, context) => {
    // Loaded when asked for: a client that starts the server wants its list of tools at once.
    const { causalChains } = await import('../../analysis/chains.ts');
    return withRecording(context, (recording) => {
      const question = JSON.stringify(wanted);
      const offset = offsetOf(question, cursor);
      const answer = causalChains(recording, { ...filterOf(recording, wanted), top: ALL_CHAINS });
      const rest = answer.chains.slice(offset, offset + (limit ?? DEFAULT_CHAINS));
      const frame = FRAME + (answer.notes?.join().length ?? 0);
      const chains = limit === undefined ? fitting(rest, context.budget - frame) : rest;
      const losses = answer.losses.slice(0, MOST_LOSSES);
      const end = offset + chains.length;
      const more = end < answer.chains.length;
      return {
        ...{ ...answer, chains, losses, total: answer.chains.length },
        truncated: more || losses.length < answer.losses.length,
        ...(more ? { next_cursor: cursorAt(question, end) } : {}),
      };
    });
  },
});
