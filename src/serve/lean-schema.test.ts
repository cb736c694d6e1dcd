import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationField, limitField, pidField } from './filter.ts';
import { leanSchema } from './lean-schema.ts';
import { z } from './zod.ts';

test('arguments keep what a call can get wrong, and nothing else', () => {
  const query = z.string().min(1).max(20_000).describe('One SELECT');
  const schema = z.strictObject({ query, pid: pidField, at: durationField, limit: limitField(50, 'Chains') });
  assert.deepEqual(leanSchema(schema, 'input'), {
    type: 'object',
    properties: {
      query: { type: 'string', description: 'One SELECT' },
      pid: { type: 'integer', description: 'Process' },
      // A number of seconds is taken, too.
      at: { type: 'string', description: 'Calls at least this long: 5ms' },
      limit: { type: 'integer', maximum: 50, description: 'Chains' },
    },
    required: ['query'],
    additionalProperties: false,
  });
});

test('of an answer the top-level fields are told', () => {
  const answer = z.object({
    chains: z.array(z.object({ id: z.string(), deep: z.object({ er: z.number() }) })).describe('Most time first'),
    verdict: z.enum(['explained', 'healthy']),
    host: z.string().nullable(),
    total: z.number().optional(),
  });
  assert.deepEqual(leanSchema(answer, 'output'), {
    type: 'object',
    properties: {
      chains: { type: 'array', description: 'Most time first' },
      verdict: { type: 'string', enum: ['explained', 'healthy'] },
      host: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      total: { type: 'number' },
    },
  });
});
