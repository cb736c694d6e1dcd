// Can this machine record, and what is missing? The same as `whytrace doctor`.

import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  required: z.boolean().describe('Whether recording is impossible without it'),
  what: z.string(),
  why: z.string(),
  todo: z.string().describe('The remedy, empty when ok'),
});

export const getCheck = defineTool({
  name: 'get_check',
  title: 'Check this machine',
  description:
    'Can this machine record, and what is missing? Lists what recording needs (kernel features, privileges, libraries) with the remedy for what is absent. About the machine that this server runs on, not about the recording.',
  traits: { untrusted: false },
  input: z.strictObject({}),
  output: z.object({
    ok: z.boolean().describe('Whether everything required is there'),
    checks: z.array(check),
  }),
  handler: (_, context) => context.check(),
});
