import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from './incident.ts';
import { figuresOf, labDocument } from './report.ts';
import type { ControlResult, IncidentResult, Results } from './results.ts';

const incident = (family: Family, top1: boolean, attribution: number): IncidentResult => ({
  ...{ name: `of ${family}`, family, seed: 1, tokens: 350, seconds: 0.5, truth: {}, chains: [] },
  score: { top1, top3: top1, path: top1 ? 1 : 0, attribution, closure: 1, brier: top1 ? 0 : undefined },
  baselines: [{ name: 'a rule', top1: false, top3: true }],
});
const control = (name: string): ControlResult => ({
  ...{ name, seed: 1, attempts: 1, claims: [], seconds: 0.5, disturbed_ms: 0 },
  baselines: [{ name: 'a rule', claims: 1 }],
});
const results: Results = {
  incidents: [incident('lock', true, 0.01), incident('lock', false, 1), incident('disk', true, 0.02)],
  controls: [control('quiet')],
  seeds: 1,
  skipped: new Map([['of network', 'no ip command']]),
};

test('figures hold the worst family and the spread of the error', () => {
  const values = Object.fromEntries(figuresOf(results).map(({ figure, value }) => [figure, value]));
  assert.equal(values.lab_top1_pct, 66.7);
  assert.equal(values.lab_worst_family_pct, 50);
  assert.equal(values.lab_attribution_error_median_pct, 2);
  assert.equal(values.lab_attribution_error_p95_pct, 100);
  assert.equal(values.lab_false_positive_pct, 0);
  assert.equal(values.lab_brier, 0, 'where nothing was said there is no confidence');
});

test('the document lists failures and what was not played', () => {
  const text = labDocument(results);
  assert.match(text, /\| of lock \| 1 \| no \| no answer \|/);
  assert.match(text, /of network: no ip command/);
  assert.match(text, /\| a rule \| 0 \| 100 \| 100 \|/);
});
