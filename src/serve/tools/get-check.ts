// Can this machine record, and what is missing? The same as `whytrace doctor`.

import { defineTool } from '../tool.ts';
import { z } from '../zod.ts';

const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  required: z.boolean().describe('Recording is impossible without it'),
  what: z.string(),
  why: z.string(),
  todo: z.string().describe('The remedy, empty when ok'),
});

export const getCheck = defineTool({
  name: 'get_check',
  title: 'Check this machine',
  description:
    'Can the machine of this server record, and what is missing? What recording needs of kernel, privileges and libraries, with the remedy for what is absent.',
  traits: { untrusted: false },
  input: z.strictObject({}),
  output: z.object({
    ok: z.boolean(),
    checks: z.array(check),
  }),
  handler: (_, context) => context.check(),
});
