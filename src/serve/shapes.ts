// Pieces of answers that several tools return.
import { z } from './zod.ts';

export const window = z.object({ start_ns: z.number(), end_ns: z.number() });

export const loss = z.object({
  id: z.number(),
  start_ns: z.number(),
  end_ns: z.number(),
  source: z.string().nullable(),
  reason: z.string(),
  count: z.number(),
  detail: z.string().nullable().describe('Untrusted'),
});
